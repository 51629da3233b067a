import { wholeNumbers } from '../arguments';
import type { RedisConnection } from '../connection/redis-connection';
import { newHeader } from '../entry/cached-value';
import { encodeEntry } from '../entry/envelope';
import { shown } from '../error-text';
import { CacheError, type CacheErrorCode, invalid } from '../errors';
import { valueText } from '../json-value';
import type { ReadPath } from '../read-path';
import type { ReadPathParts } from '../read-path-parts';
import type { ReadRequest } from '../read-request';
import { newToken } from '../token';
import { rowText } from '../versions/row-version';
import type { VersionSource } from '../versions/source';
import { Consumer, type Flush, type QueuedWrite } from './consumer';
import { Streams } from './streams';

/** Options of {@link writeBehind}. */
export interface WriteBehindOptions {
  /** Connection of the cache's store; it stays open when the queue is closed. */
  readonly connection: RedisConnection;
  /** Source of the cache, which gives the database's version after a flush. */
  readonly source: Pick<VersionSource<never>, 'current'>;
  /**
   * Writes a batch to the database.
   * @default - this process only queues; another one must flush
   */
  readonly flush?: Flush;
  /**
   * Shortest time for which readers get a queued value, in milliseconds. Longer than writes ever wait, because after it the key
   * is loaded, without the write.
   * @default 300000 (5 minutes)
   */
  readonly pinMs?: number;
  /**
   * Largest number of keys in one call of `flush`.
   * @default 100
   */
  readonly batchSize?: number;
  /**
   * Interval of flushes, in milliseconds: the time that a write waits, in which several of a key become one.
   * @default 200
   */
  readonly everyMs?: number;
  /**
   * Time after which a write that a consumer took and didn't finish is taken by another, in milliseconds; longer than a flush
   * takes.
   * @default 10000
   */
  readonly claimMs?: number;
  /**
   * Interval at which every slot is asked for writes whose writer died before it marked the slot, in milliseconds; 0 asks at the
   * start only.
   * @default 300000 (5 minutes)
   */
  readonly sweepMs?: number;
  /**
   * Largest number of writes that a slot holds; then a write fails until some are flushed.
   * @default 10000
   */
  readonly maxQueued?: number;
  /**
   * Largest entry, in characters.
   * @default 1048576
   */
  readonly maxEntryLength?: number;
  /**
   * Life of a flushed row's fence, in milliseconds, as the cache's `fenceMs`.
   * @default 60000
   */
  readonly fenceMs?: number;
  /**
   * Handler of a failed flush; its writes stay queued and are tried again, for ever.
   * @default - none
   */
  readonly onError?: (error: unknown, writes: readonly QueuedWrite[]) => void;
}

export type { Flush, QueuedWrite };

/** Request of a namespace to queue a write. */
export interface BehindRequest extends Omit<ReadRequest<unknown, never>, 'loader'> {
  /** The value in the writer's hand. */
  readonly value: unknown;
  /** Version of the row: 24 digits. */
  readonly row: string | undefined;
}

/** Options of queueing a write. */
export interface QueueOptions {
  /**
   * With `behind`: version of the row that the value was made from. Where another one is known of the row, or none, nothing is
   * queued and the error is `E_CONFLICT`: read again, and, where the value was loaded, `set` it with its row's version first.
   * @default - the write is queued whatever is known
   */
  readonly ifRowVersion?: number | bigint;
}

/** Write that is queued. */
export interface Queued {
  /** True where readers get the value from now on. */
  readonly stored: boolean;
  /** True where a replica has it, so that one failover doesn't lose it. */
  readonly replicated: boolean;
}

/** Parts of the cache that queueing a write needs. */
export interface BehindParts {
  /** Dependencies of the cache's read path. */
  readonly read: Pick<ReadPathParts<never>, 'shared' | 'tags' | 'random' | 'codec'>;
  /** Read path, which removes the entry from memory. */
  readonly readPath: Pick<ReadPath<never>, 'drop' | 'publish'>;
}

/** Replies of the script that queued nothing, each with the code and the reason of its error. */
const REFUSALS: ReadonlyMap<string, readonly [CacheErrorCode, string]> = new Map([
  ['FULL', ['E_SHARED_UNAVAILABLE', "its slot has 'maxQueued' writes"]],
  ['CONFLICT', ['E_CONFLICT', "its row isn't known to be 'ifRowVersion'"]],
]);

/** Shortest interval at which one process marks a slot, in milliseconds. */
const MARK_EVERY_MS = 1000;

