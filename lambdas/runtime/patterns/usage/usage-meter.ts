import { checkText, mustBe, wholeNumbers } from '../../arguments';
import type { RedisConnection } from '../../connection/redis-connection';
import { readCommand, runReplicated } from '../../connection/run-script';
import { fnv } from '../../memory/fnv';
import { patternKey } from '../keys';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import { type HourTotal, type Statements, writeTotals } from './rows';
import { LIST_TENANT, RECORD, TOTAL } from './scripts';
import type { UsageEvent } from './usage-event';

/** Options of a {@link UsageMeter}. */
export interface UsageMeterOptions {
  /** Connection to the shared tier, which must not evict. */
  readonly connection: RedisConnection;
  /** Name in keys and metrics: lower case letters, digits and dashes. */
  readonly name: string;
  /**
   * Time for which the repetition of an event is known, at least, in seconds; it costs about 64 B an event for twice as long.
   * @default 3600
   */
  readonly dedupeSeconds?: number;
  /**
   * Most meters of a tenant in a month; those beyond it count as `other`.
   * @default 200
   */
  readonly meters?: number;
  /**
   * Receiver of the counts.
   * @default - nobody counts
   */
  readonly metrics?: PatternMetrics;
}

/** Answer to a recorded event. */
export interface Recorded {
  /** False for a repetition. */
  readonly counted: boolean;
  /** Units of the tenant in this hour, of all meters. Hours, days and months are of UTC, by the server's clock. */
  readonly hour: number;
  /** Units of this day. */
  readonly day: number;
  /** Units of this month. */
  readonly month: number;
  /** True where a replica has it, so that one failover doesn't lose it. */
  readonly replicated: boolean;
}

/** Usage of a tenant in a time. */
export interface Usage {
  /** Units of all meters. */
  readonly total: number;
  /** Units by meter. */
  readonly byMeter: ReadonlyMap<string, number>;
}

/** Options of a flush. */
export interface FlushOptions {
  /**
   * Hours before this one that are written, too, at most 167: as many as the schedule may have been late.
   * @default 2
   */
  readonly hours?: number;
}

const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;
/** Seconds for which the counts of hours, days and months are kept. */
const KEPT = [7 * DAY_SECONDS, 90 * DAY_SECONDS, 400 * DAY_SECONDS] as const;
const MOST_HOURS = 167;
/** Sets over which the tenants of an hour are spread. */
const PARTS = 16;
/** Rows of one statement of a flush. */
const BATCH = 500;
/** Tenants of this hour that a process remembers to have listed. */
const MOST_LISTED = 10_000;

