import { entryKey, type Route, type RouteParameters, routeTags } from '../../lib/route';
import { checkNumber, checkTag } from './arguments';
import { type Clock, systemClock } from './clock';
import type { Codec } from './codecs/codec';
import type { Kept, Read } from './entry/cached-value';
import { got } from './error-text';
import { invalid } from './errors';
import type { HotKeys } from './hot-keys/hot-keys';
import { Semaphore } from './load/semaphore';
import type { Loader } from './loader';
import type { MemoryBus } from './memory/backplane';
import { MemoryTier } from './memory/memory-tier';
import { Namespace, type NamespaceParts } from './namespace';
import type { NamespacePolicy } from './policy';
import { ReadPath } from './read-path';
import type { ReadPathParts } from './read-path-parts';
import type { EntryRef } from './read-request';
import type { SharedStore } from './shared/shared-store';
import { ALL_TAGS, namespaceTags, TagVersions } from './tags';
import type { Outcome } from './telemetry/outcome';
import { Telemetry, type TelemetryOptions } from './telemetry/telemetry';
import type { Ticket } from './ticket';
import type { VersionSource } from './versions/source';
import { type PurgeOptions, WritePath } from './write-path';

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
   * Where the counts of reads go: `readMetrics()`.
   * @default - they are counted, and nobody is told
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

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** What a function of the library that isn't part of the cache, such as `strictly`, works with. */
export interface CacheInternals<Handle> extends Omit<NamespaceParts<Handle>, 'prefix' | 'tags'> {
  readonly fenceMs: number;
}

/** The cache of one process: memory over shared over the database, one declaration a route or a namespace. */
export class Cache<Handle> {
  /** For functions of the library only. */
  readonly internals: CacheInternals<Handle>;
  readonly #routes = new WeakMap<Route, Namespace<Handle>>();
  readonly #names = new Map<string, 'route' | 'namespace'>();

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't a number in its range. */
  constructor(options: CacheOptions<Handle>) {
    for (const name of NUMBERS) if (options[name] !== undefined) checkNumber(name, options[name], 0);
    const { shared, source, codec, bus, hotKeys, telemetry: reports, onRead, memoryMaxBytes } = options;
    const { clock = systemClock, random = Math.random, background = false, fallbackConcurrency = 8 } = options;
    const { tagTtlMs = 1000, fenceMs = 60_000, tagLifeMs = 7 * 86_400_000, leaseMs = 1500, waitMs = 2000 } = options;
    const { maxEntryLength = 1_048_576 } = options;
    const memory = memoryMaxBytes === undefined ? {} : { maxBytes: memoryMaxBytes };
    const read: ReadPathParts<Handle> = {
      memory: hotKeys?.memory<Kept>(memory) ?? new MemoryTier<Kept>(memory),
      shared,
      tags: shared && new TagVersions(shared, () => source.current(), clock, { tagTtlMs, lifeMs: tagLifeMs }),
      source,
      codec,
      bus,
      hotKeys,
      fallback: new Semaphore(fallbackConcurrency),
      clock,
      random,
    };
    const readPath = new ReadPath(read, { leaseMs, waitMs, maxEntryLength, background });
    bus?.listen((purged) => readPath.hear(purged));
    const writePath = new WritePath(readPath, read, { fenceMs, maxEntryLength });
    this.internals = { read, readPath, writePath, fenceMs, telemetry: new Telemetry(reports, onRead) };
  }

  /**
   * Values of one kind, under keys of their own and one policy. Declare each once, where the module loads.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the policy can't be used, or the name is taken.
   */
  namespace(name: string, policy: NamespacePolicy): Namespace<Handle> {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw invalid(`a namespace's name must be at most 64 lower case letters, digits and dashes, got: ${got(name)}`);
    }
    const version = policy?.version ?? 1;
    if (!Number.isSafeInteger(version) || version < 1) {
      throw invalid(`namespace '${name}': 'version' must be a whole number of at least 1, got: ${got(version)}`);
    }
    const declared = policy?.tags ?? [];
    for (const tag of declared) checkTag(tag);
    const tags = namespaceTags(name).map((tag, part) => [...declared, tag, ALL_TAGS[part] as string]);
    return this.#declare(name, 'namespace', policy, `${name}/${version}/`, tags);
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
    return this.#route(route).read(entryKey(route, parameters), loader, {
      ticket: options.ticket,
      // Worked out where memory doesn't have the value.
      get tags() {
        return routeTags(route, parameters);
      },
    });
  }

  /**
   * Purges every entry that carries one of the tags, in every process: at once in the shared tier, within the memory TTL elsewhere.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where a tag couldn't be purged; the others were. Purging again is safe.
   */
  async purgeTags(tags: readonly string[], options: PurgeOptions = {}): Promise<void> {
    await this.internals.writePath.purgeTags(tags, options);
  }

  /** Purges every entry of the cache, in constant time. As {@link purgeTags}. */
  async clear(options: PurgeOptions = {}): Promise<void> {
    await this.internals.writePath.purgeTags(ALL_TAGS, options);
  }

  /** Purges one entry of a route, and refuses every fill of it whose load began before. As {@link purgeTags}. */
  async purgeKey(route: Route, parameters: RouteParameters, options: PurgeOptions = {}): Promise<void> {
    await this.internals.writePath.purge(this.entry(route, parameters), options);
  }

  /** Names an entry of a route, for a ticket or a strict write. @throws {RangeError} where a parameter is missing. */
  entry(route: Route, parameters: RouteParameters): EntryRef {
    return this.#route(route).entry(entryKey(route, parameters));
  }

  /** Writes what was counted since the last time, before a process ends, say. */
  flushTelemetry(): void {
    this.internals.telemetry.flush();
  }

  /** Waits for loads in the background, then leaves the shared tier. */
  async close(): Promise<void> {
    const { readPath, read, telemetry } = this.internals;
    await readPath.idle();
    telemetry.flush();
    await read.bus?.close();
    await read.hotKeys?.close();
    await read.shared?.close();
  }

  /** A route is a namespace whose policy, keys and tags come from its declaration. */
  #route(route: Route): Namespace<Handle> {
    const known = this.#routes.get(route);
    if (known) return known;
    const { name, freshness, strictTags } = route;
    if (!freshness) throw new RangeError(`route '${name}' has no 'freshness': it is never cached`);
    const tags = ALL_TAGS.map((tag) => [tag]);
    const added = this.#declare(name, 'route', { freshness, strictTags }, '', tags);
    this.#routes.set(route, added);
    return added;
  }

  #declare(
    name: string,
    kind: 'route' | 'namespace',
    policy: NamespacePolicy,
    prefix: string,
    tags: readonly (readonly string[])[],
  ): Namespace<Handle> {
    const taken = this.#names.get(name);
    // A route may be declared again, by another module, say: it names the same entries.
    if (taken && (taken !== kind || kind === 'namespace')) {
      throw invalid(`the name '${name}' is taken by a ${taken}; declare each name once`);
    }
    const declared = new Namespace<Handle>(name, policy, { ...this.internals, prefix, tags });
    this.#names.set(name, kind);
    return declared;
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
