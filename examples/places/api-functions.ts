import { Duration } from 'aws-cdk-lib';
import { addCacheClient, DatabaseRole, PlatformFunction, type WorkloadFunctions, type WorkloadFunctionsOptions } from 'cachement';
import { Construct } from 'constructs';
import { bundleOf } from './bundles';

/** Timeout of a write: nobody waits for it, and it mustn't be cut off between its commit and its answer. */
const WRITE_TIMEOUT = Duration.seconds(10);

/** The two functions behind the API: one that can only read, and one that writes and says what it changed. */
export class ApiFunctions extends Construct implements WorkloadFunctions {
  /** Answers reads, through the cache. */
  readonly reader: PlatformFunction;
  /** Makes changes, and asks for their purges. */
  readonly writer: PlatformFunction;

  constructor(scope: Construct, id: string, options: WorkloadFunctionsOptions) {
    super(scope, id);
    const { config, network, logRemovalPolicy } = options;
    const { readConcurrency, writeConcurrency, readTimeout, poolSize, reserve } = config.functions;
    const common = {
      memorySizeMib: 1024,
      reserveConcurrency: reserve,
      vpc: network.vpc,
      vpcSubnets: network.vpcSubnets,
      logRemovalPolicy,
    };
    this.reader = new PlatformFunction(this, 'Reader', {
      ...common,
      bundle: bundleOf('read-api'),
      description: 'Answers reads through memory, shared tier and database',
      timeout: readTimeout,
      concurrency: readConcurrency,
    });
    addCacheClient(options, this.reader, { role: DatabaseRole.READER, poolSize });

    this.writer = new PlatformFunction(this, 'Writer', {
      ...common,
      bundle: bundleOf('write-api'),
      description: 'Changes rows, and puts the purge of what they appear in beside them',
      timeout: WRITE_TIMEOUT,
      concurrency: writeConcurrency,
    });
    addCacheClient(options, this.writer, { role: DatabaseRole.WRITER, poolSize });
  }
}
