import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IPlatformNetwork } from '../network/platform-network';
import { KEPT } from '../removal';
import type { CacheAuthentication } from './cache-access';
import type { CacheDurability } from './cache-durability';
import { CacheEngine } from './cache-engine';
import type { EvictionPolicy } from './eviction-policy';
import type { GlobalDatastore } from './global-datastore';

/** Properties of a SharedCache. */
export interface SharedCacheProps {
  /** Network of the nodes, which are in its isolated subnets. */
  readonly network: IPlatformNetwork;

  /**
   * Prefix of every key, and of the names of the users, which are unique in an account. Lower case letters, digits and dashes.
   */
  readonly namespace: string;

  /**
   * Engine and version.
   * @default CacheEngine.VALKEY_8_0
   */
  readonly engine?: CacheEngine;

  /**
   * Node type of ElastiCache.
   * @default 'cache.t4g.small'
   */
  readonly nodeType?: string;

  /**
   * True if keys are distributed over shards. Without it there is one shard, and an endpoint that leads to its primary.
   * @default true
   */
  readonly clusterMode?: boolean;

  /**
   * Number of shards (node groups). Changed online, without replacement.
   * @default 3 - 1 without cluster mode
   */
  readonly shards?: number;

  /**
   * Number of replicas of each shard, 0 to 5. ElastiCache replaces the whole group when it changes.
   * @default 1
   */
  readonly replicasPerShard?: number;

  /**
   * True if a replica takes over from a primary that fails. Required in cluster mode with more than one shard.
   * @default true
   */
  readonly automaticFailover?: boolean;

  /**
   * True if the replicas of a shard are in other zones than its primary.
   * @default - with automatic failover
   */
  readonly multiAz?: boolean;

  /**
   * Durability of acknowledged writes. Needs Valkey 9.0, cluster mode, a replica of each shard in another zone, nodes of R7g,
   * R6g, M7g, M6g or C7gn, and no global datastore.
   * @default - ElastiCache's: none
   */
  readonly durability?: CacheDurability;

  /**
   * Authentication of clients.
   * @default CacheAuthentication.PASSWORD
   */
  readonly authentication?: CacheAuthentication;

  /**
   * Policy of evicting entries when memory is full.
   * @default EvictionPolicy.ALLKEYS_LRU
   */
  readonly evictionPolicy?: EvictionPolicy;

  /**
   * Percent of memory that is reserved for replication and snapshots.
   * @default 25
   */
  readonly reservedMemoryPercent?: number;

  /**
   * Key that encrypts data at rest. ElastiCache replaces the group when it changes.
   * @default - ElastiCache's own key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Retention of daily snapshots in days, 0 to 35; 0 takes none.
   * @default 1
   */
  readonly snapshotRetentionDays?: number;

  /**
   * Daily window of snapshots, in UTC, an hour or longer.
   * @default '03:00-04:00'
   */
  readonly snapshotWindow?: string;

  /**
   * Weekly window of maintenance, in UTC, an hour or longer. It must not overlap the window of snapshots.
   * @default 'sun:04:30-sun:05:30'
   */
  readonly maintenanceWindow?: string;

  /**
   * Name of the snapshot that the group is filled from when it is made. ElastiCache replaces the group when it changes or is
   * added later. Purges of the time since the snapshot aren't in it: raise every route's `version` with it.
   * @default - none; an empty cache
   */
  readonly snapshotName?: string;

  /**
   * Port of the nodes. The default isn't the engine's, which port scans look for.
   * @default 6380
   */
  readonly port?: number;

  /**
   * Removal policy of the group, its secret and its logs. `SNAPSHOT` takes a final snapshot of the group, and keeps the secret
   * and the logs.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Role in a global datastore. A secondary takes engine, nodes, shards and parameters over from its primary, and can only be
   * read. Neither can scale by itself, and common properties are changed in the datastore (`aws elasticache
   * modify-global-replication-group`).
   * @default - none; a tier of one region
   */
  readonly globalDatastore?: GlobalDatastore;
}

/** Properties with their defaults. */
export interface SharedCacheSettings {
  readonly engine: CacheEngine;
  readonly nodeType: string;
  readonly clusterMode: boolean;
  readonly shards: number;
  readonly replicasPerShard: number;
  readonly automaticFailover: boolean;
  readonly multiAz: boolean;
  readonly durability?: CacheDurability;
  readonly reservedMemoryPercent: number;
  readonly removalPolicy: RemovalPolicy;
  readonly globalDatastore?: GlobalDatastore;
}

/** @returns the properties with their defaults; a secondary has the engine and the shards of its primary. */
export function settingsOf(props: SharedCacheProps): SharedCacheSettings {
  const { globalDatastore, automaticFailover = true } = props;
  const primary = globalDatastore?.primary;
  const clusterMode = primary?.clusterMode ?? props.clusterMode ?? true;
  return {
    engine: primary?.engine ?? props.engine ?? CacheEngine.VALKEY_8_0,
    nodeType: props.nodeType ?? 'cache.t4g.small',
    clusterMode,
    shards: primary?.shards ?? props.shards ?? (clusterMode ? 3 : 1),
    replicasPerShard: props.replicasPerShard ?? 1,
    automaticFailover,
    multiAz: props.multiAz ?? automaticFailover,
    durability: props.durability,
    reservedMemoryPercent: props.reservedMemoryPercent ?? 25,
    removalPolicy: props.removalPolicy ?? KEPT,
    globalDatastore,
  };
}
