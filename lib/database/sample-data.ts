import { CustomResource, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';
import { bundleHash } from './bundle-hash';
import { DatabaseRole } from './database-role';
import type { IReplicatedDatabase } from './replicated-database-base';
import { reachable, type SchemaMigration } from './schema-migration';

export interface SampleDataProps {
  readonly network: IPlatformNetwork;
  readonly database: IReplicatedDatabase;
  /** What creates the tables that the data goes to. */
  readonly schema: SchemaMigration;

  /** @default RemovalPolicy.RETAIN */
  readonly logRemovalPolicy?: RemovalPolicy;
}

const TIMEOUT = Duration.minutes(5);

/** Loads the sample's rows when the stack is deployed. Not for a stage whose data is its own. */
export class SampleData extends Construct {
  constructor(scope: Construct, id: string, props: SampleDataProps) {
    super(scope, id);
    const { network, database } = props;
    const load = new PlatformFunction(this, 'Function', {
      bundle: 'sample-data',
      description: 'Loads the sample data',
      timeout: TIMEOUT,
      memorySizeMib: 1024,
      vpc: network.vpc,
      logRemovalPolicy: props.logRemovalPolicy,
    });
    database.addClient(load, { role: DatabaseRole.OWNER });
    network.allowCustomResourceResponses(load);

    const resource = new CustomResource(this, 'Rows', {
      resourceType: 'Custom::SampleData',
      serviceToken: load.functionArn,
      serviceTimeout: TIMEOUT.plus(Duration.seconds(30)),
      properties: { Hash: bundleHash('sample-data') },
    });
    resource.node.addDependency(props.schema, ...reachable(load, database));
  }
}
