import { checkText, mustBe, wholeNumbers } from '../../arguments';
import { mostOf, type Popularity } from './popularity';

/** Ids that are warmed before a time of day. */
export interface TimedWarming {
  /** Time of day in UTC, `08:45`; they are in the plans of the quarter of an hour before it. */
  readonly at: string;
  /** Day whose hour from `at` on is taken. */
  readonly like: 'yesterday' | 'last week';
}

/** Options of {@link warmPlan}; each part of a plan is asked for by its option. */
export interface WarmPlanOptions {
  /**
   * Ids that were read most in the last hour.
   * @default 0
   */
  readonly popular?: number;
  /**
   * Ids of times of day, as many as `popular` has, or 500.
   * @default - none
   */
  readonly atTimes?: readonly TimedWarming[];
  /**
   * Ids that are likely to be read most in the next hour.
   * @default 0
   */
  readonly predicted?: number;
  /**
   * Ids that are always in the plan, before all others.
   * @default - none
   */
  readonly declared?: readonly string[];
  /**
   * Time of the plan, in epoch milliseconds.
   * @default - now
   */
  readonly now?: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const QUARTER = HOUR / 4;

/** Bounds of a trend: what was read four times as often as before may be so once more, and not forty times. */
const MOST_TREND = 4;

/** Reads by which trends of a few reads are damped. */
const DAMPING = 16;

/**
 * Ids of a route to warm, each once, the most urgent first: those that are declared, those of times of day, the popular ones, and
 * those that are predicted.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used; `E_SHARED_UNAVAILABLE`
 */
export async function warmPlan(popularity: Popularity, route: string, options: WarmPlanOptions): Promise<string[]> {
  const { declared = [], atTimes = [], now = popularity.now() } = options;
  const { popular, predicted } = wholeNumbers({ popular: 0, predicted: 0 }, options, ['popular', 'predicted']);
  const plan = new Set(declared);
  const add = (ids: ReadonlyMap<string, number>, limit: number) => {
    for (const [id] of mostOf(ids, limit)) plan.add(id);
  };
  for (const { at, like } of atTimes) {
    checkText('atTimes.at', at, /^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day as 08:45');
    mustBe(like === 'yesterday' || like === 'last week', 'atTimes.like', "'yesterday' or 'last week'", like);
    const midnight = Math.floor(now / DAY) * DAY;
    const [hours = 0, minutes = 0] = at.split(':').map(Number);
    let next = midnight + hours * HOUR + minutes * (HOUR / 60);
    if (next < now) next += DAY;
    if (next - now > QUARTER) continue;
    const before = next - (like === 'yesterday' ? DAY : 7 * DAY);
    add(await popularity.hour(route, before), popular || 500);
    // An hour from 08:45 on is for the most part the list of nine o'clock.
    if (before % HOUR !== 0) add(await popularity.hour(route, before + HOUR), popular || 500);
  }
  if (popular > 0) for (const { id } of await popularity.top(route, { limit: popular })) plan.add(id);
  if (predicted > 0) add(await predict(popularity, route, now), predicted);
  return [...plan];
}

/**
 * Reads that are likely in the next hour: the greater of those of the same hour yesterday and last week, times how the last two
 * hours went; of an id that neither day has, those of the last hour.
 */
async function predict(popularity: Popularity, route: string, now: number): Promise<Map<string, number>> {
  const next = now + HOUR;
  const hour = (at: number) => popularity.hour(route, at);
  const asked = [hour(next - DAY), hour(next - 7 * DAY), hour(now - HOUR), hour(now - 2 * HOUR)] as const;
  const [yesterday, lastWeek, last, before] = await Promise.all(asked);
  const reads = new Map<string, number>();
  for (const id of new Set([...yesterday.keys(), ...lastWeek.keys(), ...last.keys()])) {
    const lately = last.get(id) ?? 0;
    const usual = Math.max(yesterday.get(id) ?? 0, lastWeek.get(id) ?? 0);
    const trend = (lately + DAMPING) / ((before.get(id) ?? 0) + DAMPING);
    reads.set(id, usual === 0 ? lately : usual * Math.min(MOST_TREND, Math.max(1 / MOST_TREND, trend)));
  }
  return reads;
}

/**
 * Share of an hour's reads that a plan covered, from 0 to 1: what the prediction is judged by, once the hour has passed. 1 where
 * nothing was read.
 *
 * @throws {CacheError} `E_SHARED_UNAVAILABLE`
 */
export async function coverage(popularity: Popularity, route: string, plan: readonly string[], at: number): Promise<number> {
  const reads = await popularity.hour(route, at);
  let [all, covered] = [0, 0];
  const planned = new Set(plan);
  for (const [id, count] of reads) {
    all += count;
    if (planned.has(id)) covered += count;
  }
  return all === 0 ? 1 : covered / all;
}
