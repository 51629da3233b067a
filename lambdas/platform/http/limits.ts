import type { Route } from '../../../lib/route';
import type { RedisConnection } from '../../runtime/connection/redis-connection';
import type { PatternMetrics } from '../../runtime/patterns/metrics';
import { limitHeaders, RateLimiter } from '../../runtime/patterns/rate-limit';
import { limitedCaller } from './caller';
import { Problem } from './problem';
import type { ProxyEvent } from './request';

/** Limits of routes. */
export class RouteLimits {
  readonly #limiters = new Map<Route, RateLimiter>();

  /** @throws {RangeError} where a route has a limit, and there is no connection to count with. */
  constructor(routes: readonly Route[], connection: RedisConnection | undefined, metrics: PatternMetrics | undefined) {
    for (const route of routes) {
      if (!route.limit) continue;
      if (!connection) {
        throw new RangeError(
          `'connection' must be given to count the requests of route '${route.name}', which has a limit, got: undefined; ` +
            "give 'createRouter' what 'connectionFromEnvironment()' returns",
        );
      }
      const { requests: limit, windowSeconds, algorithm = 'sliding-window', onUnavailable } = route.limit;
      const name = `route-${route.name}`;
      this.#limiters.set(
        route,
        new RateLimiter({ connection, name, algorithm, limit, windowSeconds, onUnavailable, ...(metrics && { metrics }) }),
      );
    }
  }

  /**
   * Counts a request.
   *
   * @returns headers for its response, that tell the caller of the limit; none where the edge keeps the response for others.
   * @throws {Problem} 429 where it is one too many.
   */
  async count(route: Route, event: ProxyEvent): Promise<Record<string, string>> {
    const limiter = this.#limiters.get(route);
    if (!limiter || !route.limit) return {};
    const decision = await limiter.consume(limitedCaller(event, route.limit) || '-');
    const headers = limitHeaders(decision);
    if (!decision.allowed) {
      const { limit, windowSeconds } = decision;
      throw new Problem(429, `at most ${limit} requests in ${windowSeconds} s; ask again after 'retry-after' seconds`, headers);
    }
    return route.freshness?.edgeTtlSeconds ? {} : headers;
  }
}
