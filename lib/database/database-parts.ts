import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { referStrongly } from '../references';
import { withoutSnapshot } from '../removal';
import { MANAGED_SECRET } from './database-checks';
import { DatabaseRole } from './database-role';

/* Parts of every database. Each is added to a construct directly, so that it keeps its logical id. */

/** Port of the servers; not PostgreSQL's default, which port scans look for. */
export const PORT = 5433;

/** Port of every proxy for PostgreSQL. */
export const PROXY_PORT = 5432;

/**
 * Roles that reach the server that is written to through its proxy, where it has one. Readers that find no replica far enough go
 * to the server itself: they must see there what they would see on a replica.
 */
export const PROXIED: readonly DatabaseRole[] = [DatabaseRole.WRITER, DatabaseRole.KEEPER];

export const DATABASE_NAME = 'cachement';

/** Version where the properties name none. */
export const DEFAULT_VERSION = rds.PostgresEngineVersion.VER_17_9;

/** Parameters of every server; a replica must accept as many connections as the primary. */
export const parametersFor = (maxConnections: number): Record<string, string> => ({
  'rds.force_ssl': '1',
  shared_preload_libraries: 'pg_stat_statements',
  max_connections: String(maxConnections),
});

/** @throws {RangeError} where the version is older than what the schema needs. */
export function checkVersion(what: string, version: rds.PostgresEngineVersion | undefined): void {
  if (Number(version?.postgresMajorVersion ?? 17) >= 17) return;
  throw new RangeError(
    `${what}: 'version' must be PostgreSQL 17 or newer, got: ${JSON.stringify(version?.postgresFullVersion)}; take a newer one`,
  );
}

export function addMonitoringRole(scope: Construct): iam.Role {
  return new iam.Role(scope, 'MonitoringRole', {
    assumedBy: new iam.ServicePrincipal('monitoring.rds.amazonaws.com'),
    description: 'Writes the metrics of the operating systems of the database',
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonRDSEnhancedMonitoringRole')],
  });
}

export function addRoleSecret(
  scope: Construct,
  id: string,
  role: DatabaseRole,
  removalPolicy: RemovalPolicy,
): secretsmanager.Secret {
  return new secretsmanager.Secret(scope, id, {
    description: `Database role ${role.username}`,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({ username: role.username }),
      generateStringKey: 'password',
      passwordLength: 48,
      excludePunctuation: true,
    },
    removalPolicy: withoutSnapshot(removalPolicy),
  });
}

/**
 * Has RDS generate and rotate the password of the owner.
 *
 * @returns the secret in which RDS keeps it: JSON with `username` and `password`, as of every role.
 */
export function manageOwnerPassword(scope: Construct, server: rds.CfnDBInstance | rds.CfnDBCluster): secretsmanager.ISecret {
  server.masterUserPassword = undefined;
  server.manageMasterUserPassword = true;
  return secretsmanager.Secret.fromSecretCompleteArn(scope, MANAGED_SECRET, server.attrMasterUserSecretSecretArn);
}

/**
 * Makes a server from a snapshot, which owner, name of the database and encryption come from: RDS refuses a template that says
 * them. The owner's password is set to the new one.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
 */
export function restoreFrom<T extends rds.CfnDBInstance | rds.CfnDBCluster>(server: T, snapshot: Partial<T>): void {
  Object.assign(server, snapshot, { masterUsername: undefined, storageEncrypted: undefined });
  if (server instanceof rds.CfnDBInstance) server.dbName = undefined;
  else server.databaseName = undefined;
}

/** Security group that admits the clients of a database, and the subnet group of its servers. */
interface Placement {
  readonly securityGroup: ec2.SecurityGroup;
  readonly connections: ec2.Connections;
  readonly subnetGroup: rds.SubnetGroup;
}

/** @param description description of the security group: its servers. */
export function addPlacement(
  scope: Construct,
  description: string,
  { vpc, vpcSubnets, removalPolicy }: Pick<rds.SubnetGroupProps, 'vpc' | 'vpcSubnets' | 'removalPolicy'>,
): Placement {
  const securityGroup = new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description, allowAllOutbound: false });
  referStrongly(securityGroup);
  const connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(PORT) });
  const subnetGroup = new rds.SubnetGroup(scope, 'SubnetGroup', {
    vpc,
    vpcSubnets,
    description: 'Isolated subnets of the database',
    // Nothing is in it once its servers are a snapshot.
    removalPolicy: removalPolicy === RemovalPolicy.SNAPSHOT ? RemovalPolicy.DESTROY : removalPolicy,
  });
  return { securityGroup, connections, subnetGroup };
}

/** Target, secrets and subnets of a proxy. */
interface ProxyOptions {
  readonly target: rds.ProxyTarget;
  readonly secrets: secretsmanager.ISecret[];
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
}

/** Adds a proxy in front of the server that is written to, and admits it to the database. */
export function addProxy(scope: Construct & ec2.IConnectable, options: ProxyOptions): rds.DatabaseProxy {
  const { target, secrets, vpc, vpcSubnets } = options;
  const securityGroup = new ec2.SecurityGroup(scope, 'ProxySecurityGroup', {
    vpc,
    description: 'Proxy before the primary',
    allowAllOutbound: false,
  });
  referStrongly(securityGroup);
  const proxy = new rds.DatabaseProxy(scope, 'Proxy', {
    proxyTarget: target,
    secrets,
    vpc,
    vpcSubnets,
    securityGroups: [securityGroup],
    requireTLS: true,
  });
  // With a literal port, so that the template shows it in the rule.
  securityGroup.connections.allowTo(scope, ec2.Port.tcp(PORT), 'to the primary');
  return proxy;
}
