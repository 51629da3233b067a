import { Token } from 'aws-cdk-lib';
import type * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type { GlobalDatastore } from './global-datastore';

/** ElastiCache's limits, from `CreateReplicationGroup`. */
const MAX_REPLICAS_PER_SHARD = 5;
const MAX_SNAPSHOT_RETENTION_DAYS = 35;
const MAX_SHARDS = 500;

/** ElastiCache's longest name of a user or a user group, less the longest suffix given here. */
const NAMESPACE = /^[a-z](?:-?[a-z0-9]){0,29}$/;

/** Node types of ElastiCache. Only `r6gd` has data tiering, which moves cold data to a disk. */
const NODE_TYPE = /^cache\.(t[234]g?|m[4-8]g?|r[4-8]g?|r6gd|c[78]gn)\.(micro|small|medium|large|\d*xlarge)$/;

/**
 * Node types that Application Auto Scaling supports (ElastiCache, "Auto Scaling ElastiCache clusters"): neither small nodes nor
 * burstable ones.
 */
const SCALABLE_NODE_TYPE = /^cache\.(r8g|r7g|r6g|r6gd|r5|m8g|m7g|m6g|m5|c8gn|c7gn)\.(large|xlarge|2xlarge)$/;

/** Fix for a number that is out of its range. */
const BETWEEN = 'choose one in between';

/** Checked properties of a tier of nodes; those with a default as they came or with it. */
interface CheckedProps {
  readonly namespace: string;
  readonly shards: number;
  readonly replicasPerShard: number;
  readonly automaticFailover: boolean;
  readonly clusterMode: boolean;
  readonly multiAz?: boolean;
  readonly nodeType?: string;
  readonly snapshotRetentionDays?: number;
  readonly reservedMemoryPercent?: number;
}

function fail(property: string, rule: string, got: unknown, fix: string): never {
  throw new RangeError(`shared cache: '${property}' ${rule}, got: ${JSON.stringify(got)}; ${fix}`);
}

const whole = (value: number, least: number, most: number): boolean =>
  Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most);

/** @throws {RangeError} where properties contradict each other or a limit of ElastiCache. */
export function checkSharedCache(props: CheckedProps): void {
  const { shards, replicasPerShard, automaticFailover, nodeType, clusterMode } = props;
  checkNamespace(props.namespace);
  if (!whole(shards, 1, MAX_SHARDS)) fail('shards', `must be 1 to ${MAX_SHARDS}`, shards, BETWEEN);
  if (!clusterMode && shards > 1)
    fail('shards', "must be 1 where 'clusterMode' is off", shards, 'turn it on for more, or set this to 1');
  if (!whole(replicasPerShard, 0, MAX_REPLICAS_PER_SHARD)) {
    fail('replicasPerShard', `must be 0 to ${MAX_REPLICAS_PER_SHARD}`, replicasPerShard, BETWEEN);
  }
  if (automaticFailover && replicasPerShard === 0) {
    fail('automaticFailover', 'needs a replica to fail over to', automaticFailover, "set 'replicasPerShard' to at least 1");
  }
  if (!automaticFailover && shards > 1) {
    fail(
      'automaticFailover',
      `must be on in cluster mode with ${shards} shards`,
      automaticFailover,
      "turn it on, or set 'shards' to 1",
    );
  }
  if (props.multiAz && !automaticFailover) {
    fail('multiAz', "needs 'automaticFailover' and a replica in another zone", props.multiAz, 'turn it on, or this off');
  }
  if (nodeType !== undefined) checkNodeType(nodeType);
  const days = props.snapshotRetentionDays ?? 1;
  if (!whole(days, 0, MAX_SNAPSHOT_RETENTION_DAYS)) {
    fail('snapshotRetentionDays', `must be 0 to ${MAX_SNAPSHOT_RETENTION_DAYS}`, days, BETWEEN);
  }
  const reserved = props.reservedMemoryPercent ?? 25;
  if (!whole(reserved, 0, 50))
    fail('reservedMemoryPercent', 'must be 0 to 50', reserved, 'set it to 25, which leaves room for a snapshot');
}

/** @throws {RangeError} where keys and users can't be named after it. */
export function checkNamespace(namespace: string): void {
  if (!NAMESPACE.test(namespace)) {
    fail('namespace', 'must be at most 30 lower case letters, digits and single dashes, a letter first', namespace, 'rename it');
  }
}

/** @throws {RangeError} where ElastiCache has no such nodes. */
export function checkNodeType(nodeType: string): void {
  if (!Token.isUnresolved(nodeType) && !NODE_TYPE.test(nodeType)) {
    fail('nodeType', "must be a node type such as 'cache.r7g.large'", nodeType, 'take one that ElastiCache has');
  }
}

/** Properties of a tier that Application Auto Scaling depends on. */
export interface ScaledCache {
  readonly nodeType: string;
  readonly clusterMode: boolean;
  readonly reservedMemoryPercent: number;
  readonly globalDatastore?: GlobalDatastore;
}

/** @throws {RangeError} where Application Auto Scaling would refuse the nodes or the range. */
export function checkScaling(
  what: 'shards' | 'replicas',
  range: { readonly min: number; readonly max: number; readonly targetPercent: number },
  given: ScaledCache,
): void {
  const property = what === 'shards' ? 'autoscaleShards' : 'autoscaleReplicas';
  const most = what === 'shards' ? MAX_SHARDS : MAX_REPLICAS_PER_SHARD;
  if (given.globalDatastore) {
    const part = given.globalDatastore.primary ? 'a secondary' : 'a primary';
    fail(property, "can't be with 'globalDatastore', whose members scale together", part, 'leave one of them out');
  }
  if (!given.clusterMode) fail(property, 'needs cluster mode', given.clusterMode, "set 'clusterMode' to true");
  if (!SCALABLE_NODE_TYPE.test(given.nodeType)) {
    fail(
      property,
      "needs nodes of size large to 2xlarge that aren't burstable",
      given.nodeType,
      "set 'nodeType' to such as 'cache.r7g.large'",
    );
  }
  if (!whole(range.min, 1, most) || !whole(range.max, 1, most) || range.min > range.max) {
    fail(
      property,
      `must have 'min' and 'max' from 1 to ${most}, in this order`,
      { min: range.min, max: range.max },
      'change the one that is not',
    );
  }
  if (!whole(range.targetPercent, 35, 70))
    fail(property, "must have 'targetPercent' from 35 to 70", range.targetPercent, BETWEEN);
  if (what === 'replicas' && given.reservedMemoryPercent < 25) {
    fail('reservedMemoryPercent', "must be at least 25 with 'autoscaleReplicas'", given.reservedMemoryPercent, 'raise it');
  }
}

/** @returns a problem if the resource of a group was given an AUTH token: ElastiCache accepts either a token or users. */
export function authTokenProblems({ authToken, userGroupIds }: elasticache.CfnReplicationGroup): string[] {
  if (authToken === undefined || (userGroupIds ?? []).length === 0) return [];
  return [
    "shared cache: 'replicationGroup.authToken' must be left out where there are users, who have passwords of their own, got: a token; leave it out",
  ];
}
