import { createHash } from 'node:crypto';
import { checkText, mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import { type Keys, readCommand, runScript } from '../../connection/run-script';
import type { CacheError } from '../../errors';
import { patternKey } from '../keys';
import { counted, measured } from '../meter';
import type { PatternMeter, PatternMetrics } from '../metrics';
import { type Aggregate, add, BUCKETS, bucketAt, type Kept, keptOf, packed, RECORD, type Resolution, unpacked } from './buckets';
import { BATCH_BYTES, RECORD_BATCH } from './scripts';
import { UniqueCounts, type Uniques } from './uniques';

/** Options of {@link TimeSeries}. */
export interface TimeSeriesOptions {
  /** Connection to the tier with the series; it is state until its history is in a database. */
  readonly connection: RedisConnection;
  /** Name of the series, of letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /** Seconds for which buckets of a minute, an hour and a day are kept; a resolution that isn't given has none. */
  readonly resolutions: Readonly<Partial<Record<Resolution, number>>>;
  /**
   * Batches of a source that are remembered, so that a repetition is counted once; 8 bytes each, for a day after the last one.
   * @default 32
   */
  readonly rememberBatches?: number;
  /**
   * Seconds by which a sample's time may be ahead of the servers'.
   * @default 300
   */
  readonly aheadSeconds?: number;
  /**
   * Resolution of the counts of different ids.
   * @default - 'hour', or the first one that is kept
   */
  readonly uniquesBy?: Resolution;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Value that was measured. */
export interface Sample {
  /** Device, or whatever else has series of its own: any text. */
  readonly source: string;
  /** Name of the metric, of letters, digits, `-`, `_` and `.`. */
  readonly metric: string;
  /** Finite number. */
  readonly value: number;
  /** Time, in epoch milliseconds. */
  readonly at: number;
}

/** Bucket that has samples. */
export interface Point {
  /** Begin, in epoch milliseconds. */
  readonly at: number;
  /** Sum of its values. */
  readonly sum: number;
  /** Number of its values. */
  readonly count: number;
  /** Least value. */
  readonly min: number;
  /** Greatest value. */
  readonly max: number;
  /** Mean value. */
  readonly avg: number;
}

/** Samples of a batch, by what became of them. */
export interface Recorded {
  /** Samples that are in every bucket that is still kept. */
  readonly recorded: number;
  /** Samples of sources that had this batch already. */
  readonly duplicates: number;
  /** Samples that are older than what any resolution keeps. */
  readonly late: number;
  /** Samples whose time is more than `aheadSeconds` ahead. */
  readonly ahead: number;
}

/** Question to {@link TimeSeries.query}. */
export interface Query {
  /** Sources that are asked for. */
  readonly sources: readonly string[];
  /** Name of the metric. */
  readonly metric: string;
  /** Time in the first bucket, in epoch milliseconds. */
  readonly from: number;
  /** Time behind the begin of the last bucket, in epoch milliseconds. */
  readonly to: number;
  /** Length of the buckets. */
  readonly resolution: Resolution;
}

/** Samples of a source, merged. */
interface Merged {
  count: number;
  /** By key, the buckets in it. */
  readonly keys: Map<string, { readonly ends: number; readonly buckets: Map<number, Aggregate> }>;
}

/** Buckets that are sent in one script. */
const BATCH = 500;

/** Sums, counts, least and greatest values of samples by minute, hour and day, each source's in strings of fixed records. */
export class TimeSeries {
  /** Counts of different ids. */
  readonly uniques: Uniques;
  readonly #options: TimeSeriesOptions;
  readonly #numbers: { readonly rememberBatches: number; readonly aheadSeconds: number };
  readonly #kept: Kept;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: TimeSeriesOptions) {
    const { connection, name, resolutions } = options;
    checkText('name', name, /^[\w.-]+$/, "letters, digits, '-', '_' or '.'");
    this.#numbers = wholeNumbers({ rememberBatches: 32, aheadSeconds: 300 }, options, ['aheadSeconds']);
    this.#kept = keptOf(resolutions);
    const { uniquesBy = this.#kept.has('hour') ? 'hour' : [...this.#kept.keys()][0]! } = options;
    this.#checkResolution('uniquesBy', uniquesBy);
    this.#options = options;
    this.#meter = options.metrics?.meter('time-series', name);
    this.uniques = new UniqueCounts(connection, name, this.#kept, uniquesBy, checkMetric);
  }

  /**
   * Adds samples to their buckets. They are merged here, so that a bucket costs one record however many samples it gets.
   *
   * @param batchId id of exactly these samples, such as that of a queue's message: their repetition is counted once as long as
   * fewer than `rememberBatches` others of the same source came in between.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where a sample can't be used, and then none is recorded; `E_SHARED_UNAVAILABLE`,
   * which with a `batchId` may be repeated.
   */
  record(samples: readonly Sample[], { batchId }: { readonly batchId?: string } = {}): Promise<Recorded> {
    return measured(this.#meter, async () => {
      const { sources, late, ahead } = this.#merge(samples);
      const sent = [...sources].map(async ([source, merged]) => ({
        count: merged.count,
        isNew: await this.#send(source, merged, batchId),
      }));
      const done = { recorded: 0, duplicates: 0, late, ahead };
      for (const { count, isNew } of await allApplied(sent)) done[isNew ? 'recorded' : 'duplicates'] += count;
      counted(this.#meter, 'Denied', late + ahead);
      counted(this.#meter, 'Duplicates', done.duplicates);
      return done;
    });
  }

  /**
   * Buckets that begin from `from` to before `to` and have samples, in order; `from` is rounded down to the begin of its bucket.
   * Every source that was asked for is in the answer; without a `to` behind `from` they are all empty. All is asked for in one
   * turn.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  query({ sources, metric, from, to, resolution }: Query): Promise<Map<string, Point[]>> {
    return measured(this.#meter, async () => {
      checkMetric(metric);
      const kept = this.#checkResolution('resolution', resolution);
      const { length, perKey } = BUCKETS[resolution];
      if (to <= from) return new Map(sources.map((source) => [source, []]));
      const now = this.#options.connection.now();
      const first = bucketAt(resolution, Math.max(from, now - kept - length));
      const last = Math.ceil(Math.min(to, now + this.#numbers.aheadSeconds * 1000 + length) / length) - 1;
      const points = async (source: string): Promise<[string, Point[]]> => {
        const asked: Promise<Point[]>[] = [];
        for (let begin = Math.floor(first / perKey) * perKey; begin <= last; begin += perKey) {
          const [low, high] = [Math.max(first, begin) - begin, Math.min(last, begin + perKey - 1) - begin];
          const key = this.#key(source, metric, resolution, begin);
          const bytes = readCommand(this.#options.connection, key, (node) =>
            node.getrangeBuffer(key, low * RECORD, (high + 1) * RECORD - 1),
          );
          asked.push(bytes.then((read) => pointsOf(read, (begin + low) * length, length)));
        }
        return [source, (await Promise.all(asked)).flat()];
      };
      return new Map(await Promise.all([...new Set(sources)].map(points)));
    });
  }

  #merge(samples: readonly Sample[]): { sources: Map<string, Merged>; late: number; ahead: number } {
    const now = this.#options.connection.now();
    const sources = new Map<string, Merged>();
    let [late, ahead] = [0, 0];
    for (const { source, metric, value, at } of samples) {
      checkMetric(metric);
      mustBe(Number.isFinite(value), 'value', 'a finite number', value);
      mustBe(Number.isSafeInteger(at) && at >= 0, 'at', 'a time in epoch milliseconds', at);
      if (at > now + this.#numbers.aheadSeconds * 1000) {
        ahead++;
        continue;
      }
      let taken = false;
      for (const [resolution, kept] of this.#kept) {
        const { length, perKey } = BUCKETS[resolution];
        const bucket = bucketAt(resolution, at);
        if ((bucket + 1) * length + kept <= now) continue;
        const merged = known(sources, source, () => ({ count: 0, keys: new Map() }));
        if (!taken) merged.count++;
        taken = true;
        const begin = Math.floor(bucket / perKey) * perKey;
        const key = this.#key(source, metric, resolution, begin);
        const group = known(merged.keys, key, () => ({ ends: (begin + perKey) * length + kept, buckets: new Map() }));
        const aggregate = known(group.buckets, bucket - begin, () => ({ sum: 0, count: 0, min: value, max: value }));
        add(aggregate, value);
      }
      if (!taken) late++;
    }
    return { sources, late, ahead };
  }

  /** Sends what was merged of a source. @returns false where it had the batch already. */
  async #send(source: string, { keys }: Merged, batchId: string | undefined): Promise<boolean> {
    const records = [...keys].flatMap(([key, { ends, buckets }]) =>
      [...buckets].map(([index, aggregate]) => ({ key, ends, index, aggregate })),
    );
    const replies: Promise<number>[] = [];
    for (let from = 0; from < records.length; from += BATCH) {
      const part = records.slice(from, from + BATCH);
      const own = new Map(part.map(({ key, ends }) => [key, ends]));
      const numbers = new Map([...own.keys()].map((key, i) => [key, i + 1]));
      const scriptKeys: Keys = [this.#rest(source, ':batches'), ...own.keys()];
      const id = batchId === undefined ? '' : digest(`${from}:${batchId}`);
      replies.push(
        runScript<number>(this.#options.connection, RECORD_BATCH, scriptKeys, [
          id,
          this.#numbers.rememberBatches,
          ...own.values(),
          ...part.flatMap(({ key, index, aggregate }) => [numbers.get(key)!, index * RECORD, packed(aggregate)]),
        ]),
      );
    }
    return (await allApplied(replies)).includes(1);
  }

  #key(source: string, metric: string, resolution: Resolution, begin: number): string {
    const { mark, length } = BUCKETS[resolution];
    return this.#rest(source, `:${metric}:${mark}:${begin * length}`);
  }

  #rest(source: string, rest: string): string {
    const { connection, name } = this.#options;
    return patternKey(connection.namespace, 'ts', name, source, rest);
  }

  #checkResolution(name: string, resolution: Resolution): number {
    const kept = this.#kept.get(resolution);
    mustBe(kept !== undefined, name, `one that is kept: ${[...this.#kept.keys()].join(', ')}`, resolution);
    return kept;
  }
}

