import { TAG_TTL_SECONDS } from '../../lib/contract/defaults';
import { entryKey, type Route, type RouteParameters, routeTags } from '../../lib/route';
import { checkTags, checkText, wholeNumbers } from './arguments';
import { type Clock, systemClock } from './clock';
import type { Codec } from './codecs/codec';
import type { CachedValue, Read } from './entry/cached-value';
import { invalid } from './errors';
import type { HotKeys } from './hot-keys/hot-keys';
import { newSemaphore } from './load/semaphore';
import { timeLimited } from './load/time-limit';
import type { Loader } from './loader';
import type { Backplane } from './memory/backplane';
import { MemoryTier } from './memory/memory-tier';
import { Namespace, type NamespaceParts } from './namespace';
import type { NamespacePolicy } from './policy';
import { newReadPath } from './read-path';
import type { ReadPathParts } from './read-path-parts';
import type { EntryRef } from './read-request';
import type { SharedStore } from './shared/shared-store';
import { ALL_TAGS, namespaceTags, newTagVersions } from './tags';
import type { Outcome } from './telemetry/outcome';
import type { Telemetry } from './telemetry/telemetry';
import type { Ticket } from './ticket';
import type { Tracing } from './tracing';
import type { VersionSource } from './versions/source';
import { newWritePath, type PurgeOptions, type WritePath } from './write-path';

/** Options of a Cache. */
export interface CacheOptions<Handle> {
  /**
   * The shared tier.
   * @default - none: memory and the database only
   */
  readonly shared?: SharedStore;

  /** System of record, and versions of what is read from it. */
  readonly source: VersionSource<Handle>;

  /**
   * Upper bound of the memory tier, in bytes.
   * @default 33554432 (32 MiB)
   */
  readonly memoryMaxBytes?: number;

  /**
   * Life of a tag's version in this process's memory, in milliseconds.
   * @default 1000
   */
  readonly tagTtlMs?: number;

  /**
   * Life of a fence after the purge that set it, in milliseconds; longer than any replica lags.
   * @default 60000
   */
  readonly fenceMs?: number;

  /**
   * Life of an unused tag in the shared tier, in milliseconds; longer than any entry lives.
   * @default 604800000 (7 days)
   */
  readonly tagLifeMs?: number;

  /**
   * Life of a lease, in milliseconds: after it another process may begin the load too. Once the duration of a key's loads is
   * known, three times that, from 500 ms to 10 s.
   * @default 1500
   */
  readonly leaseMs?: number;

  /**
   * Longest wait of a read for another process's load, in milliseconds, before it loads without filling. Longer than `leaseMs`,
   * so that those who wait for a process that died see its lease end, and one of them loads instead of all.
   * @default 2000
   */
  readonly waitMs?: number;

  /**
   * Largest number of loads of this process that run at once. Loads within another load aren't counted: the outer one waits for
   * them. A pool of database connections needs as many, and some for the application's own queries.
   * @default 8
   */
  readonly fallbackConcurrency?: number;

  /**
   * Longest duration of a load, and of a question for the primary's version, in milliseconds. After it readers get a stale value,
   * where the policy allows one, or `E_LOAD_TIMEOUT`; the loader's `signal` is aborted.
   * @default 10000
   */
  readonly loadTimeoutMs?: number;

  /**
   * Largest entry that is stored, in characters.
   * @default 1048576
   */
  readonly maxEntryLength?: number;

  /**
   * Format of stored values: `messagePack()`, `compression()`, or one of your own.
   * @default - JSON
   */
  readonly codec?: Codec;

  /**
   * Channel on which purges are published to other processes, so that they remove from memory what was purged: `shardedPubSub()`.
   * @default - none: memory's TTL bounds how long they keep it
   */
  readonly backplane?: Backplane;

  /**
   * Counter of the keys that are read most, which memory then keeps for longer: `hotKeys()`.
   * @default - none: every key has one TTL
   */
  readonly hotKeys?: HotKeys;

  /**
   * True where this process lives on after it has answered, as a container does and a Lambda environment doesn't: early refreshes
   * then run beside the answer instead of before it.
   * @default false
   */
  readonly background?: boolean;

  /**
   * Handler of each read's outcome, with the name of its route or namespace. An error in it is a warning of the process.
   * @default - none
   */
  readonly onRead?: (outcome: Outcome, name: string) => void;

  /**
   * Counters of reads: `readMetrics()`, or `readCounts()` for a receiver of one's own.
   * @default - reads aren't counted
   */
  readonly telemetry?: Telemetry;

  /**
   * Spans of reads and loads: `openTelemetry()`.
   * @default - none
   */
  readonly tracing?: Tracing;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;

  /**
   * Random numbers from 0 to 1, of which jitter is made; for tests.
   * @default Math.random
   */
  readonly random?: () => number;
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Parts of a cache for functions of the library that aren't methods of it, such as `strictly`. */
export type CacheInternals<Handle> = Omit<NamespaceParts<Handle>, 'prefix' | 'tags'>;

/** Cache of one process: memory over shared over the database, one declaration a route or a namespace. */
export class Cache<Handle> {
  /** For functions of the library only. */
  readonly internals: CacheInternals<Handle>;
  readonly #writePath: WritePath<Handle>;
  readonly #routes = new WeakMap<Route, Namespace<Handle>>();
  readonly #names = new Map<string, 'route' | 'namespace'>();

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't a whole number in its range. */
  constructor(options: CacheOptions<Handle>) {
    const numbers = wholeNumbers(DEFAULTS, options, ['tagTtlMs', 'waitMs']);
    const { memoryMaxBytes } = numbers;
    const { shared, codec, backplane, hotKeys, clock = systemClock, random = Math.random, background = false } = options;
    const { tracing = (_, run) => run() } = options;
    const source = timeLimited(options.source, numbers.loadTimeoutMs, tracing);
    const read: ReadPathParts<Handle> = {
      ...numbers,
      background,
      memory: hotKeys?.memory<CachedValue>(memoryMaxBytes) ?? new MemoryTier<CachedValue>(memoryMaxBytes),
      shared,
      tags: shared && newTagVersions(shared, source, clock, numbers),
      source,
      codec,
      serializer: codec?.serializer ?? JSON,
      backplane,
      hotKeys,
      loads: newSemaphore(numbers.fallbackConcurrency),
      clock,
      now: () => (shared ?? clock).now(),
      random,
      tracing,
    };
    const readPath = newReadPath(read);
    backplane?.listen((message) => readPath.onRemotePurge(message));
    const writePath = newWritePath(readPath, read);
    this.#writePath = writePath;
    this.internals = {
      read,
      readPath,
      writePath,
      telemetry: options.telemetry,
      onRead: options.onRead,
    };
  }

