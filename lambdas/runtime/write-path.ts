import { newCachedValue, newHeader, type Read } from './entry/cached-value';
import { encodeEntry } from './entry/envelope';
import { CacheError, ignored } from './errors';
import { valueText } from './json-value';
import { RowVersions } from './memory/row-versions';
import type { ReadPath } from './read-path';
import type { ReadPathParts } from './read-path-parts';
import type { EntryRef, ReadRequest } from './read-request';
import type { PurgeMode } from './shared/shared-store';
import { declaredTags } from './tags';
import { newToken } from './token';
import type { Version } from './versions/version';

/** Options of a purge. */
export interface PurgeOptions {
  /**
   * The primary's version, read after the commit of the change.
   * @default - read on the primary now
   */
  readonly version?: Version;
  /**
   * `delete` makes entries misses, `expire` makes them stale.
   * @default 'delete'
   */
  readonly mode?: PurgeMode;
}

/** Value in a writer's hand. Row and version are those of {@link SetOptions}; without a row the version orders writes. */
export interface PutRequest {
  readonly value: unknown;
  readonly row: string | undefined;
  readonly version: Version | undefined;
  readonly committedAt?: number | undefined;
}

/**
 * Write path: operations of a writer, after its commit or around it. None sets a value blindly: a value is either read again
 * under a lease, or compared with what is known of its row.
 */
export class WritePath<Handle> {
  readonly #readPath: ReadPath<Handle>;
  readonly #parts: ReadPathParts<Handle>;
  /** Rows of entries whose only tier is memory; under '' the version of the last purge of tags. */
  readonly #rows: RowVersions;

  constructor(readPath: ReadPath<Handle>, parts: ReadPathParts<Handle>) {
    this.#readPath = readPath;
    this.#parts = parts;
    this.#rows = new RowVersions(parts.fenceMs);
  }

  /** Version that a write is known by. */
  version({ version }: { readonly version?: Version | undefined }): Version | Promise<Version> {
    return version ?? this.#parts.source.current();
  }

  /**
   * Write-around: the next read loads. Refuses every fill whose load began before.
   *
   * @param memoryOnly true where the entry has no other tier.
   */
  async purge(
    entry: EntryRef,
    options: PurgeOptions & { readonly row?: string | undefined },
    memoryOnly: boolean,
  ): Promise<void> {
    const { shared, tags, clock, fenceMs } = this.#parts;
    this.#readPath.drop(entry);
    if (!shared || memoryOnly) {
      this.#rows.raise(entry.entryName, options.row ?? '~', clock.now());
      return this.#readPath.publish(entry);
    }
    const version = await this.version(options);
    await shared.purgeKey(entry.entryName, version, fenceMs, options).catch(withKey(entry.key));
    await this.#readPath.publish(entry);
    await tags?.observe(version).catch(ignored);
  }

  /** Purges every entry that carries one of the tags. @throws the first error; the other tags were purged. */
  async purgeTags(names: readonly string[], options: PurgeOptions = {}): Promise<void> {
    const { tags, clock } = this.#parts;
    this.#readPath.drop(undefined, names);
    this.#rows.raise('', options.version ?? '~', clock.now());
    if (!tags) return this.#readPath.publish(undefined, names);
    const version = await this.version(options);
    const results = await Promise.allSettled(names.map((name) => tags.purge(name, version, options.mode ?? 'delete')));
    await this.#readPath.publish(undefined, names);
    await tags.observe(version).catch(ignored);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /**
   * Write-through: purges, and reads again what was written. A load that began after the purge contains the write, whoever runs
   * it; of two writers that cross, each reads what both have committed.
   */
  async writeThrough<T>(request: ReadRequest<T, Handle>, version: Version | undefined): Promise<Read<T>> {
    const written = await this.version({ version });
    await this.purge(request, { version: written }, request.policy.sharedMs === 0);
    return this.#readPath.read({ ...request, ticket: { latest: written, versionFor: () => written, encode: () => written } });
  }

  /**
   * Purges, and stores the value in hand if no newer version of its row is known.
   *
   * @returns whether it was stored.
   */
  async put(request: Omit<ReadRequest<unknown, Handle>, 'loader'>, { value, ...given }: PutRequest): Promise<boolean> {
    const { shared, tags, clock, memory, random, codec, serializer, fenceMs, maxEntryLength } = this.#parts;
    // Later than this what was purged since the commit may be forgotten.
    const until = (given.committedAt ?? clock.now()) + fenceMs / 2;
    const fence = this.#readPath.fence(request.entryName);
    const version = await this.version(given);
    const { row = version } = given;
    const { entryName, key, keyspace, policy } = request;
    const json = valueText(request, value, serializer);
    const now = this.#parts.now();
    // A version that is read now may be newer than the value.
    const header = newHeader(policy, value, given.version ?? '-', now, 0, random);
    const ttlMs = header.expiresAt - now;
    if (policy.sharedMs === 0) {
      const at = clock.now();
      const known = this.#rows.get(entryName, at);
      // A row that is newer needs no purge: its writer has purged after this one's commit.
      if (known > row && known !== '~') return false;
      this.#rows.raise(entryName, at > until ? '~' : row, at);
      const purged = fence !== this.#readPath.fence(entryName) || (given.version ?? '~') < this.#rows.get('', at);
      const cached = newCachedValue(
        header,
        { value: json && serializer.parse(json), json },
        declaredTags(request.tags),
        0,
        policy,
        this.#parts,
      );
      const published = this.#readPath.publish(request);
      const stored = at <= until && known <= row && !purged;
      if (stored) memory.set(key, cached, json?.length ?? 0, at + ttlMs, at, keyspace);
      await published;
      return stored;
    }
    this.#readPath.drop(request);
    if (!shared || !tags) return false;
    // Captured before the comparison of versions: a purge after this leaves a mark that the entry doesn't have.
    const { marks, purgedAt } = await tags.capture(request.tags);
    const text = encodeEntry({ ...header, token: newToken(), row, tags: marks }, json, codec);
    const storable = (purgedAt ?? '') <= version && text.length <= maxEntryLength && header.freshUntil > now;
    // In the store's time, because this process may be frozen before the store has it.
    const put = { version, row, ttlMs, entry: storable ? text : '', until: shared.now() - clock.now() + until };
    const stored = await shared.put(entryName, put, fenceMs).catch(withKey(key));
    await this.#readPath.publish(request);
    return stored;
  }
}

/** Handler of a failed purge, whose error then carries the caller's key. */
function withKey(key: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof CacheError ? Object.assign(error, { key }) : error;
  };
}