/**
 * Counters of what tenants use. An event is counted once in effect, however often it is sent within `dedupeSeconds`: it is one
 * script of one slot. An error with `applied: 'unknown'` is for the caller to repeat, with the same id.
 */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  readonly #numbers: { readonly dedupeSeconds: number; readonly meters: number };
  readonly #meter: PatternMeter | undefined;
  #listed = new Set<string>();
  #listedHour = 0;
  /** Time of the server beyond that of the connection, as far as a reply has shown it, in ms. */
  #aheadMs = 0;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: UsageMeterOptions) {
    checkText('name', options.name, /^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes');
    this.#options = options;
    this.#numbers = wholeNumbers({ dedupeSeconds: 3600, meters: 200 }, options);
    this.#meter = options.metrics?.meter('usage', options.name);
  }

  /**
   * Counts an event.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`, and repeating it is safe within `dedupeSeconds`; `E_INVALID_ARGUMENT` where the
   * event can't be counted.
   */
  record({ eventId, tenant, meter, units = 1 }: UsageEvent): Promise<Recorded> {
    return measured(this.#meter, async () => {
      for (const [name, value] of Object.entries({ eventId, tenant, meter })) {
        mustBe(typeof value === 'string' && value !== '' && value.length <= 256, name, 'a text of 1 to 256 characters', value);
      }
      wholeNumbers({ units: 1 }, { units });
      const { dedupeSeconds, meters } = this.#numbers;
      for (;;) {
        const now = this.#options.connection.now() + this.#aheadMs;
        const period = Math.floor(now / 1000 / dedupeSeconds);
        await this.#list(tenant, now);
        const { reply, replicated } = await runReplicated<[number, number, number, number]>(
          this.#options.connection,
          RECORD,
          [this.#ids(tenant, period), this.#ids(tenant, period - 1), ...this.#counts(tenant, now)],
          [Math.floor(now / HOUR_MS), period, dedupeSeconds, eventId, meter, units, meters, ...KEPT],
        );
        const [outcome, hour, day, month] = reply;
        if (outcome < 0) {
          this.#aheadMs += hour - now;
          continue;
        }
        if (outcome === 0) counted(this.#meter, 'Duplicates');
        return { counted: outcome === 1, hour, day, month, replicated };
      }
    });
  }

  /** Usage of a tenant in a month of UTC, such as `2026-11`, by live counters. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  month(tenant: string, month: string): Promise<Usage> {
    checkText('month', month, /^\d{4}-\d\d$/, "a month such as '2026-11'");
    return this.#read(this.#key(tenant, `:m:${month}`));
  }

  /** Usage of a tenant in a day of UTC, such as `2026-11-28`. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
  day(tenant: string, day: string): Promise<Usage> {
    checkText('day', day, /^\d{4}-\d\d-\d\d$/, "a day such as '2026-11-28'");
    return this.#read(this.#key(tenant, `:d:${day}`));
  }

  /**
   * Writes the totals of this hour and some before to the table `usage_hours`, on a schedule. A row is a total, and the greater
   * one stays, so that it may run twice, late, or beside another, and be killed.
   *
   * @param client pool or client of PostgreSQL.
   * @returns the number of rows that were sent.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`; what was written before stays, and the next flush writes the rest.
   */
  async flush(client: Statements, options: FlushOptions = {}): Promise<number> {
    const { hours } = wholeNumbers({ hours: 2 }, options, ['hours']);
    mustBe(hours <= MOST_HOURS, 'hours', `at most ${MOST_HOURS}`, hours);
    const now = this.#options.connection.now() + this.#aheadMs;
    let sent = 0;
    let totals: HourTotal[] = [];
    const write = async () => {
      if (totals.length > 0) await writeTotals(client, this.#options.name, totals);
      sent += totals.length;
      totals = [];
    };
    for (let before = hours; before >= 0; before--) {
      const at = now - before * HOUR_MS;
      const hour = new Date(Math.floor(at / HOUR_MS) * HOUR_MS);
      for (const tenant of await this.#tenants(at)) {
        const { byMeter } = await this.#read(this.#counts(tenant, at)[0]);
        for (const [meter, units] of byMeter) totals.push({ tenant, hour, meter, units });
        if (totals.length >= BATCH) await write();
      }
    }
    await write();
    return sent;
  }

  /** Puts a tenant on the list of its hour before it is counted there: a flush finds it, whatever ends this process. */
  async #list(tenant: string, now: number): Promise<void> {
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== this.#listedHour || this.#listed.size >= MOST_LISTED) this.#listed = new Set();
    this.#listedHour = hour;
    if (this.#listed.has(tenant)) return;
    const { connection } = this.#options;
    const { replicated } = await runReplicated(
      connection,
      LIST_TENANT,
      [this.#listKey(hour, (fnv(tenant) >>> 0) % PARTS)],
      [tenant, KEPT[0]],
    );
    if (replicated) this.#listed.add(tenant);
  }

  async #tenants(at: number): Promise<string[]> {
    const hour = Math.floor(at / HOUR_MS);
    const keys = Array.from({ length: PARTS }, (_, part) => this.#listKey(hour, part));
    const parts = await Promise.all(keys.map((key) => readCommand(this.#options.connection, key, (node) => node.smembers(key))));
    return parts.flat();
  }

  async #read(key: string): Promise<Usage> {
    const fields = await readCommand(this.#options.connection, key, (node) => node.hgetall(key));
    const units = new Map(Object.entries(fields).map(([meter, count]) => [meter, Number(count)]));
    const total = units.get(TOTAL) ?? 0;
    units.delete(TOTAL);
    return { total, byMeter: units };
  }

  /** Keys of the counts of the hour, the day and the month of a time. */
  #counts(tenant: string, now: number): [hour: string, day: string, month: string] {
    const time = new Date(now).toISOString();
    return [
      this.#key(tenant, `:h:${time.slice(0, 13)}`),
      this.#key(tenant, `:d:${time.slice(0, 10)}`),
      this.#key(tenant, `:m:${time.slice(0, 7)}`),
    ];
  }

  #key(tenant: string, rest: string): string {
    return patternKey(this.#options.connection.namespace, 'us', this.#options.name, tenant, rest);
  }

  #ids(tenant: string, period: number): string {
    return patternKey(this.#options.connection.namespace, 'ud', this.#options.name, tenant, `:${period}`);
  }

  #listKey(hour: number, part: number): string {
    return patternKey(this.#options.connection.namespace, 'ut', this.#options.name, `${hour}-${part}`);
  }
}
