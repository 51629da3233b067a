import { CustomResource, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct, type IDependable } from 'constructs';
import { SCHEMA_FOLDER } from '../contract/defaults';
import * as variables from '../contract/variables';
import { bundleHash } from '../functions/bundle-hash';
import { PlatformFunction } from '../functions/platform-function';
import { allowReading } from '../functions/secret-access';
import type { IPlatformNetwork } from '../network/platform-network';
import { DatabaseRole } from './database-role';
import type { IReplicatedDatabase } from './replicated-database-base';
import { readSchemaFolder } from './schema-folder';

/** Properties of a SchemaMigration. */
export interface SchemaMigrationProps {
  /** Network of the function that migrates. */
  readonly network: IPlatformNetwork;
  /** Database whose schema is migrated. */
  readonly database: IReplicatedDatabase;

  /**
   * Folder with SQL of one's own, such as `path.join(__dirname, 'schema')`: files `001-products.sql`, `002-...`, applied in the
   * order of their names, each once and in a transaction of its own. A file that was applied isn't changed any more; another one
   * follows. What they create in the schema `public` the role of a reader may read, and that of a writer read and write.
   * @default - the platform's own tables only
   */
  readonly schema?: string;

  /**
   * Limit of one run, at most 15 minutes. All files that are due are applied in one.
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Removal policy of the function's log.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Limit of one run. A step that needs more is to be split, since it holds an advisory lock. */
const TIMEOUT = Duration.minutes(5);

/**
 * Lambda's longest timeout.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
 */
const MAX_TIMEOUT = Duration.minutes(15);

/**
 * Custom resource that brings the schema up to date when the stack is deployed: tables, and the roles that functions log in as.
 * It runs again when its bundle, which contains the platform's SQL, or a file of `schema` changes. A file that fails is rolled
 * back and named with its line, and the deployment with it. Deleting the resource drops nothing.
 *
 * @throws {RangeError} where `schema` is no folder with SQL files, one of them ends its transaction or takes something away
 * without a word, or `timeout` is too long.
 */
export class SchemaMigration extends Construct {
  constructor(scope: Construct, id: string, props: SchemaMigrationProps) {
    super(scope, id);
    const { network, database, timeout = TIMEOUT } = props;
    if (timeout.toSeconds() > MAX_TIMEOUT.toSeconds()) {
      throw new RangeError(
        `schema migration: 'timeout' must be at most ${MAX_TIMEOUT.toMinutes()} minutes, which is Lambda's longest, got: ${timeout.toHumanString()}; shorten it, and split files that take longer`,
      );
    }
    const schema = props.schema === undefined ? undefined : readSchemaFolder(props.schema);
    const migrate = new PlatformFunction(this, 'Function', {
      bundle: 'migration',
      folders: schema && { [SCHEMA_FOLDER]: schema.path },
      description: 'Migrates the schema',
      timeout,
      vpc: network.vpc,
      vpcSubnets: network.vpcSubnets,
      logRemovalPolicy: props.logRemovalPolicy,
    });
    database.addClient(migrate, { role: DatabaseRole.OWNER });
    for (const [variable, role] of [
      [variables.DATABASE_READER_SECRET_ARN, DatabaseRole.READER],
      [variables.DATABASE_WRITER_SECRET_ARN, DatabaseRole.WRITER],
      [variables.DATABASE_KEEPER_SECRET_ARN, DatabaseRole.KEEPER],
    ] as const) {
      const secret = database.secretOf(role);
      migrate.addEnvironment(variable, secret.secretArn);
      allowReading(secret, migrate);
    }
    network.allowCustomResourceResponses(migrate);

    const resource = new CustomResource(this, 'Schema', {
      resourceType: 'Custom::SchemaMigration',
      serviceToken: migrate.functionArn,
      serviceTimeout: timeout.plus(Duration.seconds(30)),
      // A property that changes is what makes CloudFormation update it; the SQL itself would be too long for one.
      properties: { Hash: bundleHash('migration'), ...(schema && { Schema: schema.hash }) },
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
