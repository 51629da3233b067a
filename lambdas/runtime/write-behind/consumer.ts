import type { Version } from '../versions/version';
import type { Streams, StreamWrite } from './streams';

/** Write of one value on its way to the database. */
export interface QueuedWrite {
  /** The namespace's name and key. */
  readonly namespace: string;
  /** Key within the namespace. */
  readonly key: string;
  /** Undefined for an absence. */
  readonly value: unknown;
  /** Version of the row, as the writer gave it. */
  readonly rowVersion: bigint;
}

/**
 * Writes a batch to the database, in one transaction: the latest write of each key, in no order. It must be idempotent by
 * version, because a batch may come twice, late, and beside a newer one: `INSERT ... ON CONFLICT (id) DO UPDATE SET ... WHERE
 * item.version < excluded.version`.
 */
export type Flush = (writes: readonly QueuedWrite[]) => Promise<void>;

/** Options of a Consumer. */
export interface ConsumerOptions {
  readonly flush: Flush;
  readonly current: () => Promise<Version>;
  readonly name: string;
  readonly batchSize: number;
  /** Time after which a write that a consumer has read and not finished is claimed by another, in milliseconds. */
  readonly claimMs: number;
  readonly fenceMs: number;
  readonly onError: (error: unknown, writes: readonly QueuedWrite[]) => void;
}

/** Number of slots that are read at once. */
const SLOTS_AT_ONCE = 64;
/**
 * Time without writes after which a slot is unmarked, in milliseconds: much longer than its writers wait until they mark it
 * again.
 */
const UNMARK_AFTER_MS = 10_000;
/** Failures in a row after which writes of a batch that failed twice are no longer tried alone: then it isn't them. */
const FAILURES_OF_ALL = 3;

/**
 * Consumer that takes queued writes to the database. Any number may run; each write is read by one of them, and claimed by
 * another where that one dies.
 */
export class Consumer {
  /** Times since which slots have had no writes. */
  readonly #empty = new Map<number, number>();
  /** Slots that were marked when each set of marks could last be read. */
  readonly #marked = new Map<string, readonly number[]>();
  /** Slots with writes that nobody marked. */
  readonly #swept = new Set<number>();

  readonly #streams: Streams;
  readonly #options: ConsumerOptions;

  constructor(streams: Streams, options: ConsumerOptions) {
    this.#streams = streams;
    this.#options = options;
  }

