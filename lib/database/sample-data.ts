import { CustomResource, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { bundleHash } from '../functions/bundle-hash';
import { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';
import { DatabaseRole } from './database-role';
import type { IReplicatedDatabase } from './replicated-database-base';
import { reachable, type SchemaMigration } from './schema-migration';

/** What the sample's rows need. */
export interface SampleDataProps {
  /** Where the function that loads them runs. */
  readonly network: IPlatformNetwork;
  /** Where they go. */
  readonly database: IReplicatedDatabase;
  /** What creates the tables that the data goes to. */
  readonly schema: SchemaMigration;

  /**
   * What happens to the function's log when it goes.
   * @default RemovalPolicy.RETAIN
   */
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
