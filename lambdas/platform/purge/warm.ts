import { routeTags } from '../../../lib/route';
import { systemClock } from '../../runtime/clock';
import { Ticket } from '../../runtime/ticket';
import { reportMetrics } from './metrics';
import { PacedLoads } from './paced-loads';
import type { WarmerOptions, WarmKey } from './warm-options';
import { planStep } from './warm-plans';
import { createWorker, type QueueEvent, type QueueResponse, type Step } from './worker';

/** More keys than this don't fit into one invocation at the default rate. */
const MAX_KEYS = 200;

/**
 * A handler for the worker of a `CacheWarmer`: after a purge it reads the keys again that carry a purged tag, so that the first
 * viewer finds them in the shared tier; where it is called otherwise it reads all of them, and what the plans of its routes say.
 * It stops where the database is away, or takes twice as long as usual.
 *
 * @throws {RangeError} where there are too many keys, or routes without `popularity`.
 */
export function createWarmer(options: WarmerOptions): (event: QueueEvent) => Promise<QueueResponse> {
  const loads = new PacedLoads(options.readsPerSecond ?? 10, options.clock ?? systemClock);
  return createWorker({ PurgeRequested: warmStep(options, loads), WarmRequested: planStep(options, loads) });
}

/**
 * After a purge: reads those of the keys again that carry a purged tag, one after the other and no faster than the rate. What
 * fails is left to the next reader.
 *
 * @throws {RangeError} where there are too many keys.
 */
export function warmStep({ cache, keys }: WarmerOptions, loads: PacedLoads): Step<'PurgeRequested'> {
  if (keys.length > MAX_KEYS)
    throw new RangeError(`'keys' must be at most ${MAX_KEYS}, got: ${keys.length}; warm the hottest only`);
  const known = keys.map((key) => ({ key, tags: routeTags(key.route, key.parameters) }));
  return async (messages) => {
    const versions = new Map<string, string>();
    for (const { detail } of messages) {
      for (const tag of detail.tags) if ((versions.get(tag) ?? '') < detail.version) versions.set(tag, detail.version);
    }
    const purged = new Map<WarmKey, readonly string[]>();
    for (const { key, tags } of known) {
      const those = tags.filter((tag) => versions.has(tag));
      if (those.length > 0) purged.set(key, those);
    }
    const warmed = await loads.run(purged.keys(), (key, loader) => {
      // Past this process's memory, which hears of no purge.
      const ticket = (purged.get(key) ?? []).reduce((so, tag) => so.with({ tag }, versions.get(tag) as string), Ticket.empty);
      return cache.getOrSet(key.route, key.parameters, loader, { ticket });
    });
    if (warmed > 0) reportMetrics({ KeysWarmed: warmed });
    return [];
  };
}
