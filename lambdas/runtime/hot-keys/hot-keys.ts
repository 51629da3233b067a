import { checkNumber } from '../arguments';
import type { Keyspace } from '../memory/entry-table';
import { FNV_SEED, fnv } from '../memory/fnv';
import { MemoryTier } from '../memory/memory-tier';
import type { ReadRequest } from '../read-request';
import type { SharedStore } from '../shared/shared-store';
import type { ReplicaReads } from './replica-reads';
import { Sketch } from './sketch';

/** Options of {@link hotKeys}. */
export interface HotKeysOptions {
  /**
   * Reads per second of one process, about, from which a key is hot.
   * @default 100
   */
  readonly perSecond?: number;
  /**
   * Reader of hot keys of namespaces with `hotReplicas`: `replicaReads()`.
   * @default - they are read from their master, as all others
   */
  readonly replicas?: ReplicaReads;
  /**
   * Time after a purge of a key, by this process or received from another, in which it is read from its master, in milliseconds;
   * longer than replicas of the cluster lag.
   * @default 1000
   */
  readonly replicaLagMs?: number;
  /**
   * Random numbers from 0 to 1, which choose the reads that are counted; for tests.
   * @default Math.random
   */
  readonly random?: () => number;
}

/** Number of purges that are remembered, by a hash of their entry; where two share it a replica is avoided for nothing. */
const PURGES = 1024;

/** Reads for each that is counted, as so many. */
const SAMPLED = 16;

/**
 * Counter of the keys that this process reads most: memory keeps them for `hotMemoryTtlSeconds`, and where the policy allows it
 * they are read from replicas, too.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function hotKeys(options: HotKeysOptions = {}): HotKeys {
  return new HotKeys(options);
}

/** Keys that are read so often that memory may keep them for longer. */
export class HotKeys {
  readonly #sketch = new Sketch();
  readonly #seeds = new WeakMap<Keyspace, number>();
  readonly #perSecond: number;
  readonly #random: () => number;
  readonly #purgedAt = new Float64Array(PURGES).fill(Number.NEGATIVE_INFINITY);
  readonly #lagMs: number;
  readonly #replicas: ReplicaReads | undefined;
  #keyspaces = 0;
  #skip = 0;

  constructor(options: HotKeysOptions) {
    this.#perSecond = checkNumber('perSecond', options.perSecond ?? 100, 1);
    this.#lagMs = checkNumber('replicaLagMs', options.replicaLagMs ?? 1000, 0);
    this.#random = options.random ?? Math.random;
    this.#replicas = options.replicas;
  }

  /** Memory tier that counts what it is asked for. */
  memory<V>(maxBytes: number): MemoryTier<V> {
    return new CountingMemory<V>(maxBytes, this);
  }

  /** Counts a sample of the reads. */
  count(key: string, keyspace: Keyspace, now: number): void {
    if (this.#skip-- > 0) return;
    // At random, or of reads that take turns some would never be counted.
    this.#skip = Math.floor(this.#random() * (2 * SAMPLED - 1));
    this.#sketch.add(this.#hash(key, keyspace), SAMPLED, now);
  }

  /** True where a key is hot now. */
  isHot(key: string, keyspace: Keyspace, now: number): boolean {
    return this.#sketch.count(this.#hash(key, keyspace), now) >= this.#perSecond;
  }

  /** Entry as some replica has it, or the master where that fails; undefined for a key that is read from its master. */
  get(
    { entryName, key, keyspace, policy }: Omit<ReadRequest<unknown, never>, 'loader'>,
    shared: SharedStore,
    now: number,
  ): Promise<string | null> | undefined {
    const replicas = this.#replicas;
    if (!replicas || !policy.hotReplicas) return undefined;
    if (policy.memoryMs === 0) this.count(key, keyspace, now);
    if (!this.isHot(key, keyspace, now)) return undefined;
    if (now - (this.#purgedAt[purgeIndex(entryName)] as number) < this.#lagMs) return undefined;
    return replicas.get(entryName).catch(() => shared.get(entryName));
  }

  /** Remembers the purge of an entry, or of any. */
  onPurge(entryName: string | undefined, now: number): void {
    if (entryName === undefined) this.#purgedAt.fill(now);
    else this.#purgedAt[purgeIndex(entryName)] = now;
  }

  /** Ends the connections of the replicas' reader. */
  async close(): Promise<void> {
    await this.#replicas?.close();
  }

  /** Hash of a key; one key in two keyspaces is two keys. */
  #hash(key: string, keyspace: Keyspace): number {
    let seed = this.#seeds.get(keyspace);
    if (seed === undefined) {
      seed = Math.imul(++this.#keyspaces, 0x9e3779b1) ^ FNV_SEED;
      this.#seeds.set(keyspace, seed);
    }
    return fnv(key, seed);
  }
}

function purgeIndex(entryName: string): number {
  return (fnv(entryName) >>> 0) % PURGES;
}

/** Memory tier that counts its reads. */
class CountingMemory<V> extends MemoryTier<V> {
  readonly #hotKeys: HotKeys;

  constructor(maxBytes: number, hotKeys: HotKeys) {
    super(maxBytes);
    this.#hotKeys = hotKeys;
  }

  override get(key: string, now: number, keyspace: Keyspace): V | undefined {
    this.#hotKeys.count(key, keyspace, now);
    return super.get(key, now, keyspace);
  }
}
