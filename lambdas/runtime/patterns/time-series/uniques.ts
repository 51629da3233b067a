import type { RedisConnection } from '../../connection/redis-connection';
import { type Keys, readCommand, runScript } from '../../connection/run-script';
import { entryName } from '../../entry/entry-name';
import { hashSlot, namesOfParts } from '../../shared/hash-slot';
import { patternKey } from '../keys';
import { BUCKETS, bucketAt, type Kept, type Resolution } from './buckets';
import { ADD_IDS } from './scripts';

/** Ids of the parts of a count, which lie in as many parts of a cluster's slots. */
const PARTS = namesOfParts('').map((name) => name.slice(1, -1));

/** Ids that are sent in one script. */
const BATCH = 1000;

/**
 * Estimates of how many different ids there were: sets of registers (HyperLogLog), divided by a hash of the id into twelve, so
 * that no server has all of it. An id is in one part only: the sum of the parts is the estimate.
 */
export interface Uniques {
  /**
   * Counts ids; a repetition changes nothing. One whose bucket has ended is left out.
   *
   * @param at epoch milliseconds.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`; it may be repeated.
   */
  add(metric: string, at: number, ids: readonly string[]): Promise<void>;

  /**
   * Estimate of how many different ids there were in the buckets that begin from `from` to before `to`; `from` is rounded down to
   * the begin of its bucket. Its standard error is 0.8 % of a part at most, and a quarter of a percent of many ids.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  count(metric: string, from: number, to: number): Promise<number>;
}

/** {@link Uniques} of a series. */
export class UniqueCounts implements Uniques {
  readonly #connection: RedisConnection;
  readonly #name: string;
  readonly #kept: Kept;
  readonly #resolution: Resolution;
  readonly #check: (metric: string) => void;

  constructor(connection: RedisConnection, name: string, kept: Kept, resolution: Resolution, check: (metric: string) => void) {
    this.#connection = connection;
    this.#name = name;
    this.#kept = kept;
    this.#resolution = resolution;
    this.#check = check;
  }

  async add(metric: string, at: number, ids: readonly string[]): Promise<void> {
    this.#check(metric);
    const bucket = bucketAt(this.#resolution, at);
    const ends = (bucket + 1) * BUCKETS[this.#resolution].length + this.#kept.get(this.#resolution)!;
    if (ends <= this.#connection.now()) return;
    const parts = new Map<number, string[]>();
    for (const id of ids) {
      const part = hashSlot(entryName('', id)) % PARTS.length;
      const those = parts.get(part);
      if (those) those.push(id);
      else parts.set(part, [id]);
    }
    const sent: Promise<unknown>[] = [];
    for (const [part, those] of parts) {
      const keys: Keys = [this.#key(part, metric, bucket)];
      for (let i = 0; i < those.length; i += BATCH) {
        sent.push(runScript(this.#connection, ADD_IDS, keys, [ends, ...those.slice(i, i + BATCH)]));
      }
    }
    await Promise.all(sent);
  }

  async count(metric: string, from: number, to: number): Promise<number> {
    this.#check(metric);
    const { length } = BUCKETS[this.#resolution];
    const now = this.#connection.now();
    const first = bucketAt(this.#resolution, Math.max(from, now - this.#kept.get(this.#resolution)! - length));
    const last = Math.ceil(Math.min(to, now + length) / length) - 1;
    if (to <= from || last < first) return 0;
    const counts = PARTS.map((_, part) => {
      const keys = Array.from({ length: last - first + 1 }, (_, i) => this.#key(part, metric, first + i));
      return readCommand(this.#connection, keys[0]!, (node) => node.pfcount(...(keys as [string, ...string[]])));
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  #key(part: number, metric: string, bucket: number): string {
    const { mark, length } = BUCKETS[this.#resolution];
    return patternKey(this.#connection.namespace, 'hl', this.#name, PARTS[part]!, `:${metric}:${mark}:${bucket * length}`);
  }
}
