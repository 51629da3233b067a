import type { Route } from '../../../lib/route';
import { systemClock } from '../../runtime/clock';
import type { Read } from '../../runtime/entry/cached-value';
import { RENEWAL } from '../../runtime/load/renewal';
import { coverage, type Popularity, warmPlan } from '../../runtime/patterns/popularity';
import { log } from '../log';
import { type MetricValues, reportMetrics } from './metrics';
import type { PacedLoads } from './paced-loads';
import type { WarmerOptions, WarmKey, WarmRoute } from './warm-options';
import type { Step } from './worker';

const HOUR = 3_600_000;

/**
 * Without a purge: reads the keys, and what the plans of the routes say. What is there is left alone as long as it has half of
 * its TTL left, and loaded anew after that. A run that has no time left, or that is stopped, is no failure: the next goes on.
 *
 * @throws {RangeError} where there are routes without `popularity`.
 */
export function planStep(options: WarmerOptions, loads: PacedLoads): Step<'WarmRequested'> {
  const { cache, keys, routes = [], popularity, runSeconds = 20, clock = systemClock } = options;
  if (routes.length > 0 && !popularity) {
    throw new RangeError("'popularity' must be given with 'routes', got: undefined; it is what their plans are made of");
  }
  const judged = new Map<string, number>();

  async function* planned(): AsyncGenerator<WarmKey> {
    yield* keys;
    for (const { route, plan, parameters, load } of routes) {
      for (const id of await warmPlan(popularity as Popularity, route.name, plan)) {
        yield { route, parameters: parameters(id), load: (handle) => load(handle, id) };
      }
    }
  }

  const warm: Parameters<PacedLoads['run']>[1] = async ({ route, parameters }, loader) => {
    const read = await cache.getOrSet(route, parameters, loader);
    if (read.outcome.reason === 'shared-unavailable') return 'stop';
    if (read.outcome.status !== 'hit' || !isHalfGone(route, read)) return undefined;
    return cache.getOrSet(route, parameters, loader, { ticket: RENEWAL });
  };

  return async () => {
    const values: { -readonly [Name in keyof MetricValues]: MetricValues[Name] } = {};
    try {
      const endsAt = clock.now() + runSeconds * 1000;
      const warmed = await loads.run(planned(), warm, endsAt);
      if (warmed > 0) values.KeysWarmed = warmed;
      const covered = await coverages(popularity, routes, judged);
      if (covered.length > 0) values.PredictedCoverage = covered;
    } catch (error) {
      // There is nothing to warm then, nor anything to make plans of.
      log.warn('nothing warmed', { error });
    }
    reportMetrics(values);
    return [];
  };
}

function isHalfGone({ freshness }: Route, { value, outcome }: Read<unknown>): boolean {
  if (!freshness) return false;
  const { negativeTtlSeconds, sharedTtlSeconds } = freshness;
  return outcome.ttlSeconds < (value === undefined ? negativeTtlSeconds : sharedTtlSeconds) / 2;
}

/**
 * Shares of the reads of the last whole hour, in percent, that the plans of the hour before it would have covered; each hour once
 * a process. Plans are made anew, of what was known then.
 */
async function coverages(
  popularity: Popularity | undefined,
  routes: readonly WarmRoute[],
  judged: Map<string, number>,
): Promise<number[]> {
  const shares: number[] = [];
  for (const { route, plan } of routes) {
    const { predicted, declared } = plan;
    if (!popularity || !predicted) continue;
    const last = Math.floor(popularity.now() / HOUR) - 1;
    if (judged.get(route.name) === last) continue;
    judged.set(route.name, last);
    const known = { predicted, ...(declared && { declared }), now: (last - 1) * HOUR };
    const ids = await warmPlan(popularity, route.name, known);
    shares.push(Math.round(1000 * (await coverage(popularity, route.name, ids, last * HOUR))) / 10);
  }
  return shares;
}
