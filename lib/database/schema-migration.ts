import { CustomResource, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
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
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
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
    resource.node.addDependency(...databaseDependencies(migrate, database, network));
  }
}

/**
 * Prerequisites of a function that uses the database and that no reference implies: permissions, rules of security groups on both
 * sides, and the endpoints through which it reads its secret and answers CloudFormation.
 */
export function databaseDependencies(
  client: PlatformFunction,
  database: IReplicatedDatabase,
  network: IPlatformNetwork,
): IDependable[] {
  const { securityGroups } = client.connections;
  return [client, ...securityGroups, database, ...network.endpoints, ...rulesFrom(securityGroups)];
}

/** Rules of other security groups of the stack that admit these. */
function rulesFrom(groups: readonly ec2.ISecurityGroup[]): IDependable[] {
  return groups.flatMap((group) => {
    const stack = Stack.of(group);
    const own = JSON.stringify(stack.resolve(group.securityGroupId));
    return stack.node
      .findAll()
      .filter((node) => node instanceof ec2.CfnSecurityGroupIngress)
      .filter((rule) => JSON.stringify(stack.resolve(rule.sourceSecurityGroupId)) === own);
  });
}
