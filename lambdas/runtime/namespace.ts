import { checkTags, checkVersion } from './arguments';
import { monotonicNow } from './clock';
import type { Read } from './entry/cached-value';
import { entryName } from './entry/entry-name';
import { got } from './error-text';
import { forEachOf, invalid } from './errors';
import type { Loader } from './loader';
import { checkPolicy, type NamespacePolicy, type Policy } from './policy';
import type { ReadPath } from './read-path';
import type { ReadPathParts } from './read-path-parts';
import type { EntryRef, ReadRequest } from './read-request';
import { forPartOf, hashSlot } from './shared/hash-slot';
import { namespaceTags, union } from './tags';
import type { Outcome } from './telemetry/outcome';
import type { ReadMeter, Telemetry } from './telemetry/telemetry';
import type { Ticket } from './ticket';
import { rowText } from './versions/row-version';
import type { Version } from './versions/version';
import type { QueueOptions, WriteBehind } from './write-behind/write-behind';
import type { PurgeOptions, WritePath } from './write-path';

/** Options of a read. */
export interface ReadOptions {
  /**
   * Tags of this entry, besides those of the namespace.
   * @default - none
   */
  readonly tags?: readonly string[];
  /**
   * Writes of this session: a value that is older isn't good for it.
   * @default - nothing
   */
  readonly ticket?: Ticket | undefined;
}

/** Options of {@link Namespace.set}, about the value in a writer's hand. */
export interface SetOptions extends QueueOptions {
  /**
   * Version of the row that the value was made from: a whole number that grows with each change of it. Every writer of the row
   * must give it, here or to {@link Namespace.delete}.
   * @default - needed, except with a source that orders writes by time
   */
  readonly rowVersion?: number | bigint;
  /**
   * The primary's version, read after the commit of the value.
   * @default - read on the primary now
   */
  readonly version?: Version;
  /**
   * Time of the value's commit, in epoch milliseconds of this process. Give it where the process may be frozen between the commit
   * and this call: a value that was held for longer than half a fence's life is purged, not stored.
   * @default - just now
   */
  readonly committedAt?: number;
  /**
   * Tags of the entry, besides those of the namespace.
   * @default - those of the namespace
   */
  readonly tags?: readonly string[];
  /**
   * Queues the write, which then isn't in the database yet: `writeBehind()`. It needs `rowVersion`, and no `version`.
   * @default - the value is in the database
   */
  readonly behind?: Pick<WriteBehind, 'put'>;
}

/** Keys and tags that {@link Namespace.purge} purges, and how. */
export interface NamespacePurge extends PurgeOptions {
  /**
   * Keys of the namespace.
   * @default - none
   */
  readonly keys?: readonly string[];
  /**
   * Tags, of which entries of other namespaces are purged too.
   * @default - none
   */
  readonly tags?: readonly string[];
}

/** Dependencies of a namespace. */
export interface NamespaceParts<Handle> {
  /** Begin of the names of its entries, before their keys. */
  readonly prefix: string;
  /** Tags that each of its entries carries, by the part of its slot. */
  readonly tags: readonly (readonly string[])[];
  readonly readPath: ReadPath<Handle>;
  readonly writePath: WritePath<Handle>;
  readonly read: ReadPathParts<Handle>;
  readonly telemetry: Telemetry | undefined;
  readonly onRead: ((outcome: Outcome, name: string) => void) | undefined;
}

/** Values of one kind, under keys of their own and one policy. */
export class Namespace<Handle> {
  readonly #policy: Policy;
  readonly #keyspace: EntryRef['keyspace'];
  // Fields of their own, because a hit in memory is so little that each look into another object shows.
  readonly #readPath: ReadPath<Handle>;
  readonly #writePath: WritePath<Handle>;
  readonly #onRead: NamespaceParts<Handle>['onRead'];
  readonly #meter: ReadMeter | undefined;
  readonly #parts: NamespaceParts<Handle>;
  /** Policy and dependencies, for functions of the library only. */
  readonly internals: readonly [policy: NamespacePolicy, parts: NamespaceParts<Handle>];

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where the policy can't be used. */
  constructor(
    /** Name of the namespace, with which the names of its entries begin. */
    readonly name: string,
    policy: NamespacePolicy,
    parts: NamespaceParts<Handle>,
  ) {
    this.internals = [policy, parts];
    this.#parts = parts;
    this.#policy = checkPolicy(name, policy);
    this.#readPath = parts.readPath;
    this.#keyspace = parts.read.memory.keyspace(namespaceTags(name)[0] + parts.prefix);
    this.#writePath = parts.writePath;
    this.#onRead = parts.onRead;
    this.#meter = parts.telemetry?.meter(name);
  }

