import { encodeEntry } from './envelope';
import { CacheError } from './errors';
import { type Kept, newHeader, newKept, type Read } from './kept';
import type { EntryRef, ReadPathOptions, ReadPathParts, ReadRequest } from './read-parts';
import type { ReadPath } from './read-path';
import type { PurgeMode } from './shared';
import { ALL_TAGS, declaredTags } from './tags';
import { Ticket } from './ticket';
import { newToken } from './token';
import { got, valueText } from './value-text';
import type { Version } from './versions/version';

/** How to purge. */
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

/** How a strict write is bounded. */
export interface StrictOptions {
  /**
   * How long the commit may take, in milliseconds; the database must end the transaction by then (`transaction_timeout`). If nobody says how
   * it ended, the keys aren't filled for this long.
   * @default 5000
   */
  readonly timeoutMs?: number;
}

/** A value in a writer's hand. Row and version are as {@link SetOptions} say. */
export interface PutRequest {
  readonly value: unknown;
  readonly row: string;
  readonly version: Version;
  readonly committedAt?: number | undefined;
}

/** How much longer than its commit an intent lives, in milliseconds: the invalidation needs some time, too. */
const INTENT_MARGIN_MS = 2000;

/**
 * What a writer does with the cache, after its commit or around it. Nothing here sets a value blindly: a value is either read again under a
 * lease, or compared with what is known of its row.
 */
export class WritePath<Handle> {
  constructor(
    private readonly readPath: ReadPath<Handle>,
    private readonly parts: ReadPathParts<Handle>,
    private readonly options: Pick<ReadPathOptions, 'maxEntryLength'> & { readonly fenceMs: number },
  ) {}

  /** Write-around: the next read loads. Refuses every fill whose load began before. */
  async purge(entry: EntryRef, options: PurgeOptions & { readonly row?: string | undefined } = {}): Promise<void> {
    const { shared, tags } = this.parts;
    this.readPath.forget(entry);
    if (!shared) return;
    const version = options.version ?? (await this.parts.source.current());
    const { mode = 'delete', row } = options;
    await shared.invalidate(entry.key, version, this.options.fenceMs, { mode, ...(row !== undefined && { row }) });
    await this.readPath.purged(entry);
    await tags?.notice(version).catch(() => {});
  }

  /** Purges every entry that carries one of the tags. @throws the first error; the other tags were purged. */
  async purgeTags(names: readonly string[], options: PurgeOptions = {}): Promise<void> {
    const { tags } = this.parts;
    this.readPath.forget();
    if (!tags) return;
    const version = options.version ?? (await this.parts.source.current());
    const results = await Promise.allSettled(names.map((name) => tags.purge(name, version, options.mode ?? 'delete')));
    await this.readPath.purged(undefined, names);
    if (!names.includes(ALL_TAGS[0] as string)) await tags.notice(version).catch(() => {});
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /**
   * Write-through: purges, and reads again what was written. A load that began after the purge contains the write, whoever runs it; of two
   * writers that cross, each reads what both have committed.
   */
  async writeThrough<T>(request: ReadRequest<T, Handle>, version: Version | undefined): Promise<Read<T>> {
    const written = version ?? (await this.parts.source.current());
    await this.purge(request, { version: written });
    return this.readPath.read({ ...request, ticket: Ticket.empty.with(request, written) });
  }

  /**
   * Purges, and stores the value in hand if no newer version of its row is known.
   *
   * @returns whether it was stored.
   */
  async put(request: Omit<ReadRequest<unknown, Handle>, 'loader'>, put: PutRequest): Promise<boolean> {
    const { shared, tags, clock, memory, random } = this.parts;
    const { key, policy } = request;
    const json = valueText(key, put.value);
    this.readPath.forget(request);
    const now = shared?.now() ?? clock.now();
    const header = newHeader(policy, put.value, put.version, now, 0, random);
    if (policy.sharedTtlMs === 0) {
      const content = { value: put.value, json, tags: declaredTags(request.tags), alone: false };
      const kept: Kept = newKept(header, content, policy, random);
      await this.readPath.purged(request);
      memory.set(request.memoryKey, kept, json?.length ?? 0, clock.now() + kept.expiresAt - now, request.space);
      return true;
    }
    if (!shared || !tags) return false;
    const { fenceMs } = this.options;
    // Captured before the comparison of versions: a purge after this leaves a mark that the entry doesn't have.
    const captured = await tags.capture(request.tags);
    const fields = { ...header, token: newToken(), row: put.row, tags: captured.marks };
    const entry = encodeEntry(fields, json, this.parts.codec);
    const late = put.committedAt !== undefined && clock.now() - put.committedAt > fenceMs / 2;
    const purgedSince = captured.minVersion !== undefined && captured.minVersion > put.version;
    const storable = entry.length <= this.options.maxEntryLength && header.freshUntil > now;
    if (late || purgedSince || !storable) {
      await this.purge(request, { version: put.version, ...(!late && { row: put.row }) });
      return false;
    }
    const ttlMs = header.expiresAt - now;
    const stored = await shared.put(key, { version: put.version, row: put.row, ttlMs, entry }, fenceMs);
    await this.readPath.purged(request);
    return stored;
  }

  /**
   * Strict mode: announces the write to every key, commits, and purges. From before the commit until after the purge the keys are loaded by
   * whoever reads them, and filled by nobody, so that no read after the commit hits what was there before it.
   *
   * @throws what `commit` throws; and {@link CacheError} `E_SHARED_UNAVAILABLE` before the commit, which then isn't tried, or after it,
   * where a key isn't filled until its intent has ended.
   */
  async strictly<T>(entries: readonly EntryRef[], options: StrictOptions, commit: () => Promise<T>): Promise<T> {
    const { timeoutMs = 5000 } = options;
    if (!(timeoutMs > 0 && timeoutMs <= 3_600_000)) {
      throw new CacheError('E_INVALID_ARGUMENT', `'timeoutMs' must be more than 0 and at most an hour, got: ${got(timeoutMs)}`);
    }
    const { shared, source } = this.parts;
    if (!shared) {
      return commit().finally(() => {
        for (const entry of entries) this.readPath.forget(entry);
      });
    }
    const writer = newToken();
    // However the commit ends, a version read after it is good for every key, written or not.
    const purge = async (): Promise<void> => {
      const version = await source.current();
      const options = { writer };
      const purges = entries.map(({ key }) => shared.invalidate(key, version, this.options.fenceMs, options));
      const failed = (await Promise.allSettled(purges)).find((result) => result.status === 'rejected');
      await Promise.all(entries.map((entry) => this.readPath.purged(entry)));
      if (failed) throw failed.reason;
    };
    const announced = await Promise.allSettled(
      entries.map(({ key }) => shared.intend(key, writer, Math.ceil(timeoutMs) + INTENT_MARGIN_MS)),
    );
    await Promise.all(entries.map((entry) => this.readPath.purged(entry)));
    const unannounced = announced.find((result) => result.status === 'rejected');
    if (unannounced) {
      await purge().catch(() => {});
      throw unannounced.reason;
    }
    let result: T;
    try {
      result = await commit();
    } catch (error) {
      await purge().catch(() => {});
      throw error;
    }
    await purge();
    return result;
  }
}
