import { entryKey, type Route, type RouteParameters, routeTags } from '../../lib/route';
import { type Clock, systemClock } from './clock';
import type { Codec } from './codec';
import { entryName } from './entry-name';
import { CacheError } from './errors';
import { forPartOf } from './hash-slot';
import type { HotKeys } from './hot-keys/hot-keys';
import { give, type Kept, land, type Read } from './kept';
import type { Loader } from './load-context';
import { MemoryTier } from './memory';
import type { MemoryBus } from './memory-bus';
import { Namespace } from './namespace';
import type { Outcome } from './outcome';
import { checkPolicy, type NamespacePolicy, type Policy } from './policy';
import type { EntryRef, ReadPathParts } from './read-parts';
import { ReadPath } from './read-path';
import { Semaphore } from './semaphore';
import type { SharedState, SharedStore } from './shared';
import type { Space } from './slots';
import { ALL_TAGS, TagVersions } from './tags';
import { type ReadMeter, Telemetry, type TelemetryOptions } from './telemetry';
import type { Ticket } from './ticket';
import { got } from './value-text';
import type { VersionSource } from './versions/source';
import { type PurgeOptions, type StrictOptions, WritePath } from './write-path';

/** What a cache consists of, and how it behaves. */
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
   * How long one load may take before another process may begin it too, in milliseconds. Once the duration of a key's loads is known, three
   * times that, from 500 ms to 10 s.
   * @default 1500
   */
  readonly leaseMs?: number;

  /**
   * How long a read waits for another process's load, in milliseconds, before it loads without filling. Longer than `leaseMs`, so that those
   * who wait for a process that died see its lease end, and one of them loads instead of all.
   * @default 2000
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

  /**
   * How values are written: `messagePack()`, `compression()`, or one of your own.
   * @default - JSON
   */
  readonly codec?: Codec;

  /**
   * Tells other processes of purges, so that they forget what they have in memory: `shardedPubSub()`.
   * @default - none: memory's TTL bounds how long they keep it
   */
  readonly bus?: MemoryBus;

  /**
   * Finds the keys that are read most, which memory then keeps for longer: `hotKeys()`.
   * @default - none: every key is kept as long
   */
  readonly hotKeys?: HotKeys;

  /**
   * Whether this process lives on after it has answered, as a container does and a Lambda environment doesn't: early refreshes then run
   * beside the answer instead of before it, and long loads renew their lease.
   * @default false
   */
  readonly background?: boolean;

  /**
   * Told of every read. It must not throw.
   * @default - nobody
   */
  readonly onRead?: (outcome: Outcome, name: string) => void;

  /**
   * Where the counts of reads go.
   * @default - they are counted, and not written
   */
  readonly telemetry?: TelemetryOptions;

  /**
   * What time it is; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;

  /**
   * What jitter is made of, from 0 to 1; for tests.
   * @default Math.random
   */
  readonly random?: () => number;
}

/** How many loads may wait behind those that run without a lease. */
const FALLBACK_QUEUE = 10_000;

/** A route as the cache knows it. */
interface KnownRoute {
  readonly policy: Policy;
  readonly space: Space;
  readonly meter: ReadMeter;
}

