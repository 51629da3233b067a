import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CacheEngine, DatabaseRole, PlatformNetwork, ReplicatedDatabase, SchemaMigration, SharedCache } from 'cachement';
import type { Construct } from 'constructs';

/** What the catalogue needs from outside. */
export interface CatalogueStackProps extends StackProps {
  /** Folder with the bundled handler, as `index.js`. */
  readonly bundle: string;
}

/** A function of one's own that reads PostgreSQL through the shared tier. */
export class CatalogueStack extends Stack {
  constructor(scope: Construct, id: string, props: CatalogueStackProps) {
    super(scope, id, props);
    const network = new PlatformNetwork(this, 'Network');
    const database = new ReplicatedDatabase(this, 'Database', { network, replicas: 1 });
    const shared = new SharedCache(this, 'Shared', { network, namespace: 'catalogue', engine: CacheEngine.VALKEY_8_0 });
    // Makes the roles that functions sign in as, by a function that comes prebuilt with the package.
    new SchemaMigration(this, 'Migration', { network, database });

    const handler = new lambda.Function(this, 'Handler', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(props.bundle),
      handler: 'index.handler',
      timeout: Duration.seconds(10),
      vpc: network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      allowAllOutbound: false,
      reservedConcurrentExecutions: 20,
    });
    // Variables, secrets and the way to each.
    shared.addClient(handler);
    database.addClient(handler, { role: DatabaseRole.WRITER, poolSize: 2 });
  }
}
