import { type Route, type RouteParameters, routeTags } from '../../../lib/route';
import type { Cache } from '../../runtime/cache';
import { type Clock, systemClock } from '../../runtime/clock';
import { Ticket } from '../../runtime/ticket';
import type { Handle } from '../../runtime/versions/postgres';
import { log } from '../log';
import { reportMetrics } from './metrics';
import { createWorker, type QueueEvent, type QueueResponse, type Step } from './worker';

/** A key that is worth being read again as soon as it was purged. */
export interface WarmKey {
  /** Route of the key. */
  readonly route: Route;
  /** Parameters of the route, as the handler makes its key of them. */
  readonly parameters: RouteParameters;
  /** Loads the value, as the route's handler does. */
  load(handle: Handle): Promise<unknown>;
}

/** Options of a warmer. */
export interface WarmerOptions {
  /** Cache that the keys are read through, which fills the shared tier. */
  readonly cache: Pick<Cache<Handle>, 'getOrSet'>;

  /** Keys, at most 200: the hottest only. */
  readonly keys: readonly WarmKey[];

  /**
   * Reads a second of one invocation: what reaches the database of a purge of everything.
   * @default 10
   */
  readonly readsPerSecond?: number;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

/** More keys than this don't fit into one invocation at the default rate. */
const MAX_KEYS = 200;

/**
 * A handler for the worker of a `CacheWarmer`: after a purge it reads the keys again that carry a purged tag, so that the first
 * viewer finds them in the shared tier.
 *
 * @throws {RangeError} where there are too many keys.
 */
export function createWarmer(options: WarmerOptions): (event: QueueEvent) => Promise<QueueResponse> {
  return createWorker({ PurgeRequested: warmStep(options) });
}

/**
 * After a purge: reads those of the keys again that carry a purged tag, one after the other and no faster than the rate. What
 * fails is left to the next reader.
 *
 * @throws {RangeError} where there are too many keys.
 */
export function warmStep({ cache, keys, readsPerSecond = 10, clock = systemClock }: WarmerOptions): Step<'PurgeRequested'> {
  if (keys.length > MAX_KEYS)
    throw new RangeError(`'keys' must be at most ${MAX_KEYS}, got: ${keys.length}; warm the hottest only`);
  const known = keys.map((key) => ({ key, tags: routeTags(key.route, key.parameters) }));
  return async (messages) => {
    const versions = new Map<string, string>();
    for (const { detail } of messages) {
      for (const tag of detail.tags) if ((versions.get(tag) ?? '') < detail.version) versions.set(tag, detail.version);
    }
    let warmed = 0;
    for (const { key, tags } of known) {
      const purged = tags.filter((tag) => versions.has(tag));
      if (purged.length === 0) continue;
      const startedAt = clock.now();
      try {
        // Past this process's memory, which hears of no purge.
        const ticket = purged.reduce((so, tag) => so.with({ tag }, versions.get(tag) as string), Ticket.empty);
        await cache.getOrSet(key.route, key.parameters, (handle) => key.load(handle), { ticket });
        warmed += 1;
      } catch (error) {
        log.warn('key not warmed', { route: key.route.name, error });
      }
      await clock.sleep(Math.max(0, 1000 / readsPerSecond - (clock.now() - startedAt)));
    }
    if (warmed > 0) reportMetrics({ KeysWarmed: warmed });
    return [];
  };
}
