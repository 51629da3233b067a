import type { Random } from '../../consistency/random';

/** Tenants, of which every tenth asks for five times what it may; the others for half. */
export const TENANTS = 200;
export const ENDPOINTS = 5;
const TOO_MUCH = 5;
const ENOUGH = 0.5;

/**
 * Upstreams, which two of them may be called whenever an answer has aged; the third is asked more often than its budget allows.
 */
export const UPSTREAMS: readonly { readonly name: string; readonly ttlSeconds: number; readonly calls?: number }[] = [
  { name: 'weather', ttlSeconds: 10 },
  { name: 'exchange', ttlSeconds: 10 },
  { name: 'scarce', ttlSeconds: 1, calls: 20 },
];

const asksTooMuch = (tenant: number): boolean => tenant % 10 === 0;

/** Limits by their number: one for each tenant and endpoint. */
export function limitKeys() {
  const weight = (tenant: number) => (asksTooMuch(tenant) ? TOO_MUCH : ENOUGH);
  const cumulative: number[] = [];
  let sum = 0;
  for (let tenant = 1; tenant <= TENANTS; tenant++) {
    sum += weight(tenant);
    cumulative.push(sum);
  }
  return {
    /** Requests of all in a window, by those that one limit admits in it. */
    load: sum * ENDPOINTS,
    of: (key: number) => ({ tenant: Math.floor(key / ENDPOINTS) + 1, endpoint: key % ENDPOINTS }),
    /** Limits that are asked for more than they admit. */
    saturated: (): number[] =>
      Array.from({ length: TENANTS * ENDPOINTS }, (_, key) => key).filter((key) => asksTooMuch(Math.floor(key / ENDPOINTS) + 1)),
    pick(random: Random): number {
      const at = random.next() * sum;
      let [low, high] = [0, TENANTS - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (cumulative[middle]! > at) high = middle;
        else low = middle + 1;
      }
      return low * ENDPOINTS + Math.floor(random.next() * ENDPOINTS);
    },
  };
}

/** An answered request: its decision fell between the two. */
export interface Answered {
  readonly sent: number;
  readonly answered: number;
  readonly admitted: boolean;
}

/** An admitted one. */
export type Admission = Pick<Answered, 'sent' | 'answered'>;

/**
 * Requests that a limit allows of those that were asked for, window by window from the first request on: the limit, or all of a
 * window in which fewer were asked for. Of a last window that isn't whole it allows a part.
 */
export function allowed(sent: readonly number[], limit: number, windowMs: number, endsAt: number): number {
  const begin = Math.min(...sent);
  const windows = new Map<number, number>();
  for (const time of sent) {
    const window = Math.floor((time - begin) / windowMs);
    windows.set(window, (windows.get(window) ?? 0) + 1);
  }
  return [...windows].reduce((sum, [window, count]) => {
    const share = window === 0 ? 1 : Math.min(1, (endsAt - begin) / windowMs - window);
    return sum + Math.min(limit * share, count);
  }, 0);
}

/**
 * Intervals of a window's length in which more requests were admitted than the limit, for certain: sent and answered within.
 * Whoever was decided on at an edge of it isn't counted.
 */
export function exceeded(admissions: readonly Admission[], limit: number, windowMs: number): number {
  const byBegin = [...admissions].sort((a, b) => a.sent - b.sent);
  let intervals = 0;
  for (const [first, { sent }] of byBegin.entries()) {
    let count = 0;
    for (let at = first; at < byBegin.length && byBegin[at]!.sent < sent + windowMs; at++) {
      if (byBegin[at]!.answered < sent + windowMs) count++;
    }
    if (count > limit) intervals++;
  }
  return intervals;
}

/** Calls beyond a budget, in minutes as clocks have them. @param at epoch milliseconds */
export function overBudget(at: readonly number[], calls: number): number {
  const minutes = new Map<number, number>();
  for (const time of at) minutes.set(Math.floor(time / 60_000), (minutes.get(Math.floor(time / 60_000)) ?? 0) + 1);
  return [...minutes.values()].reduce((over, count) => over + Math.max(0, count - calls), 0);
}
