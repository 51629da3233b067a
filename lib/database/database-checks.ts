import { Stack } from 'aws-cdk-lib';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { checkWindows } from '../windows';

/** True if a value of a template refers to what a token stands for, in any form. */
const refersTo = (scope: IConstruct, value: unknown, token: string): boolean =>
  JSON.stringify(Stack.of(scope).resolve(value)) === JSON.stringify(Stack.of(scope).resolve(token));

/** Id of the secret in which RDS keeps a managed password. */
export const MANAGED_SECRET = 'ManagedOwnerSecret';

/** Kind of database, which an error begins with. */
type DatabaseKind = 'replicated database' | 'multi-az database cluster';

/**
 * RDS's shortest windows, of backups and of maintenance, in minutes.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
 */
const LEAST_WINDOWS = { daily: 30, weekly: 30 };

/** Properties that are checked together. */
interface CheckedProps {
  readonly maintenanceWindow?: string;
  readonly backupWindow?: string;
  readonly encryptionKey?: IConstruct;
  readonly snapshotIdentifier?: string;
}

/** @throws {RangeError} where windows, or key and snapshot, contradict each other or RDS. */
export function checkDatabaseProps(what: DatabaseKind, props: CheckedProps): void {
  checkWindows({
    what,
    weekly: ['maintenanceWindow', props.maintenanceWindow],
    daily: ['backupWindow', props.backupWindow],
    least: LEAST_WINDOWS,
  });
  if (props.encryptionKey && props.snapshotIdentifier !== undefined) {
    throw new RangeError(
      `${what}: 'encryptionKey' must be left out with 'snapshotIdentifier', since what is restored has the key of its snapshot, got: ${props.encryptionKey.node.path}; copy the snapshot with that key, and restore the copy`,
    );
  }
}

/** @returns problems of a changed proxy: a read-only endpoint, which only Aurora clusters have, or no TLS. */
export function proxyProblems(proxy: rds.DatabaseProxy | undefined, what: DatabaseKind = 'replicated database'): string[] {
  if (!proxy) return [];
  const problems: string[] = [];
  const resource = proxy.node.defaultChild as rds.CfnDBProxy;
  if (resource.requireTls !== true) {
    problems.push(
      `${what}: 'proxy' must require TLS, since 'rds.force_ssl' doesn't reach what is before it, got: ${resource.requireTls}; set 'requireTls' of it to true`,
    );
  }
  if (what === 'multi-az database cluster') return problems;
  for (const endpoint of proxy.node.root.node.findAll()) {
    if (!(endpoint instanceof rds.CfnDBProxyEndpoint) || endpoint.targetRole !== 'READ_ONLY') continue;
    if (!refersTo(endpoint, endpoint.dbProxyName, proxy.dbProxyName)) continue;
    problems.push(
      `replicated database: 'targetRole' of ${endpoint.node.path} must be READ_WRITE, since a proxy reads from clusters only, got: READ_ONLY; let readers use 'readers'`,
    );
  }
  return problems;
}

/**
 * @returns problems of the secrets' rotations: the function that Secrets Manager hosts is added by a transform, and the isolated
 * network doesn't admit it.
 */
export function rotationProblems(
  secrets: Iterable<secretsmanager.ISecret>,
  what: DatabaseKind = 'replicated database',
): string[] {
  return [...secrets].flatMap((secret) => {
    const rotations = secret.node.root.node
      .findAll()
      .filter((construct) => construct instanceof secretsmanager.CfnRotationSchedule)
      .filter((rotation) => refersTo(rotation, rotation.secretId, secret.secretArn));
    if (secret.node.id === MANAGED_SECRET) {
      return rotations
        .filter(({ hostedRotationLambda, rotationLambdaArn }) => hostedRotationLambda ?? rotationLambdaArn)
        .map(
          ({ node }) =>
            `${what}: 'managedOwnerPassword' must be left out where a function rotates the password, since RDS rotates the one that it manages, got: the rotation ${node.path}; leave one of them out`,
        );
    }
    return rotations
      .filter(({ hostedRotationLambda }) => hostedRotationLambda !== undefined)
      .map(
        ({ node }) =>
          `${what}: 'secretOf' must be rotated by a function of the network, since a hosted one can't reach Secrets Manager from isolated subnets, got: the hosted rotation ${node.path}; ` +
          "rotate with a 'rotationLambda' that 'network.allowSecretRotation' was called for",
      );
  });
}