  /**
   * Values of one kind, under keys of their own and one policy. Declare each where the module loads; one that is declared again
   * has the same entries, and the policy that is given then.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the policy can't be used, or the name is taken.
   */
  namespace(name: string, policy: NamespacePolicy): Namespace<Handle> {
    checkText('name', name, NAME, 'at most 64 lower case letters, digits and dashes');
    const { version } = wholeNumbers({ version: 1 }, policy);
    const declared = policy?.tags ?? [];
    checkTags(declared);
    const tags = namespaceTags(name).map((tag, part) => [...declared, tag, ALL_TAGS[part] as string]);
    return this.#declare(name, 'namespace', policy, `${name}/${version}/`, tags);
  }

  /**
   * Value of a route for these parameters: from memory, from the shared tier, or from the loader, which then runs once for all
   * processes.
   *
   * @param loader reads the value with the handle it is given, and with nothing else; undefined means that there is none (a
   * negative entry).
   * @throws whatever the loader throws, and {@link CacheError} `E_INVALID_ARGUMENT` for a route without freshness or a missing
   * parameter, `E_UNSTORABLE_VALUE` and `E_FALLBACK_FULL`. Never because the shared tier is down.
   */
  async getOrSet<T>(
    route: Route,
    parameters: RouteParameters,
    loader: Loader<T, Handle>,
    options: { readonly ticket?: Ticket | undefined } = {},
  ): Promise<Read<T>> {
    return this.#route(route).read(keyOf(route, parameters), loader, {
      ticket: options.ticket,
      // Worked out where memory doesn't have the value.
      get tags() {
        return routeTags(route, parameters);
      },
    });
  }

  /**
   * Purges every entry that carries one of the tags, in every process: at once in the shared tier, within the memory TTL
   * elsewhere.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where a tag couldn't be purged; the others were. Purging again is safe.
   */
  async purgeTags(tags: readonly string[], options: PurgeOptions = {}): Promise<void> {
    checkTags(tags);
    await this.#writePath.purgeTags(tags, options);
  }

  /** Purges every entry of the cache, in constant time. @throws as {@link purgeTags}. */
  async clear(options: PurgeOptions = {}): Promise<void> {
    await this.#writePath.purgeTags(ALL_TAGS, options);
  }

  /**
   * Purges one entry of a route, and refuses every fill of it whose load began before.
   *
   * @throws as {@link purgeTags} and {@link entry}.
   */
  async purgeKey(route: Route, parameters: RouteParameters, options: PurgeOptions = {}): Promise<void> {
    await this.#route(route).delete(keyOf(route, parameters), options);
  }

  /**
   * Reference to an entry of a route, for a ticket or a strict write.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where a parameter is missing.
   */
  entry(route: Route, parameters: RouteParameters): EntryRef {
    return this.#route(route).entry(keyOf(route, parameters));
  }

  /** Reports what was counted since the last report; for the end of a process. */
  flushTelemetry(): void {
    this.internals.telemetry?.flush();
  }

  /** Waits for loads in the background, then leaves the shared tier. */
  async close(): Promise<void> {
    const { readPath, read, telemetry } = this.internals;
    await readPath.idle();
    telemetry?.flush();
    for (const each of [read.backplane, read.hotKeys, read.shared]) await each?.close();
  }

  /** Namespace of a route: its policy, keys and tags come from the declaration. */
  #route(route: Route): Namespace<Handle> {
    const known = this.#routes.get(route);
    if (known) return known;
    const { name, freshness, strictTags } = route;
    if (!freshness) throw invalid(`route '${name}' has no 'freshness': it is never cached`);
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
    const taken = this.#names.get(name) ?? kind;
    // It may be declared again, by a module that is loaded again, say: it names the same entries.
    if (taken !== kind) throw invalid(`the name '${name}' is taken by a ${taken}`);
    const declared = new Namespace<Handle>(name, policy, {
      ...this.internals,
      prefix,
      tags: tags.map((list) => Object.freeze(list)),
    });
    this.#names.set(name, kind);
    return declared;
  }
}

/** Key of a route's entry. @throws {CacheError} `E_INVALID_ARGUMENT` where a parameter is missing. */
function keyOf(route: Route, parameters: RouteParameters): string {
  try {
    return entryKey(route, parameters);
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

/** Defaults of the options that are numbers. */
const DEFAULTS = {
  memoryMaxBytes: 32 * 1024 * 1024,
  tagTtlMs: TAG_TTL_SECONDS * 1000,
  fenceMs: 60_000,
  tagLifeMs: 7 * 86_400_000,
  leaseMs: 1500,
  waitMs: 2000,
  fallbackConcurrency: 8,
  loadTimeoutMs: 10_000,
  maxEntryLength: 1_048_576,
};
