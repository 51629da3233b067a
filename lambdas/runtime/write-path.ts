import { newCachedValue, newHeader, type Read } from './entry/cached-value';
import { encodeEntry } from './entry/envelope';
import { CacheError, forEachOf, ignored } from './errors';
import { valueText } from './json-value';
import { newRowVersions } from './memory/row-versions';
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
export function newWritePath<Handle>(readPath: ReadPath<Handle>, parts: ReadPathParts<Handle>) {
  const { memory, shared, tags, source, codec, serializer, clock, now: entryNow, random, fenceMs, maxEntryLength } = parts;
  /** Rows of entries whose only tier is memory; under '' the version of the last purge of tags. */
  const rows = newRowVersions(fenceMs);

  /** Version that a write is known by. */
  function versionOf({ version }: { readonly version?: Version | undefined }): Version | Promise<Version> {
    return version ?? source.current();
  }

  /**
   * Write-around: the next read loads. Refuses every fill whose load began before.
   *
   * @param memoryOnly true where the entry has no other tier.
   */
  async function purge(
    entry: EntryRef,
    options: PurgeOptions & { readonly row?: string | undefined },
    memoryOnly: boolean,
  ): Promise<void> {
    readPath.drop(entry);
    if (!shared || memoryOnly) {
      rows.raise(entry.entryName, options.row ?? '~', clock.now());
      return readPath.publish(entry);
    }
    const version = await versionOf(options);
    await shared.purgeKey(entry.entryName, version, fenceMs, options).catch(withKey(entry.key));
    await readPath.publish(entry);
    await tags?.observe(version).catch(ignored);
  }

  /** Purges every entry that carries one of the tags. @throws the first error, with the tags that failed; others were purged. */
  async function purgeTags(names: readonly string[], options: PurgeOptions = {}): Promise<void> {
    readPath.drop(undefined, names);
    rows.raise('', options.version ?? '~', clock.now());
    if (!tags) return readPath.publish(undefined, names);
    const version = await versionOf(options);
    const purged = forEachOf(names, (name) => tags.purge(name, version, options.mode ?? 'delete'));
    await purged.catch(ignored);
    await readPath.publish(undefined, names);
    await tags.observe(version).catch(ignored);
    await purged;
  }

  /**
   * Write-through: purges, and reads again what was written. A load that began after the purge contains the write, whoever runs
   * it; of two writers that cross, each reads what both have committed.
   */
  async function writeThrough<T>(request: ReadRequest<T, Handle>, version: Version | undefined): Promise<Read<T>> {
    const written = await versionOf({ version });
    await purge(request, { version: written }, request.policy.sharedMs === 0);
    return readPath.read({ ...request, ticket: { latest: written, versionFor: () => written, encode: () => written } });
  }

  /**
   * Purges, and stores the value in hand if no newer version of its row is known.
   *
   * @returns whether it was stored.
   */
  async function put(request: Omit<ReadRequest<unknown, Handle>, 'loader'>, { value, ...given }: PutRequest): Promise<boolean> {
    // Later than this what was purged since the commit may be forgotten.
    const until = (given.committedAt ?? clock.now()) + fenceMs / 2;
    const fence = readPath.fenceOf(request.entryName);
    const version = await versionOf(given);
    const { row = version } = given;
    const { entryName, key, keyspace, policy } = request;
    const json = valueText(request, value, serializer);
    const now = entryNow();
    // A version that is read now may be newer than the value.
    const header = newHeader(policy, value, given.version ?? '-', now, 0, random);
    const ttlMs = header.expiresAt - now;
    if (policy.sharedMs === 0) {
      const at = clock.now();
      const known = rows.get(entryName, at);
      // A row that is newer needs no purge: its writer has purged after this one's commit.
      if (known > row && known !== '~') return false;
      rows.raise(entryName, at > until ? '~' : row, at);
      const purged = fence !== readPath.fenceOf(entryName) || (given.version ?? '~') < rows.get('', at);
      const cached = newCachedValue(header, { json }, declaredTags(request.tags), 0, policy, parts);
      const published = readPath.publish(request);
      const stored = at <= until && known <= row && !purged;
      if (stored) memory.set(key, cached, cached.bytes, at + ttlMs, at, keyspace);
      await published;
      return stored;
    }
    readPath.drop(request);
    if (!shared || !tags) return false;
    // Captured before the comparison of versions: a purge after this leaves a mark that the entry doesn't have.
    const { marks, purgedAt } = await tags.capture(request.tags);
    const text = encodeEntry({ ...header, token: newToken(), row, tags: marks }, json, codec);
    const storable = (purgedAt ?? '') <= version && text.length <= maxEntryLength && header.freshUntil > now;
    // In the store's time, because this process may be frozen before the store has it.
    const put = { version, row, ttlMs, entry: storable ? text : '', until: shared.now() - clock.now() + until };
    const stored = await shared.put(entryName, put, fenceMs).catch(withKey(key));
    await readPath.publish(request);
    return stored;
  }

  return { versionOf, purge, purgeTags, writeThrough, put };
}

/** The write path of one cache. */
export type WritePath<Handle> = ReturnType<typeof newWritePath<Handle>>;

/** Handler of a failed purge, whose error then carries the caller's key. */
function withKey(key: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof CacheError ? Object.assign(error, { key }) : error;
  };
}
