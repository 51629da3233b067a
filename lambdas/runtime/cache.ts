import { entryKey, type Route, type RouteParameters, routeTags } from '../../lib/route';
import { type Clock, systemClock } from './clock';
import { MemoryTier } from './memory';
import { type Kept, type Read, ReadPath } from './read-path';
import { Semaphore } from './semaphore';
import type { PurgeMode, SharedState, SharedStore } from './shared';
import { NAMESPACE_TAG, TagVersions } from './tags';
import type { VersionSource } from './versions/source';
import type { Version } from './versions/version';

export interface CacheOptions<Handle> {
  /**
   * The shared tier.
   * @default - none: memory and the database only
   */
  readonly shared?: SharedStore;

  /** The system of record, and how the age of what it gives is known. */
  readonly source: VersionSource<Handle>;

  /**
   * Upper bound of the memory tier, in bytes.
   * @default 33554432 (32 MiB)
   */
  readonly memoryMaxBytes?: number;

  /**
   * How long a tag's version may be taken from this process's memory, in milliseconds.
   * @default 1000
   */
  readonly tagTtlMs?: number;

  /**
   * How long a fence outlives the purge that set it, in milliseconds; longer than any replica lags.
   * @default 60000
   */
  readonly fenceMs?: number;

  /**
   * How long an unused tag is remembered in the shared tier, in milliseconds; longer than any entry lives.
   * @default 604800000 (7 days)
   */
  readonly tagLifeMs?: number;

  /**
   * How long one load may take before another process may begin it too, in milliseconds.
   * @default 1500
   */
  readonly leaseMs?: number;

  /**
   * How long a read waits for another process's load, in milliseconds, before it loads without filling.
   * @default 1000
   */
  readonly waitMs?: number;

  /**
   * How many loads of this process may run at once without a lease.
   * @default 8
   */
  readonly fallbackConcurrency?: number;

  /**
   * Largest entry that is stored, in characters.
   * @default 1048576
   */
  readonly maxEntryLength?: number;

  /** @default - the system clock */
  readonly clock?: Clock;

  /** @default Math.random */
  readonly random?: () => number;
}

/** How many loads may wait behind those that run without a lease. */
const FALLBACK_QUEUE = 10_000;

/** The cache of one process: memory over shared over the database, one declaration a route. */
export class Cache<Handle> {
  readonly #readPath: ReadPath<Handle>;
  readonly #tags: TagVersions | undefined;
  readonly #shared: SharedStore | undefined;
  readonly #fenceMs: number;

  constructor(options: CacheOptions<Handle>) {
    const clock = options.clock ?? systemClock;
    this.#shared = options.shared;
    this.#fenceMs = options.fenceMs ?? 60_000;
    this.#tags =
      options.shared &&
      new TagVersions(options.shared, () => options.source.current(), clock, {
        tagTtlMs: options.tagTtlMs ?? 1000,
        lifeMs: options.tagLifeMs ?? 7 * 86_400_000,
      });
    this.#readPath = new ReadPath(
      {
        memory: new MemoryTier<Kept>(options.memoryMaxBytes === undefined ? {} : { maxBytes: options.memoryMaxBytes }),
        shared: options.shared,
        tags: this.#tags,
        source: options.source,
        fallback: new Semaphore(options.fallbackConcurrency ?? 8, FALLBACK_QUEUE),
        clock,
        random: options.random ?? Math.random,
      },
      { leaseMs: options.leaseMs ?? 1500, waitMs: options.waitMs ?? 1000, maxEntryLength: options.maxEntryLength ?? 1_048_576 },
    );
  }

  /**
   * The route's value for these parameters: from memory, from the shared tier, or from the loader, which then runs once for all processes.
   *
   * @param loader reads the value with the handle it is given, and with nothing else; undefined means that there is none (a negative entry).
   * @throws what the loader throws, and {@link RangeError} for a route without freshness or a missing parameter. Never an error of the cache.
   */
  async getOrSet<T>(
    route: Route,
    parameters: RouteParameters,
    loader: (handle: Handle) => Promise<T | undefined>,
  ): Promise<Read<T>> {
    if (!route.freshness) throw new RangeError(`route '${route.name}' has no 'freshness': it is never cached`);
    const { memoryTtlSeconds, sharedTtlSeconds, negativeTtlSeconds } = route.freshness;
    const tags = routeTags(route, parameters);
    const { value, outcome } = await this.#readPath.read<T>({
      key: entryKey(route, parameters),
      memoryTtlMs: memoryTtlSeconds * 1000,
      sharedTtlMs: sharedTtlSeconds * 1000,
      negativeTtlMs: negativeTtlSeconds * 1000,
      tags: [...tags, NAMESPACE_TAG],
      strictTags: false,
      loader,
    });
    return { value, outcome: { ...outcome, tags } };
  }

  /**
   * Purges every entry that carries one of the tags, in every process: at once in the shared tier, within the memory TTL elsewhere.
   *
   * @param options.version the primary's version, read after the commit of the change.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where a tag couldn't be purged; the others were. Purging again is safe.
   */
  async purgeTags(tags: readonly string[], options: { version: Version; mode?: PurgeMode }): Promise<void> {
    this.#readPath.forget();
    const results = await Promise.allSettled(
      tags.map((tag) => this.#tags?.purge(tag, options.version, options.mode ?? 'delete')),
    );
    this.#readPath.forget();
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Purges one entry, and refuses every fill of it whose load began before. As {@link purgeTags}. */
  async purgeKey(route: Route, parameters: RouteParameters, options: { version: Version }): Promise<void> {
    this.#readPath.forget();
    await this.#shared?.invalidate(entryKey(route, parameters), options.version, this.#fenceMs);
    this.#readPath.forget();
  }

  /** The shared tier's state. */
  async state(): Promise<SharedState> {
    return this.#shared?.state() ?? { status: 'down', nodes: [] };
  }

  async close(): Promise<void> {
    await this.#shared?.close();
  }
}