function checkMetric(metric: string): void {
  checkText('metric', metric, /^[\w.-]{1,64}$/, "1 to 64 letters, digits, '-', '_' or '.'");
}

/** Value of a key, which is made where there is none. */
function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const had = map.get(key);
  if (had !== undefined) return had;
  const made = make();
  map.set(key, made);
  return made;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, BATCH_BYTES);

/** Points of records that follow each other. */
function pointsOf(bytes: Buffer, from: number, length: number): Point[] {
  const points: Point[] = [];
  for (let at = 0; at < bytes.length; at += RECORD) {
    const record = unpacked(bytes, at);
    if (record) points.push({ at: from + (at / RECORD) * length, ...record, avg: record.sum / record.count });
  }
  return points;
}

/**
 * Results of operations that are one to the caller.
 *
 * @throws the failure of one; unless all certainly had no effect, it is unknown whether they had.
 */
async function allApplied<T>(operations: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(operations);
  const failed = settled.filter((each) => each.status === 'rejected').map(({ reason }) => reason as CacheError);
  if (failed[0]) {
    if (failed.length < settled.length || failed.some(({ applied }) => applied !== 'no')) failed[0].applied = 'unknown';
    throw failed[0];
  }
  return settled.map((each) => (each as PromiseFulfilledResult<T>).value);
}
