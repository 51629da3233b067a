import { newCachedValue, newHeader, type Read } from './entry/cached-value';
import { encodeEntry } from './entry/envelope';
import { CacheError, ignored } from './errors';
import { valueText } from './json-value';
import type { ReadPath } from './read-path';
import type { ReadPathOptions, ReadPathParts } from './read-path-parts';
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
  readonly #options: Pick<ReadPathOptions, 'maxEntryLength'> & { readonly fenceMs: number };

  constructor(
    readPath: ReadPath<Handle>,
    parts: ReadPathParts<Handle>,
    options: Pick<ReadPathOptions, 'maxEntryLength'> & { readonly fenceMs: number },
  ) {
    this.#readPath = readPath;
    this.#parts = parts;
    this.#options = options;
  }

  /** Version that a write is known by. */
  version({ version }: { readonly version?: Version | undefined }): Version | Promise<Version> {
    return version ?? this.#parts.source.current();
  }

  /** Write-around: the next read loads. Refuses every fill whose load began before. */
  async purge(entry: EntryRef, options: PurgeOptions & { readonly row?: string | undefined } = {}): Promise<void> {
    const { shared, tags } = this.#parts;
    this.#readPath.drop(entry);
    if (!shared) return this.#readPath.publish(entry);
    const version = await this.version(options);
    const { mode = 'delete', row } = options;
    await shared.purgeKey(entry.entryName, version, this.#options.fenceMs, { mode, row }).catch(withKey(entry.key));
    await this.#readPath.publish(entry);
    await tags?.observe(version).catch(ignored);
  }

  /** Purges every entry that carries one of the tags. @throws the first error; the other tags were purged. */
  async purgeTags(names: readonly string[], options: PurgeOptions = {}): Promise<void> {
    const { tags } = this.#parts;
    this.#readPath.drop();
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
    await this.purge(request, { version: written });
    return this.#readPath.read({ ...request, ticket: { latest: written, versionFor: () => written, encode: () => written } });
  }

  /**
   * Purges, and stores the value in hand if no newer version of its row is known.
   *
   * @returns whether it was stored.
   */
  async put(
    request: Omit<ReadRequest<unknown, Handle>, 'loader'>,
    { value, committedAt, ...given }: PutRequest,
  ): Promise<boolean> {
    const version = await this.version(given);
    const { row = version } = given;
    const { shared, tags, clock, memory, random, codec, serializer } = this.#parts;
    const { fenceMs, maxEntryLength } = this.#options;
    const { entryName, key, keyspace, policy } = request;
    const json = valueText(request, value, serializer);
    this.#readPath.drop(request);
    const now = shared?.now() ?? clock.now();
    const header = newHeader(policy, value, version, now, 0, random);
    const ttlMs = header.expiresAt - now;
    if (policy.sharedMs === 0) {
      const cached = newCachedValue(
        header,
        { value: json && serializer.parse(json), json },
        declaredTags(request.tags),
        false,
        policy,
        this.#parts,
      );
      await this.#readPath.publish(request);
      const stored = clock.now();
      memory.set(key, cached, json?.length ?? 0, stored + ttlMs, stored, keyspace);
      return true;
    }
    if (!shared || !tags) return false;
    // Captured before the comparison of versions: a purge after this leaves a mark that the entry doesn't have.
    const { marks, purgedAt } = await tags.capture(request.tags);
    const entry = encodeEntry({ ...header, token: newToken(), row, tags: marks }, json, codec);
    const late = committedAt !== undefined && clock.now() - committedAt > fenceMs / 2;
    const purgedSince = (purgedAt ?? '') > version;
    if (late || purgedSince || entry.length > maxEntryLength || header.freshUntil <= now) {
      await this.purge(request, { version, row: late ? undefined : row });
      return false;
    }
    const stored = await shared.put(entryName, { version, row, ttlMs, entry }, fenceMs).catch(withKey(key));
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
