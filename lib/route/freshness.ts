import type { Route } from './route';

/**
 * Time for which the edge may keep a response, in whole seconds (`s-maxage`).
 *
 * The stage cache replays a stored response, headers included, for its whole TTL. So the edge may be told only what the inner
 * tiers have left once the gateway has kept the response for as long as it can.
 *
 * @param remainingInnerSeconds what the entry has left in the shared tier; a copy in memory keeps the shared tier's clock.
 */
export function edgeMaxAgeSeconds(route: Route, remainingInnerSeconds: number): number {
  if (!route.freshness) return 0;
  const { edgeTtlSeconds, gatewayTtlSeconds } = route.freshness;
  return Math.max(0, Math.min(edgeTtlSeconds, Math.floor(remainingInnerSeconds) - gatewayTtlSeconds));
}

/** Time after their freshness for which the inner tiers and the edge may serve a value, in seconds. */
function staleWindowSeconds({ staleWhileRevalidateSeconds, staleIfErrorSeconds }: NonNullable<Route['freshness']>): number {
  return Math.max(staleWhileRevalidateSeconds, staleIfErrorSeconds);
}

/**
 * Age that a response can reach at the edge when every purge of it was lost, in seconds: the shared tier's TTL, since memory
 * keeps that clock and the edge is told what is left of it; plus the gateway's, which takes a value near its end of life for a
 * whole TTL; plus the longer of the stale windows, once, since a value that is served stale is kept by no outer tier.
 */
export function worstCaseStalenessSeconds(route: Route): number {
  if (!route.freshness) return 0;
  const { memoryTtlSeconds, sharedTtlSeconds, gatewayTtlSeconds } = route.freshness;
  return (sharedTtlSeconds || memoryTtlSeconds) + gatewayTtlSeconds + staleWindowSeconds(route.freshness);
}

/**
 * Uses that the edge may make of a response after its TTL, as directives of `Cache-Control`; none for a route that the gateway
 * caches, which would replay them.
 *
 * @example `stale-while-revalidate=60, stale-if-error=600`
 */
export function staleDirectives(route: Route): string[] {
  if (!route.freshness || route.freshness.gatewayTtlSeconds > 0) return [];
  const { staleWhileRevalidateSeconds, staleIfErrorSeconds } = route.freshness;
  return [
    ...(staleWhileRevalidateSeconds > 0 ? [`stale-while-revalidate=${staleWhileRevalidateSeconds}`] : []),
    ...(staleIfErrorSeconds > 0 ? [`stale-if-error=${staleIfErrorSeconds}`] : []),
  ];
}

/**
 * Drain: time after the shared tier's acknowledgement of a purge for which inner tiers can still serve the old value, in seconds.
 * What memory keeps, of hot keys too, plus how long tag versions are cached, plus the longest a request can be in flight. Outer
 * tiers are purged after it.
 */
export function drainSeconds(routes: readonly Route[], tagTtlSeconds: number, functionTimeoutSeconds: number): number {
  const memory = Math.max(0, ...routes.map((route) => route.freshness?.hotMemoryTtlSeconds ?? 0));
  return memory + tagTtlSeconds + functionTimeoutSeconds;
}
