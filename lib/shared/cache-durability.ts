import type { CacheEngine } from './cache-engine';
import type { GlobalDatastore } from './global-datastore';

/**
 * Durability of acknowledged writes: a log across availability zones, beside the replicas.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/durability.html
 */
export class CacheDurability {
  /** Acknowledgement once the log has the write in two zones, which takes milliseconds. A failover loses no such write. */
  static readonly SYNC = new CacheDurability('sync');

  /**
   * Acknowledgement before the log has the write. A failover may lose the last 10 s; a primary whose log is behind for longer
   * refuses writes until it has caught up.
   */
  static readonly ASYNC = new CacheDurability('async');

  /** None, whatever ElastiCache's default for the engine's version becomes. */
  static readonly DISABLED = new CacheDurability('disabled');

  private constructor(
    /** Value of `Durability` of the replication group. */
    readonly value: 'sync' | 'async' | 'disabled',
  ) {}
}

/** Engine that first has it. */
const FIRST_VERSION = 9;

/**
 * Families of nodes with durability.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Durability.Limitations.html
 */
const DURABLE_NODE_TYPE = /^cache\.(r7g|r6g|m7g|m6g|c7gn)\./;

/** Properties that durability depends on, with their defaults. */
export interface DurableCache {
  readonly durability?: CacheDurability;
  readonly engine: CacheEngine;
  readonly nodeType: string;
  readonly clusterMode: boolean;
  readonly replicasPerShard: number;
  readonly multiAz: boolean;
  readonly globalDatastore?: GlobalDatastore;
}

/** @throws {RangeError} where ElastiCache would refuse the durability, by its page on limitations. */
export function checkDurability(given: DurableCache): void {
  const { durability, engine } = given;
  if (!durability) return;
  const asked = `with 'durability: ${durability.value}'`;
  if (engine.type !== 'valkey' || Number(engine.version) < FIRST_VERSION) {
    fail('engine', `must be valkey 9.0 or newer ${asked}`, `${engine.type} ${engine.version}`, 'take CacheEngine.VALKEY_9_0');
  }
  if (durability === CacheDurability.DISABLED) return;
  if (given.globalDatastore) {
    fail('globalDatastore', `can't be ${asked}`, given.globalDatastore.suffix ?? 'a secondary', 'leave one of them out');
  }
  if (!given.clusterMode) fail('clusterMode', `must be on ${asked}`, given.clusterMode, 'leave it out');
  if (given.replicasPerShard === 0) fail('replicasPerShard', `must be at least 1 ${asked}`, 0, 'raise it');
  if (!given.multiAz) fail('multiAz', `must be on ${asked}`, given.multiAz, 'leave it out');
  if (!DURABLE_NODE_TYPE.test(given.nodeType)) {
    fail('nodeType', `must be of R7g, R6g, M7g, M6g or C7gn ${asked}`, given.nodeType, "set it to such as 'cache.r7g.large'");
  }
}

function fail(property: string, rule: string, got: unknown, fix: string): never {
  throw new RangeError(`shared cache: '${property}' ${rule}, got: ${JSON.stringify(got)}; ${fix}`);
}