/** The cache of one process: memory over shared over the database, one declaration a route or a namespace. */
export class Cache<Handle> {
  readonly #parts: ReadPathParts<Handle>;
  readonly #readPath: ReadPath<Handle>;
  readonly #writePath: WritePath<Handle>;
  readonly #telemetry: Telemetry;
  readonly #routes = new WeakMap<Route, KnownRoute>();
  readonly #names = new Map<string, 'route' | 'namespace'>();

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't a number in its range. */
  constructor(options: CacheOptions<Handle>) {
    checkNumbers(options);
    const clock = options.clock ?? systemClock;
    const fenceMs = options.fenceMs ?? 60_000;
    const maxEntryLength = options.maxEntryLength ?? 1_048_576;
    const lifeMs = options.tagLifeMs ?? 7 * 86_400_000;
    this.#telemetry = new Telemetry(options.telemetry ?? {}, clock, options.onRead);
    const memory = options.memoryMaxBytes === undefined ? {} : { maxBytes: options.memoryMaxBytes };
    this.#parts = {
      memory: options.hotKeys?.memory<Kept>(memory) ?? new MemoryTier<Kept>(memory),
      shared: options.shared,
      tags:
        options.shared &&
        new TagVersions(options.shared, () => options.source.current(), clock, { tagTtlMs: options.tagTtlMs ?? 1000, lifeMs }),
      source: options.source,
      codec: options.codec,
      bus: options.bus,
      hotKeys: options.hotKeys,
      fallback: new Semaphore(options.fallbackConcurrency ?? 8, FALLBACK_QUEUE),
      clock,
      random: options.random ?? Math.random,
    };
    this.#readPath = new ReadPath(this.#parts, {
      leaseMs: options.leaseMs ?? 1500,
      waitMs: options.waitMs ?? 2000,
      maxEntryLength,
      background: options.background ?? false,
    });
    options.bus?.listen((purged) => this.#readPath.hear(purged));
    this.#writePath = new WritePath(this.#readPath, this.#parts, { fenceMs, maxEntryLength });
  }

  /**
   * Values of one kind, under keys of their own and one policy. Declare each once, where the module loads.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the policy can't be used, or the name is taken.
   */
  namespace(name: string, policy: NamespacePolicy): Namespace<Handle> {
    const namespace = new Namespace<Handle>(name, policy, {
      readPath: this.#readPath,
      writePath: this.#writePath,
      read: this.#parts,
      telemetry: this.#telemetry,
    });
    if (this.#names.has(name)) {
      throw new CacheError(
        'E_INVALID_ARGUMENT',
        `the name '${name}' is taken by a ${this.#names.get(name)}; declare each name once`,
      );
    }
    this.#names.set(name, 'namespace');
    return namespace;
  }

  /**
   * The route's value for these parameters: from memory, from the shared tier, or from the loader, which then runs once for all processes.
   *
   * @param loader reads the value with the handle it is given, and with nothing else; undefined means that there is none (a negative entry).
   * @throws what the loader throws, {@link RangeError} for a route without freshness or a missing parameter, and {@link CacheError}
   * `E_UNSTORABLE_VALUE` and `E_FALLBACK_FULL`. Never because the shared tier is down.
   */
  async getOrSet<T>(
    route: Route,
    parameters: RouteParameters,
    loader: Loader<T, Handle>,
    options: { readonly ticket?: Ticket | undefined } = {},
  ): Promise<Read<T>> {
    const { policy, meter } = this.#known(route);
    const began = performance.now();
    const entry = this.entry(route, parameters);
    const kept = options.ticket === undefined ? this.#readPath.recall(entry.memoryKey, entry.space, policy) : undefined;
    const read: Read<T> = kept
      ? give(policy, land(kept, this.#parts.shared?.now() ?? this.#parts.clock.now(), 'memory', 'hit'))
      : await this.#readPath.read<T>({
          ...entry,
          policy,
          tags: [...routeTags(route, parameters), forPartOf(entry.key, ALL_TAGS)],
          ticket: options.ticket,
          loader,
        });
    meter.read(read.outcome, began);
    return read;
  }

  /**
   * Purges every entry that carries one of the tags, in every process: at once in the shared tier, within the memory TTL elsewhere.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where a tag couldn't be purged; the others were. Purging again is safe.
   */
  async purgeTags(tags: readonly string[], options: PurgeOptions = {}): Promise<void> {
    await this.#writePath.purgeTags(tags, options);
  }

  /** Purges every entry of the cache, in constant time. As {@link purgeTags}. */
  async clear(options: PurgeOptions = {}): Promise<void> {
    await this.#writePath.purgeTags(ALL_TAGS, options);
  }

  /** Purges one entry of a route, and refuses every fill of it whose load began before. As {@link purgeTags}. */
  async purgeKey(route: Route, parameters: RouteParameters, options: PurgeOptions = {}): Promise<void> {
    await this.#writePath.purge(this.entry(route, parameters), options);
  }

  /**
   * Strict mode: runs `commit` so that no read that begins after it hits what was there before it, on these entries, where their namespace
   * has no memory tier. Costs two round trips to each entry's master, and readers in between load for themselves.
   *
   * @throws what `commit` throws; and {@link CacheError} `E_SHARED_UNAVAILABLE` before the commit, which then isn't tried, or after it, where
   * an entry isn't filled until its intent has ended.
   */
  async strictly<T>(entries: readonly EntryRef[], options: StrictOptions, commit: () => Promise<T>): Promise<T> {
    return this.#writePath.strictly(entries, options, commit);
  }

  /** Names an entry of a route, for a ticket or a strict write. @throws {RangeError} where a parameter is missing. */
  entry(route: Route, parameters: RouteParameters): EntryRef {
    const name = entryKey(route, parameters);
    return { key: entryName('', name), memoryKey: name, space: this.#known(route).space };
  }

  /** The shared tier's state. */
  async state(): Promise<SharedState> {
    return this.#parts.shared?.state() ?? { status: 'down', nodes: [] };
  }

  /** Writes what was counted since the last time, before a process ends, say. */
  flushTelemetry(): void {
    this.#telemetry.flush();
  }

  /** Waits for loads in the background, then leaves the shared tier. */
  async close(): Promise<void> {
    await this.#readPath.idle();
    this.#telemetry.flush();
    await this.#parts.bus?.close();
    await this.#parts.hotKeys?.close();
    await this.#parts.shared?.close();
  }

  #known(route: Route): KnownRoute {
    const known = this.#routes.get(route);
    if (known) return known;
    if (!route.freshness) throw new RangeError(`route '${route.name}' has no 'freshness': it is never cached`);
    if (this.#names.get(route.name) === 'namespace') {
      throw new CacheError('E_INVALID_ARGUMENT', `the name '${route.name}' is taken by a namespace; declare each name once`);
    }
    this.#names.set(route.name, 'route');
    const added = {
      policy: checkPolicy(route.name, { freshness: route.freshness, strictTags: route.strictTags }),
      space: this.#parts.memory.space(),
      meter: this.#telemetry.meter(route.name),
    };
    this.#routes.set(route, added);
    return added;
  }
}

/** @throws {CacheError} `E_INVALID_ARGUMENT` that names the option. */
function checkNumbers(options: Partial<Record<(typeof NUMBERS)[number], unknown>>): void {
  for (const name of NUMBERS) {
    const value = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0 && value < Number.MAX_SAFE_INTEGER)) {
      throw new CacheError('E_INVALID_ARGUMENT', `'${name}' must be a number of at least 0, got: ${got(value)}`);
    }
  }
}

const NUMBERS = [
  'memoryMaxBytes',
  'tagTtlMs',
  'fenceMs',
  'tagLifeMs',
  'leaseMs',
  'waitMs',
  'fallbackConcurrency',
  'maxEntryLength',
] as const;
