import { type Route, type RouteParameters, routeTags } from '../../../lib/route';
import { type Clock, systemClock } from '../../runtime/clock';
import { Ticket } from '../../runtime/ticket';
import { log } from '../log';
import { reportMetrics } from './metrics';
import type { Step } from './worker';

/** A key that is worth being read again as soon as it was purged. */
export interface WarmKey {
  readonly route: Route;
  readonly parameters: RouteParameters;
  /** Reads it through the cache, which fills the shared tier. @param ticket what the value must be as new as. */
  read(ticket: Ticket): Promise<unknown>;
}

export interface WarmOptions {
  readonly keys: readonly WarmKey[];
  /**
   * Reads a second of one invocation: what reaches the database of a purge of everything.
   * @default 10
   */
  readonly readsPerSecond?: number;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/** More keys than this don't fit into one invocation at the default rate. */
const MAX_KEYS = 200;

/**
 * After a purge: reads those of the keys again that carry a purged tag, one after the other and no faster than the rate. What
 * fails is left to the next reader.
 *
 * @throws {RangeError} where there are too many keys.
 */
export function warmStep({ keys, readsPerSecond = 10, clock = systemClock }: WarmOptions): Step<'PurgeRequested'> {
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
        await key.read(purged.reduce((ticket, tag) => ticket.with({ tag }, versions.get(tag) as string), Ticket.empty));
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