  /** Looks for writes in all slots, also for those whose writer died before it could mark its slot. */
  async sweep(): Promise<void> {
    for (const slot of await this.#streams.sweep()) this.#swept.add(slot);
  }

  /** Flushes every slot that is known to have writes once. @returns the number of writes that reached the database. */
  async round(): Promise<number> {
    // Where the marks can't be had, those of the last round will do.
    const last = (marks: string) => this.#marked.get(marks) ?? [];
    const { marks } = this.#streams;
    const marked = await eachForItself(marks.map((set) => this.#streams.marked(set).catch(this.#failed(last(set)))));
    for (const [i, set] of marks.entries()) this.#marked.set(set, marked[i] as readonly number[]);
    const slots = [...new Set([...marked.flat(), ...this.#swept])];
    let flushed = 0;
    for (let i = 0; i < slots.length; i += SLOTS_AT_ONCE) {
      const some = slots.slice(i, i + SLOTS_AT_ONCE);
      const none = { claimed: [], fresh: [] };
      // Each slot for itself: what one shard has delivered is flushed whatever becomes of the others.
      const read = await eachForItself(some.map((slot) => this.#read(slot).catch(this.#failed(none))));
      flushed += await this.#flushAll(
        read.flatMap(({ claimed }) => claimed),
        true,
      );
      flushed += await this.#flushAll(
        read.flatMap(({ fresh }) => fresh),
        false,
      );
    }
    return flushed;
  }

  async #read(slot: number): Promise<{ claimed: StreamWrite[]; fresh: StreamWrite[] }> {
    const { name, claimMs, batchSize } = this.#options;
    const none: StreamWrite[] = [];
    const [claimed, fresh] = (await eachForItself([
      this.#streams.claim(slot, name, claimMs, batchSize).catch(this.#failed(none)),
      this.#streams.read(slot, name, batchSize).catch(this.#failed(none)),
    ])) as [StreamWrite[], StreamWrite[]];
    if (claimed.length + fresh.length > 0) this.#empty.delete(slot);
    else await this.#sawEmpty(slot);
    return { claimed, fresh };
  }

  /** Handler of a shard's failure: it is reported, and the others go on. */
  #failed<T>(instead: T): (error: unknown) => T {
    return (error) => {
      this.#options.onError(error, []);
      return instead;
    };
  }

  async #sawEmpty(slot: number): Promise<void> {
    const now = Date.now();
    const since = this.#empty.get(slot) ?? now;
    this.#empty.set(slot, since);
    this.#swept.delete(slot);
    if (now - since < UNMARK_AFTER_MS) return;
    this.#empty.delete(slot);
    await this.#streams.unmark(slot);
  }

  async #flushAll(writes: readonly StreamWrite[], again: boolean): Promise<number> {
    let flushed = 0;
    const all = [...groupByEntry(writes).values()];
    for (let i = 0; i < all.length; i += this.#options.batchSize) {
      const batch = all.slice(i, i + this.#options.batchSize);
      const done = await this.#flush(batch);
      flushed += done;
      if (done === 0 && again && batch.length > 1) flushed += await this.#flushEach(batch);
    }
    return flushed;
  }

  /** Flushes writes one by one: perhaps one of them fails every time, and the others needn't. */
  async #flushEach(batch: readonly StreamWrite[][]): Promise<number> {
    let flushed = 0;
    let failures = 0;
    for (const writes of batch) {
      const done = await this.#flush([writes]);
      flushed += done;
      failures = done > 0 ? 0 : failures + 1;
      if (failures === FAILURES_OF_ALL && flushed === 0) break;
    }
    return flushed;
  }

  /** Flushes a batch. What fails stays in its stream, and is claimed again. */
  async #flush(batch: readonly StreamWrite[][]): Promise<number> {
    const latest = batch.map((writes) => writes.reduce((a, b) => (b.row > a.row ? b : a)));
    let queued: readonly QueuedWrite[] = [];
    try {
      queued = latest.map(toQueued);
      await this.#options.flush(queued);
      // After the commit, in a statement of its own: whatever is loaded from a server that has this version has the writes.
      const version = await this.#options.current();
      const { fenceMs } = this.#options;
      const settled = latest.map(({ entryName: entry, row }, i) =>
        this.#streams.acknowledge(
          entry,
          row,
          version,
          fenceMs,
          (batch[i] as StreamWrite[]).map(({ id }) => id),
        ),
      );
      // The rows are in the database: what can't be acknowledged is claimed, and written once more.
      await eachForItself(settled.map((each) => each.catch(this.#failed(undefined))));
      return batch.reduce((sum, writes) => sum + writes.length, 0);
    } catch (error) {
      this.#options.onError(error, queued);
      return 0;
    }
  }
}

/** Results of several shards' operations, none of which rejects. */
const eachForItself = <T>(operations: readonly Promise<T>[]): Promise<T[]> => Promise.all(operations);

function toQueued({ entryName: entry, key, row, json }: StreamWrite): QueuedWrite {
  const value = json === '' ? undefined : JSON.parse(json);
  return { namespace: entry.slice(0, entry.indexOf('/')), key, value, rowVersion: BigInt(row) };
}

function groupByEntry(writes: readonly StreamWrite[]): Map<string, StreamWrite[]> {
  const groups = new Map<string, StreamWrite[]>();
  for (const write of writes) {
    const group = groups.get(write.entryName);
    if (group) group.push(write);
    else groups.set(write.entryName, [write]);
  }
  return groups;
}