/**
 * Write-behind: a value is readable everywhere once `set` with it has returned, and reaches the database some time later. Until
 * then it is in the cluster only; what that can lose is said in the documentation.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function writeBehind(options: WriteBehindOptions): WriteBehind {
  return new WriteBehind(options);
}

/** Queue of writes that are acknowledged once they are in the shared tier, and flushed to the database later. */
export class WriteBehind {
  readonly #options: WriteBehindOptions;
  readonly #streams: Streams;
  readonly #consumer: Consumer | undefined;
  readonly #pinMs: number;
  readonly #maxEntryLength: number;
  readonly #marked = new Map<string, number>();
  #working: Promise<void> = Promise.resolve();
  /** Timer of the next round; undefined once there are to be no more. */
  #timer: NodeJS.Timeout | undefined;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(options: WriteBehindOptions) {
    this.#options = options;
    wholeNumbers({ sweepMs: 0 }, options, ['sweepMs']);
    const number = (name: keyof WriteBehindOptions, byDefault: number) =>
      wholeNumbers({ [name]: byDefault }, options)[name] as number;
    this.#pinMs = number('pinMs', 300_000);
    this.#maxEntryLength = number('maxEntryLength', 1_048_576);
    const everyMs = number('everyMs', 200);
    this.#streams = new Streams(options.connection, number('maxQueued', 10_000));
    const { flush, source, onError = () => {} } = options;
    if (!flush) return;
    this.#consumer = new Consumer(this.#streams, {
      flush,
      onError,
      current: () => source.current(),
      name: newToken(),
      batchSize: number('batchSize', 100),
      claimMs: number('claimMs', 10_000),
      fenceMs: number('fenceMs', 60_000),
    });
    this.#schedule(everyMs);
  }

  /**
   * Queues the write, and stores its value where nobody purged the key without saying which row it is of. Called by {@link
   * Namespace.set}.
   *
   * @returns true where readers get the value from now on.
   * @throws as {@link queue}.
   */
  async put(request: BehindRequest, parts: BehindParts, options?: QueueOptions): Promise<boolean> {
    return (await this.queue(request, parts, options)).stored;
  }

  /**
   * {@link put} that tells whether a replica has the write.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` and `E_UNSTORABLE_VALUE` for what can't be queued; `E_CONFLICT` where another row
   * than `ifRowVersion` is known, or none; `E_SHARED_UNAVAILABLE`, with `applied`.
   */
  async queue(request: BehindRequest, parts: BehindParts, { ifRowVersion }: QueueOptions = {}): Promise<Queued> {
    const { shared, tags, random, codec } = parts.read;
    const { entryName, key, policy, row, value } = request;
    if (!shared || !tags || policy.sharedMs === 0) {
      throw invalid("'behind' needs a shared tier: give 'freshness.sharedTtlSeconds' more than 0", key);
    }
    if (row === undefined) throw invalid("'rowVersion' must be given with 'behind'", key);
    const ifRow = rowText(ifRowVersion, key, 'ifRowVersion') ?? '';
    if (row <= ifRow) throw invalid(`'rowVersion' must be more than 'ifRowVersion', got: ${BigInt(row)}`, key);
    const json = valueText(request, value, JSON);
    const text = codec?.serializer ? valueText(request, value, codec.serializer) : json;
    const now = shared.now();
    // It claims no version: the database doesn't have it. Nothing may make it end before it is flushed.
    const header = newHeader(policy, value, '-', now, 0, random);
    const pinned = { freshUntil: Math.max(header.freshUntil, now + this.#pinMs) };
    const expiresAt = Math.max(header.expiresAt, pinned.freshUntil);
    const { marks } = await tags.capture(request.tags).catch(notQueued);
    const entry = encodeEntry({ ...header, ...pinned, expiresAt, token: newToken(), row, tags: marks }, text, codec);
    if (entry.length > this.#maxEntryLength) {
      throw new CacheError(
        'E_UNSTORABLE_VALUE',
        `the value of '${shown(entryName)}' can't be queued: its entry has ${entry.length} characters, 'maxEntryLength' is ${this.#maxEntryLength}`,
        { key },
      );
    }
    parts.readPath.drop(request);
    const write = { entryName, key, row, json: json ?? '' };
    const { reply, replicated } = await this.#streams.enqueue(write, ifRow, this.#pinMs, expiresAt - now, entry);
    const refused = REFUSALS.get(reply);
    if (refused) {
      const [code, reason] = refused;
      throw Object.assign(new CacheError(code, `the write of '${shown(entryName)}' can't be queued: ${reason}`, { key }), {
        applied: 'no',
      });
    }
    await parts.readPath.publish(request);
    this.#mark(entryName);
    return { stored: reply === 'STORED', replicated };
  }

  /** Flushes the writes that are queued. @returns the number of writes that reached the database. */
  async flush(): Promise<number> {
    return (await this.#consumer?.round()) ?? 0;
  }

  /** Flushes what is queued, for at most `drainMs`, and ends. What is left is another consumer's. */
  async close({ drainMs = 5000 }: { readonly drainMs?: number } = {}): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let over = false;
    const drain = async () => {
      await this.#working;
      while (this.#consumer && !over && (await this.flush().catch(() => 0)) > 0);
    };
    // One timer decides: neither another clock nor a flush that hangs makes it longer, or shorter.
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([drain(), end]);
    over = true;
    clearTimeout(timer);
    this.#streams.close();
  }

  #schedule(everyMs: number): void {
    this.#timer = setTimeout(() => {
      this.#working = this.#work().finally(() => this.#timer && this.#schedule(everyMs));
    }, everyMs).unref();
  }

  async #work(): Promise<void> {
    const { sweepMs = 300_000, onError = () => {} } = this.#options;
    try {
      const due = this.#sweptAt === Number.NEGATIVE_INFINITY || (sweepMs > 0 && Date.now() - this.#sweptAt > sweepMs);
      if (due) {
        await this.#consumer?.sweep();
        this.#sweptAt = Date.now();
      }
      await this.flush();
    } catch (error) {
      onError(error, []);
    }
  }

  /**
   * Marks the slot of an entry, beside the write, which is safe without it: a slot that isn't marked is found by the next sweep.
   */
  #mark(entryName: string): void {
    const now = Date.now();
    if (now - (this.#marked.get(entryName) ?? 0) < MARK_EVERY_MS) return;
    if (this.#marked.size > 10_000) this.#marked.clear();
    this.#marked.set(entryName, now);
    this.#streams.mark(entryName).catch(() => this.#marked.delete(entryName));
  }
}

/** Handler of a failure before anything was queued. */
function notQueued(error: unknown): never {
  throw Object.assign(error as CacheError, { applied: 'no' });
}
