import { checkNumber, checkText, mustBe, wholeNumbers } from '../../arguments';
import { monotonicNow } from '../../clock';
import type { RedisConnection } from '../../connection/redis-connection';
import { atomicScript, readCommand, runScript } from '../../connection/run-script';
import { ignored } from '../../errors';
import { patternKey } from '../keys';
import { measured } from '../meter';
import type { PatternMeter, PatternMetrics } from '../metrics';

/** Options of {@link Popularity}. */
export interface PopularityOptions {
  /** Connection to the tier with the lists. */
  readonly connection: RedisConnection;
  /**
   * Name of the lists, of letters, digits, `-`, `_` and `.`.
   * @default 'reads'
   */
  readonly name?: string;
  /**
   * Reads for each that is counted, as so many.
   * @default 16
   */
  readonly sampleOneIn?: number;
  /**
   * Seconds between two reports of a process. They leave with a read, so that nothing runs while a Lambda environment is frozen.
   * @default 60
   */
  readonly everySeconds?: number;
  /**
   * Ids of a route that a process reports, those that it read most.
   * @default 200
   */
  readonly maxReported?: number;
  /**
   * Ids of a route and hour that are kept, those that were read most.
   * @default 2000
   */
  readonly maxIds?: number;
  /**
   * Random numbers from 0 to 1, which choose the reads that are counted; for tests.
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Id that was read. */
export interface Popular {
  /** The id. */
  readonly id: string;
  /** Reads, about. */
  readonly reads: number;
}

const HOUR = 3_600_000;

/** Life of an hour's list: until the same hour of the next week has passed, and a day. */
const KEEP = 8 * 24 * HOUR;

/** Adds to a list. ARGV: most members, end of the key, then reads and ids. */
const REPORT = atomicScript(`local c,k=redis.call,KEYS[1]
for i=3,#ARGV,2 do c('ZINCRBY',k,ARGV[i],ARGV[i+1]) end
c('ZREMRANGEBYRANK',k,0,-ARGV[1]-1)
if c('PTTL',k)<0 then c('PEXPIREAT',k,ARGV[2]) end`);

const DEFAULTS = { sampleOneIn: 16, maxReported: 200, maxIds: 2000 };

/** Lists of the ids of each route that all processes together read most, hour by hour for eight days: estimates from a sample. */
export class Popularity {
  readonly #connection: RedisConnection;
  readonly #name: string;
  readonly #numbers: typeof DEFAULTS;
  readonly #everyMs: number;
  readonly #random: () => number;
  readonly #meter: PatternMeter | undefined;
  #counts = new Map<string, Map<string, number>>();
  #due: number;
  #skip = 0;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: PopularityOptions) {
    const { connection, name = 'reads', random = Math.random, metrics } = options;
    checkText('name', name, /^[\w.-]+$/, "letters, digits, '-', '_' or '.'");
    this.#numbers = wholeNumbers(DEFAULTS, options);
    this.#everyMs = checkNumber('everySeconds', options.everySeconds ?? 60, 0) * 1000;
    this.#connection = connection;
    this.#name = name;
    this.#random = random;
    this.#meter = metrics?.meter('popularity', name);
    this.#due = monotonicNow() + this.#everyMs;
  }

  /** Counts a read, if it is one of the sample. It never fails and never waits. */
  count(route: string, id: string): void {
    if (this.#skip-- > 0) return;
    // At random, or of reads that take turns some would never be counted.
    this.#skip = Math.floor(this.#random() * (2 * this.#numbers.sampleOneIn - 1));
    let ids = this.#counts.get(route);
    if (!ids) {
      ids = new Map();
      this.#counts.set(route, ids);
    }
    ids.set(id, (ids.get(id) ?? 0) + this.#numbers.sampleOneIn);
    // Many ids that are read once must not fill the memory; what is popular stays.
    if (ids.size > 20 * this.#numbers.maxReported) this.#counts.set(route, new Map(mostOf(ids, 10 * this.#numbers.maxReported)));
    if (monotonicNow() >= this.#due) this.flush().catch(ignored);
  }

  /** Reports what was counted. @throws {CacheError} `E_SHARED_UNAVAILABLE`; what was counted is forgotten then. */
  flush(): Promise<void> {
    return measured(this.#meter, async () => {
      const counts = this.#counts;
      this.#counts = new Map();
      this.#due = monotonicNow() + this.#everyMs;
      const { maxReported, maxIds } = this.#numbers;
      const hour = hourOf(this.#connection.now());
      const reports = [...counts].map(([route, ids]) => {
        const members = mostOf(ids, maxReported).flatMap(([id, reads]) => [reads, id]);
        return runScript(this.#connection, REPORT, [this.#key(route, hour)], [maxIds, hour + KEEP, ...members]);
      });
      await Promise.all(reports);
    });
  }

  /**
   * Ids that were read most lately. Hours are counted as a whole, but for the one that `last` begins in, which counts as far as
   * it is meant.
   *
   * @param last seconds; by default 3600.
   * @param limit ids at most; by default 500.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  top(route: string, { last = 3600, limit = 500 }: { readonly last?: number; readonly limit?: number } = {}): Promise<Popular[]> {
    return measured(this.#meter, async () => {
      checkNumber('last', last, 1, KEEP / 1000);
      wholeNumbers({ limit: 0 }, { limit });
      const now = this.#connection.now();
      const from = now - last * 1000;
      const first = hourOf(from);
      const hours = Array.from({ length: (hourOf(now) - first) / HOUR + 1 }, (_, i) => first + i * HOUR);
      const lists = await Promise.all(hours.map((hour) => this.hour(route, hour)));
      const total = new Map<string, number>();
      for (const [i, list] of lists.entries()) {
        const share = i === 0 ? (first + HOUR - from) / HOUR : 1;
        for (const [id, reads] of list) total.set(id, (total.get(id) ?? 0) + reads * share);
      }
      return mostOf(total, limit).map(([id, reads]) => ({ id, reads }));
    });
  }

  /** Reads of the hour that a time lies in, by id. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  async hour(route: string, at: number): Promise<Map<string, number>> {
    mustBe(Number.isFinite(at), 'at', 'a time in epoch milliseconds', at);
    const key = this.#key(route, hourOf(at));
    const flat = await readCommand(this.#connection, key, (node) => node.zrange(key, '0', '-1', 'WITHSCORES'));
    return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, Number(flat[2 * i + 1])]));
  }

  /** Time of the servers, in epoch milliseconds. */
  now(): number {
    return this.#connection.now();
  }

  #key(route: string, hour: number): string {
    const name = new Date(hour).toISOString().slice(0, 13);
    return patternKey(this.#connection.namespace, 'pp', this.#name, route, `:${name}`);
  }
}

const hourOf = (at: number): number => Math.floor(at / HOUR) * HOUR;

/** The ids that were read most; of equal ones, by their ids. */
export function mostOf(ids: ReadonlyMap<string, number>, limit: number): [id: string, reads: number][] {
  return [...ids].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, limit);
}
