import { CustomResource, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { Construct, type IDependable } from 'constructs';
import * as variables from '../contract/variables';
import { bundleHash } from '../functions/bundle-hash';
import { PlatformFunction } from '../functions/platform-function';
import { allowReading } from '../functions/secret-access';
import type { IPlatformNetwork } from '../network/platform-network';
import { DatabaseRole } from './database-role';
import type { IReplicatedDatabase } from './replicated-database-base';

/** Properties of a SchemaMigration. */
export interface SchemaMigrationProps {
  /** Network of the function that migrates. */
  readonly network: IPlatformNetwork;
  /** Database whose schema is migrated. */
  readonly database: IReplicatedDatabase;

  /**
   * Removal policy of the function's log.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Limit of one run. A step that needs more is to be split, since it holds an advisory lock. */
const TIMEOUT = Duration.minutes(5);

/**
 * Custom resource that brings the schema up to date when the stack is deployed: tables, and the roles that functions log in as.
 * It runs again when its bundle, which contains the SQL, changes. Deleting it drops nothing.
 */
export class SchemaMigration extends Construct {
  constructor(scope: Construct, id: string, props: SchemaMigrationProps) {
    super(scope, id);
    const { network, database } = props;
    const migrate = new PlatformFunction(this, 'Function', {
      bundle: 'migration',
      description: 'Migrates the schema',
      timeout: TIMEOUT,
      vpc: network.vpc,
      logRemovalPolicy: props.logRemovalPolicy,
    });
    database.addClient(migrate, { role: DatabaseRole.OWNER });
    for (const [variable, role] of [
      [variables.DATABASE_READER_SECRET_ARN, DatabaseRole.READER],
      [variables.DATABASE_WRITER_SECRET_ARN, DatabaseRole.WRITER],
    ] as const) {
      const secret = database.secretOf(role);
      migrate.addEnvironment(variable, secret.secretArn);
      allowReading(secret, migrate);
    }
    network.allowCustomResourceResponses(migrate);

    const resource = new CustomResource(this, 'Schema', {
      resourceType: 'Custom::SchemaMigration',
      serviceToken: migrate.functionArn,
      serviceTimeout: TIMEOUT.plus(Duration.seconds(30)),
      properties: { Hash: bundleHash('migration') },
    });
    resource.node.addDependency(...databaseDependencies(migrate, database));
  }
}

/** Prerequisites of a function that uses the database and that no reference implies: rules of its network, and permissions. */
export function databaseDependencies(client: PlatformFunction, database: IReplicatedDatabase): IDependable[] {
  return [client, ...client.connections.securityGroups, database];
}
