import { Duration } from 'aws-cdk-lib';
import {
  PlatformFunction,
  Workload,
  type WorkloadDataOptions,
  type WorkloadFunctions,
  type WorkloadFunctionsOptions,
  type WorkloadOptions,
} from 'cachement';
import type { Construct } from 'constructs';
import { ApiFunctions } from './api-functions';
import { bundleOf } from './bundles';
import { SampleData } from './sample-data';

/** Two hundred keys at ten a second, and some to spare. */
const WARMER_TIMEOUT = Duration.seconds(30);

/** The places API: a function that reads, one that writes, one that warms, and the places of the world. */
export class PlacesWorkload extends Workload {
  override addFunctions(scope: Construct, options: WorkloadFunctionsOptions): WorkloadFunctions {
    return new ApiFunctions(scope, 'Functions', options);
  }

  override addData(scope: Construct, options: WorkloadDataOptions): void {
    // A stage that keeps its data has data of its own.
    if (!options.config.retain) new SampleData(scope, 'SampleData', options);
  }

  override addWarmer(scope: Construct, { network, logRemovalPolicy }: WorkloadOptions): PlatformFunction {
    return new PlatformFunction(scope, 'Function', {
      bundle: bundleOf('warmer'),
      description: 'Reads the hottest keys again after a purge',
      timeout: WARMER_TIMEOUT,
      concurrency: 2,
      vpc: network.vpc,
      vpcSubnets: network.vpcSubnets,
      logRemovalPolicy,
    });
  }
}
