import type { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { MANAGED_SECRET } from './database-checks';
import type { DatabaseRole } from './database-role';

/* What databases are made of, whichever way they are. Each is added to a construct directly, so that it keeps its logical id. */

/** Not PostgreSQL's own, so that a scan for it finds nothing. */
export const PORT = 5433;

/** Of every proxy before PostgreSQL. */
export const PROXY_PORT = 5432;

export const DATABASE_NAME = 'cachement';

/** Where none is asked for. */
export const DEFAULT_VERSION = rds.PostgresEngineVersion.VER_17_9;

/** The parameters of every server; a replica must accept as many connections as the primary. */
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
    removalPolicy,
  });
}

/**
 * Leaves the password of the owner to RDS.
 *
 * @returns the secret that RDS keeps it in: JSON with `username` and `password`, as of every role.
 */
export function manageOwnerPassword(scope: Construct, server: rds.CfnDBInstance | rds.CfnDBCluster): secretsmanager.ISecret {
  server.masterUserPassword = undefined;
  server.manageMasterUserPassword = true;
  return secretsmanager.Secret.fromSecretCompleteArn(scope, MANAGED_SECRET, server.attrMasterUserSecretSecretArn);
}

/** Where a proxy is, and what it signs in as. */
interface ProxyOptions {
  readonly target: rds.ProxyTarget;
  readonly secret: secretsmanager.ISecret;
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets: ec2.SubnetSelection;
}

/** A proxy before the server that is written to, which is let into a database. */
export function addProxy(scope: Construct & ec2.IConnectable, options: ProxyOptions): rds.DatabaseProxy {
  const { target, secret, vpc, vpcSubnets } = options;
  const securityGroup = new ec2.SecurityGroup(scope, 'ProxySecurityGroup', {
    vpc,
    description: 'Proxy before the primary',
    allowAllOutbound: false,
  });
  const proxy = new rds.DatabaseProxy(scope, 'Proxy', {
    proxyTarget: target,
    secrets: [secret],
    vpc,
    vpcSubnets,
    securityGroups: [securityGroup],
    requireTLS: true,
  });
  // With a literal port, so that the rule can be read where it stands.
  securityGroup.connections.allowTo(scope, ec2.Port.tcp(PORT), 'to the primary');
  return proxy;
}
