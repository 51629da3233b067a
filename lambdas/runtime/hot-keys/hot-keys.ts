import { checkNumber } from '../arguments';
import { FNV_SEED, fnv } from '../fnv';
import type { Space } from '../memory/entry-table';
import { MemoryTier } from '../memory/memory-tier';
import type { ReadRequest } from '../read-request';
import type { SharedStore } from '../shared/shared-store';
import type { ReplicaReads } from './replica-reads';
import { Sketch } from './sketch';

/** What makes a key hot. */
export interface HotKeysOptions {
  /**
   * A key that one process reads this often is hot, about, in reads per second.
   * @default 100
   */
  readonly perSecond?: number;
  /**
   * Where hot keys of namespaces with `hotReplicas` are read: `replicaReads()`.
   * @default - from their master, as all others
   */
  readonly replicas?: ReplicaReads;
  /**
   * How long after a purge that this process made or heard of a key is read from its master again, in milliseconds; longer than replicas of the cluster lag.
   * @default 1000
   */
  readonly replicaLagMs?: number;
  /** Says which reads are counted. @default Math.random */
  readonly random?: () => number;
}

/** Purges are remembered by a hash of their key; where two share it a replica is spared for nothing. */
const PURGES = 1024;

/** Of so many reads one is counted, as so many. */
const SAMPLED = 16;

/**
 * Finds the keys that this process reads most: memory keeps them for `hotMemoryTtlSeconds`, and where the policy allows it
 * they are read from replicas, too.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function hotKeys(options: HotKeysOptions = {}): HotKeys {
  return new HotKeys(options);
}

/** Which keys are read so often that memory may keep them for longer. */
export class HotKeys {
  readonly #sketch = new Sketch();
  readonly #seeds = new WeakMap<Space, number>();
  readonly #perSecond: number;
  readonly #random: () => number;
  readonly #purgedAt = new Float64Array(PURGES).fill(Number.NEGATIVE_INFINITY);
  readonly #lagMs: number;
  #spaces = 0;
  #skip = 0;

  constructor(private readonly options: HotKeysOptions) {
    this.#perSecond = checkNumber('perSecond', options.perSecond ?? 100, 1);
    this.#lagMs = checkNumber('replicaLagMs', options.replicaLagMs ?? 1000, 0);
    this.#random = options.random ?? Math.random;
  }

  /** A memory tier that counts what it is asked for. */
  memory<V>(options: { readonly maxBytes?: number }): MemoryTier<V> {
    return new CountingMemory<V>(options, this);
  }

  /** Counts a read, now and then. */
  count(key: string, space: Space, now: number): void {
    if (this.#skip-- > 0) return;
    // At random, or of reads that take turns some would never be counted.
    this.#skip = Math.floor(this.#random() * (2 * SAMPLED - 1));
    this.#sketch.add(this.#hash(key, space), SAMPLED, now);
  }

  /** Whether a key is among them now. */
  isHot(key: string, space: Space, now: number): boolean {
    return this.#sketch.count(this.#hash(key, space), now) >= this.#perSecond;
  }

  /** The entry as some replica has it, or the master where that fails; undefined for a key that is read from its master. */
  get({ key, memoryKey, space, policy }: Omit<ReadRequest<unknown, never>, 'loader'>, shared: SharedStore, now: number) {
    const { replicas } = this.options;
    if (!replicas || !policy.hotReplicas) return undefined;
    if (policy.memoryTtlMs === 0) this.count(memoryKey, space, now);
    if (!this.isHot(memoryKey, space, now) || now - (this.#purgedAt[purge(key)] as number) < this.#lagMs) return undefined;
    return replicas.get(key).catch(() => shared.get(key));
  }

  /** A key was purged, or any. */
  purged(key: string | undefined, now: number): void {
    if (key === undefined) this.#purgedAt.fill(now);
    else this.#purgedAt[purge(key)] = now;
  }

  /** Ends what it does in the background. */
  async close(): Promise<void> {
    await this.options.replicas?.close();
  }

  /** One key in two parts of memory is two keys. */
  #hash(key: string, space: Space): number {
    let seed = this.#seeds.get(space);
    if (seed === undefined) {
      seed = Math.imul(++this.#spaces, 0x9e3779b1) ^ FNV_SEED;
      this.#seeds.set(space, seed);
    }
    return fnv(key, seed);
  }
}

function purge(key: string): number {
  return (fnv(key) >>> 0) % PURGES;
}

class CountingMemory<V> extends MemoryTier<V> {
  constructor(
    options: { readonly maxBytes?: number },
    private readonly hot: HotKeys,
  ) {
    super(options);
  }

  override get(key: string, now: number, space?: Space): V | undefined {
    if (space) this.hot.count(key, space, now);
    return super.get(key, now, space);
  }
}