  /**
   * Value of a key: from memory, from the shared tier, or from the loader, which then runs once for all processes.
   *
   * @param loader reads the value with the handle it is given; undefined means that there is none (a negative entry).
   * @throws whatever the loader throws, and {@link CacheError} `E_INVALID_ARGUMENT` for a key or tag that can't be used,
   * `E_UNSTORABLE_VALUE` for a value that isn't JSON, and `E_FALLBACK_FULL`. Never because the shared tier is down.
   */
  getOrSet<T>(key: string, loader: Loader<T, Handle>, options?: ReadOptions): Promise<Readonly<T> | undefined> {
    // A hit in memory costs one promise and no outcome, unless somebody wants one.
    const looked = !options?.ticket && !this.#onRead;
    if (looked) {
      const cached = this.#readPath.fromMemory(key, this.#keyspace, this.#policy);
      if (cached) {
        if (this.#meter) this.#meter.counts.MemoryHits++;
        return cached.promise() as Promise<Readonly<T> | undefined>;
      }
    }
    return this.#read(key, loader, options, looked).then(theValue);
  }

  /** {@link getOrSet} with the outcome of the read. */
  read<T>(key: string, loader: Loader<T, Handle>, options?: ReadOptions): Promise<Read<T>> {
    return this.#read(key, loader, options);
  }

  /** @param missed true for a caller who has looked in memory already. */
  async #read<T>(key: string, loader: Loader<T, Handle>, options: ReadOptions = {}, missed = false): Promise<Read<T>> {
    const began = monotonicNow();
    const path = this.#readPath;
    const cached = missed || options.ticket ? undefined : path.fromMemory(key, this.#keyspace, this.#policy);
    const read = cached ? path.hit<T>(cached) : await path.read(this.#request(key, loader, options));
    this.#tell(read.outcome, began);
    return read;
  }

  /**
   * Cached value of a key, fresh or within its stale window; undefined where nothing is cached, or an absence. Never loads, and
   * never throws for a tier that is down.
   */
  async get<T>(key: string, options: Pick<ReadOptions, 'ticket'> = {}): Promise<Readonly<T> | undefined> {
    const began = monotonicNow();
    const read = await this.#readPath.find<T>(this.#request(key, undefined, options));
    if (read) this.#tell(read.outcome, began);
    return read?.value;
  }

  /** Cached values of many keys, which are read in one turn: one packet to each node. Keys without a value are left out. */
  async getMany<T>(keys: readonly string[], options: Pick<ReadOptions, 'ticket'> = {}): Promise<Map<string, Readonly<T>>> {
    const values = await Promise.all(keys.map((key) => this.get<T>(key, options)));
    const found = new Map<string, Readonly<T>>();
    for (const [i, key] of keys.entries()) if (values[i] !== undefined) found.set(key, values[i] as Readonly<T>);
    return found;
  }

  /**
   * Purges the key and stores the value in hand, if no newer version of its row is known. There is no blind set: the value of a
   * writer that was held up would bring back what a later one has replaced.
   *
   * @returns whether it was stored; if not, the next read loads.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where the key couldn't be purged, and `E_CONFLICT` by `ifRowVersion`.
   */
  async set(key: string, value: unknown, options: SetOptions = {}): Promise<boolean> {
    const { behind, rowVersion, committedAt } = options;
    const request = this.#request(key, undefined, options);
    const row = rowText(rowVersion, key);
    if (behind) return behind.put({ ...request, value, row }, this.#parts, options);
    if (options.ifRowVersion !== undefined) throw invalid("'ifRowVersion' needs 'behind'", key);
    const version = checkVersion(options.version);
    if (!row && !this.#parts.read.source.ordersWrites && this.#policy.sharedMs > 0) {
      throw invalid(`'rowVersion' must be given to set ${got(key)}, or an older value could replace a newer one`, key);
    }
    return this.#writePath.put(request, { value, row, version, committedAt });
  }

  /**
   * {@link set} for many keys.
   *
   * @returns the keys whose values were stored.
   * @throws the first failure, once all are done; `failed` of a {@link CacheError} has the keys that failed.
   */
  async setMany(entries: Iterable<readonly [key: string, value: unknown, options?: SetOptions]>): Promise<Set<string>> {
    const all = [...entries];
    const keys = all.map(([key]) => key);
    const stored = await forEachOf(keys, (key, i) => this.set(key, all[i]?.[1], all[i]?.[2]));
    return new Set(keys.filter((_, i) => stored[i]));
  }

  /**
   * Write-around: purges the key, so that the next read loads.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where it couldn't be purged. Purging again is safe.
   */
  async delete(key: string, options: PurgeOptions & Pick<SetOptions, 'rowVersion'> = {}): Promise<void> {
    checkVersion(options.version);
    const purge = { ...options, row: rowText(options.rowVersion, key) };
    await this.#writePath.purge(this.entry(key), purge, this.#policy.sharedMs === 0);
  }

  /**
   * Write-through: purges the key and reads it again, from a server that has the write. Call it after the commit.
   *
   * @returns the value.
   */
  async writeThrough<T>(
    key: string,
    loader: Loader<T, Handle>,
    options: ReadOptions & Pick<PurgeOptions, 'version'> = {},
  ): Promise<Read<T>> {
    return this.#writePath.writeThrough(this.#request(key, loader, options), checkVersion(options.version));
  }

  /**
   * Purges keys and tags, in every process: at once in the shared tier, within the memory TTL elsewhere.
   *
   * @throws as {@link delete}, once all are done; `failed` of the error has the keys and tags that failed.
   */
  async purge({ keys = [], tags = [], mode = 'delete', version }: NamespacePurge): Promise<void> {
    checkTags(tags);
    const options = { mode, version: await this.#writePath.versionOf({ version: checkVersion(version) }) };
    const purges = [
      forEachOf(keys, (key) => this.delete(key, options)),
      tags.length > 0 && this.#writePath.purgeTags(tags, options),
    ];
    await forEachOf(['keys', 'tags'], async (_, i) => purges[i]);
  }

  /** Purges every entry of the namespace, in constant time. */
  async clear(options: PurgeOptions = {}): Promise<void> {
    await this.#writePath.purgeTags(namespaceTags(this.name), options);
  }

  /**
   * Reference to an entry, for a ticket or a strict write.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the key isn't a text, or is empty.
   */
  entry(key: string): EntryRef {
    return { entryName: entryName(this.#parts.prefix, key), key, keyspace: this.#keyspace };
  }

  /** Tells of a read. What they do who are told is no reason for it to fail. */
  #tell(outcome: Outcome, began: number): void {
    try {
      this.#onRead?.(outcome, this.name);
      this.#meter?.read(outcome, began);
    } catch (error) {
      process.emitWarning(`a handler of reads: ${error}`);
    }
  }

  /** @param loader undefined for operations that never load. */
  #request<T>(key: string, loader: Loader<T, Handle> | undefined, options: ReadOptions): ReadRequest<T, Handle> {
    const { tags: given, ticket } = options;
    checkTags(given);
    const name = entryName(this.#parts.prefix, key);
    const slot = hashSlot(name);
    const own = forPartOf(slot, this.#parts.tags);
    const tags = given ? union(given, own) : own;
    // Field by field, here and along the way of a hit: a spread costs as much as a look into a map.
    return {
      entryName: name,
      slot,
      key,
      keyspace: this.#keyspace,
      policy: this.#policy,
      tags,
      ticket,
      loader: loader as Loader<T, Handle>,
    };
  }
}

function theValue<T>(read: Read<T>): Readonly<T> | undefined {
  return read.value;
}
