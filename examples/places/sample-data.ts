import { CustomResource, Duration, FileSystem } from 'aws-cdk-lib';
import { DatabaseRole, databaseDependencies, PlatformFunction, type WorkloadDataOptions } from 'cachement';
import { Construct } from 'constructs';
import { bundleOf } from './bundles';

const TIMEOUT = Duration.minutes(5);

/** Loads the places when the stack is deployed. Not for a stage whose data is its own. */
export class SampleData extends Construct {
  constructor(scope: Construct, id: string, { network, database, schema, logRemovalPolicy }: WorkloadDataOptions) {
    super(scope, id);
    const bundle = bundleOf('sample-data');
    const load = new PlatformFunction(this, 'Function', {
      bundle,
      description: 'Loads the sample data',
      timeout: TIMEOUT,
      memorySizeMib: 1024,
      vpc: network.vpc,
      vpcSubnets: network.vpcSubnets,
      logRemovalPolicy,
    });
    database.addClient(load, { role: DatabaseRole.OWNER });
    network.allowCustomResourceResponses(load);

    const resource = new CustomResource(this, 'Rows', {
      resourceType: 'Custom::SampleData',
      serviceToken: load.functionArn,
      serviceTimeout: TIMEOUT.plus(Duration.seconds(30)),
      properties: { Hash: FileSystem.fingerprint(bundle) },
    });
    resource.node.addDependency(schema, ...databaseDependencies(load, database, network));
  }
}
