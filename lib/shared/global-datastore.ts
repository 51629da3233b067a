import { type RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type { Construct } from 'constructs';
import { withoutSnapshot } from '../removal';
import { CacheEngine } from './cache-engine';

/** Attributes of a secondary's primary, which is in another region. */
export interface GlobalPrimaryAttributes {
  /** Id of the global datastore, such as `ldgnf-shop`: the suffix after ElastiCache's prefix. */
  readonly globalReplicationGroupId: string;

  /**
   * Engine of the primary. The group takes it over; its users must have the same engine.
   * @default CacheEngine.VALKEY_8_0
   */
  readonly engine?: CacheEngine;

  /**
   * True if the primary is in cluster mode.
   * @default true
   */
  readonly clusterMode?: boolean;

  /**
   * Shards of the primary. The group takes them over; the names of its nodes follow from them.
   * @default 3 - 1 without cluster mode
   */
  readonly shards?: number;
}

/**
 * Role of a shared tier in a global datastore: a group that is written to in one region, and replicated asynchronously to others.
 * A secondary can only be read, so that no function of the platform can be a client of it.
 */
export class GlobalDatastore {
  /**
   * Role of the group that is written to. Adds a global datastore; the group itself isn't changed.
   *
   * @param suffix end of the datastore's id, after ElastiCache's prefix: at most 34 lower case letters, digits and single dashes,
   * a letter first.
   * @throws {RangeError} where the suffix is something else.
   */
  static primary(suffix: string): GlobalDatastore {
    if (!SUFFIX.test(suffix) || suffix.length > MAX_SUFFIX) {
      throw new RangeError(
        `global datastore: 'suffix' must be at most ${MAX_SUFFIX} lower case letters, digits and single dashes, a letter first, got: '${suffix}'; rename it`,
      );
    }
    return new GlobalDatastore(suffix);
  }

  /**
   * Role of a read-only copy of another region's primary. An existing group can't join a global datastore: ElastiCache replaces
   * it.
   *
   * @throws {RangeError} where the id isn't one, or a primary can't have as many shards.
   */
  static secondary(primary: GlobalPrimaryAttributes): GlobalDatastore {
    const { globalReplicationGroupId: id } = primary;
    if (!Token.isUnresolved(id) && !GLOBAL_ID.test(id)) {
      throw new RangeError(
        `global datastore: 'globalReplicationGroupId' must be five letters or digits of ElastiCache's, a dash and the suffix, got: '${id}'; take the primary's 'globalReplicationGroupId', or what aws elasticache describe-global-replication-groups says`,
      );
    }
    const { clusterMode = true, shards = clusterMode ? 3 : 1, engine = CacheEngine.VALKEY_8_0 } = primary;
    if (!Number.isInteger(shards) || shards < 1 || (!clusterMode && shards > 1)) {
      throw new RangeError(
        `global datastore: 'shards' must be those of the primary, 1 or more, and 1 without cluster mode, got: ${shards}; set it to what the primary has`,
      );
    }
    checkGlobalEngine(engine);
    return new GlobalDatastore(undefined, { globalReplicationGroupId: id, engine, clusterMode, shards });
  }

  private constructor(
    /** Suffix of the datastore's id; of a primary only. */
    readonly suffix?: string,
    /** Attributes of the primary; of a secondary only. */
    readonly primary?: GlobalPrimaryAttributes,
  ) {}
}

/** ElastiCache's longest id of a global datastore, less its prefix. */
const MAX_SUFFIX = 40 - 'ldgnf-'.length;
const SUFFIX = /^[a-z](?:-?[a-z0-9])*$/;
const GLOBAL_ID = /^[a-z0-9]{5}-[a-z](?:-?[a-z0-9])*$/;

/** Node types of M5, R5 and later, from large on (ElastiCache, "Prerequisites and limitations" of global datastores). */
const GLOBAL_NODE_TYPE = /^cache\.(m[5-8]g?|r[5-8]g?|r6gd|c[78]gn)\.(large|\d*xlarge)$/;

/** The first versions that can be members; of Redis OSS it is 5.0.6, which has no users yet. */
const FIRST_VERSION = { redis: 6, valkey: 7.2 } as const;

/** Properties that a secondary takes over from its primary, and that ElastiCache refuses for it. */
const TAKEN_OVER = [
  'engine',
  'nodeType',
  'clusterMode',
  'shards',
  'evictionPolicy',
  'reservedMemoryPercent',
  'automaticFailover',
  'multiAz',
] as const;

/** Checked properties of a member, without defaults. */
export interface GlobalMember {
  readonly globalDatastore?: GlobalDatastore;
  readonly engine?: CacheEngine;
  readonly nodeType?: string;
  readonly replicasPerShard?: number;
  readonly clusterMode?: boolean;
  readonly automaticFailover?: boolean;
  readonly multiAz?: boolean;
}

/** @throws {RangeError} where ElastiCache would refuse the group as a member. */
export function checkGlobalMember(props: GlobalMember): void {
  const { globalDatastore } = props;
  if (!globalDatastore) return;
  if (globalDatastore.primary) {
    for (const name of TAKEN_OVER) {
      const got = (props as Record<string, unknown>)[name];
      if (got === undefined) continue;
      fail(name, 'must be left out of a secondary, which takes it over from its primary', got, 'leave it out');
    }
    const replicas = props.replicasPerShard ?? 1;
    if (replicas === 0) {
      fail('replicasPerShard', 'must be at least 1 of a secondary, which fails over as its primary does', replicas, 'raise it');
    }
    return;
  }
  checkGlobalEngine(props.engine ?? CacheEngine.VALKEY_8_0);
  const nodeType = props.nodeType ?? 'cache.t4g.small';
  if (!GLOBAL_NODE_TYPE.test(nodeType)) {
    fail(
      'nodeType',
      "must be of size large or more, of M5, R5 or later, with 'globalDatastore'",
      nodeType,
      "set it to such as 'cache.r7g.large'",
    );
  }
  for (const name of ['automaticFailover', 'multiAz'] as const) {
    if (props[name] === false) fail(name, "must be on with 'globalDatastore'", false, 'leave it out');
  }
}

/** @throws {RangeError} where ElastiCache has no global datastore of the version. */
function checkGlobalEngine({ type, version }: CacheEngine): void {
  const first = FIRST_VERSION[type];
  if (Number(version) >= first) return;
  fail('engine', `must be ${type} ${first.toFixed(1)} or newer with 'globalDatastore'`, `${type} ${version}`, 'take a newer one');
}

function fail(property: string, rule: string, got: unknown, fix: string): never {
  throw new RangeError(`shared cache: '${property}' ${rule}, got: ${JSON.stringify(got)}; ${fix}`);
}

/** Adds a global datastore, whose primary is the group, to the tier. The group isn't changed. */
export function addGlobalDatastore(
  group: elasticache.CfnReplicationGroup,
  suffix: string,
  removalPolicy: RemovalPolicy,
): elasticache.CfnGlobalReplicationGroup {
  const scope = group.node.scope as Construct;
  const datastore = new elasticache.CfnGlobalReplicationGroup(scope, 'GlobalDatastore', {
    globalReplicationGroupIdSuffix: suffix,
    globalReplicationGroupDescription: group.replicationGroupDescription,
    members: [{ replicationGroupId: group.ref, replicationGroupRegion: Stack.of(group).region, role: 'PRIMARY' }],
  });
  // It has no snapshots of its own.
  datastore.applyRemovalPolicy(withoutSnapshot(removalPolicy));
  return datastore;
}
