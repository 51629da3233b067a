import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DatabaseRole } from '../database/database-role';
import { addCacheClient, type CacheTiers } from '../functions/cache-client';
import { PlatformFunction } from '../functions/platform-function';

/** What the functions of an API need. */
export interface ApiFunctionsProps extends CacheTiers {
  /** Requests that the read function serves at once. */
  readonly readConcurrency: number;

  /** Requests that the write function serves at once. */
  readonly writeConcurrency: number;

  /** Connections of one environment of either to one database server. */
  readonly poolSize: number;

  /**
   * The longest that a read can be in flight, which every purge waits out before it goes to the outer tiers; so as short as a first
   * request allows. Loading the module has ten seconds of its own; what is left is a secret, a TLS connection to each of shared tier and
   * database, and a query: well under a second, with room for a lease to be waited for.
   * @default Duration.seconds(3)
   */
  readonly readTimeout?: Duration;

  /**
   * Whether the concurrency is reserved.
   * @default false
   */
  readonly reserveConcurrency?: boolean;

  /**
   * What happens to the functions' logs when they go.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** A write has nobody wait for it, and mustn't be cut off between its commit and its answer. */
const WRITE_TIMEOUT = Duration.seconds(10);

/** The two functions behind the API: one that can only read, and one that writes and says what it changed. */
export class ApiFunctions extends Construct {
  /** Answers reads, through the cache. */
  readonly reader: PlatformFunction;
  /** Makes changes, and asks for their purges. */
  readonly writer: PlatformFunction;

  constructor(scope: Construct, id: string, props: ApiFunctionsProps) {
    super(scope, id);
    const { network, poolSize } = props;
    const common = {
      memorySizeMib: 1024,
      reserveConcurrency: props.reserveConcurrency,
      vpc: network.vpc,
      logRemovalPolicy: props.logRemovalPolicy,
    };
    this.reader = new PlatformFunction(this, 'Reader', {
      ...common,
      bundle: 'read-api',
      description: 'Answers reads through memory, shared tier and database',
      timeout: props.readTimeout ?? Duration.seconds(3),
      concurrency: props.readConcurrency,
    });
    addCacheClient(props, this.reader, { role: DatabaseRole.READER, poolSize });

    this.writer = new PlatformFunction(this, 'Writer', {
      ...common,
      bundle: 'write-api',
      description: 'Changes rows, and puts the purge of what they appear in beside them',
      timeout: WRITE_TIMEOUT,
      concurrency: props.writeConcurrency,
    });
    addCacheClient(props, this.writer, { role: DatabaseRole.WRITER, poolSize });
  }
}
