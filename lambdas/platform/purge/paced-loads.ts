import type { Clock } from '../../runtime/clock';
import type { Handle } from '../../runtime/versions/postgres';
import { log } from '../log';
import { isUnavailable } from '../unavailable';
import type { WarmKey } from './warm-options';

/** Loads of a route after which their latency is judged. */
const WINDOW = 5;
/** Latency that says nothing, in milliseconds: a load of 1 ms that takes 3 is no trouble. */
const NOISE_MS = 5;
/** Weight of what was usual so far. */
const MEMORY = 0.8;

/** Latency of a route's loads: the usual one, and those that it isn't judged by yet. */
interface Latency {
  usualMs?: number;
  recent: number[];
}

/**
 * Loads of a warmer, one after the other: no faster than a rate, and none more once the database is away, or a route's loads take
 * twice as long as usual. It has viewers to answer.
 */
export class PacedLoads {
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #latencies = new Map<string, Latency>();

  constructor(loadsPerSecond: number, clock: Clock) {
    this.#everyMs = 1000 / loadsPerSecond;
    this.#clock = clock;
  }

  /**
   * Reads keys until there are none, or no more.
   *
   * @param read reads a key through the cache with the loader that it is given; `stop` where what is loaded can't be stored.
   * @param endsAt time from which nothing more is begun.
   * @returns the number of keys that were loaded.
   */
  async run(
    keys: Iterable<WarmKey> | AsyncIterable<WarmKey>,
    read: (key: WarmKey, loader: (handle: Handle) => Promise<unknown>) => Promise<unknown>,
    endsAt = Number.POSITIVE_INFINITY,
  ): Promise<number> {
    let loaded = 0;
    for await (const key of keys) {
      const startedAt = this.#clock.now();
      if (startedAt >= endsAt) return loaded;
      const { name } = key.route;
      let tookMs: number | undefined;
      let failure: unknown;
      const loader = async (handle: Handle) => {
        const began = this.#clock.now();
        try {
          const value = await key.load(handle);
          tookMs = this.#clock.now() - began;
          return value;
        } catch (error) {
          failure = error;
          throw error;
        }
      };
      try {
        if ((await read(key, loader)) === 'stop') return stopped(loaded, name, 'the shared tier is away');
      } catch (error) {
        failure = error;
      }
      // A stale value may have been served in place of a load that failed.
      if (failure !== undefined) log.warn('key not warmed', { route: name, error: failure });
      if (isUnavailable(failure)) return stopped(loaded, name, 'the database is away, or has too much to do');
      if (tookMs !== undefined) loaded++;
      if (tookMs !== undefined && this.#hasDoubled(name, tookMs)) {
        return stopped(loaded, name, 'loads take twice as long as usual');
      }
      // What was there cost the database nothing.
      if (tookMs === undefined && failure === undefined) continue;
      await this.#clock.sleep(Math.max(0, this.#everyMs - (this.#clock.now() - startedAt)));
    }
    return loaded;
  }

  #hasDoubled(route: string, tookMs: number): boolean {
    const latency = this.#latencies.get(route) ?? { recent: [] };
    this.#latencies.set(route, latency);
    latency.recent.push(tookMs);
    if (latency.recent.length < WINDOW) return false;
    const median = latency.recent.sort((a, b) => a - b)[(WINDOW - 1) / 2] as number;
    latency.recent = [];
    const { usualMs = median } = latency;
    if (median > Math.max(2 * usualMs, NOISE_MS)) return true;
    latency.usualMs = MEMORY * usualMs + (1 - MEMORY) * median;
    return false;
  }
}

function stopped(loaded: number, route: string, reason: string): number {
  log.warn('warming stopped', { route, reason, loaded });
  return loaded;
}
