import type { Route } from './route';

/**
 * How long the edge may keep a response, in whole seconds (`s-maxage`).
 *
 * The stage cache replays a stored response, headers included, for its whole TTL. So the edge may be told only what the inner tiers
 * have left once the gateway has kept the response for as long as it can.
 *
 * @param remainingInnerSeconds what the entry has left in the shared tier; a copy in memory keeps the shared tier's clock.
 */
export function edgeMaxAgeSeconds(route: Route, remainingInnerSeconds: number): number {
  if (!route.freshness) return 0;
  const { edgeTtlSeconds, gatewayTtlSeconds } = route.freshness;
  return Math.max(0, Math.min(edgeTtlSeconds, Math.floor(remainingInnerSeconds) - gatewayTtlSeconds));
}

/**
 * How old a response can be at the edge when every purge of it was lost, in seconds: the shared tier's TTL, since memory keeps that
 * clock and the edge is told what is left of it, plus the gateway's, which takes a value near its end of life for a whole TTL.
 */
export function worstCaseStalenessSeconds(route: Route): number {
  return route.freshness ? route.freshness.sharedTtlSeconds + route.freshness.gatewayTtlSeconds : 0;
}

/**
 * How long after the shared tier's acknowledgement of a purge the inner tiers can still hand out the old value, in seconds: what memory
 * keeps, plus how long tag versions are cached, plus the longest a request can be in flight. Outer tiers are purged after it.
 */
export function settleSeconds(routes: readonly Route[], tagTtlSeconds: number, functionTimeoutSeconds: number): number {
  const memory = Math.max(0, ...routes.map((route) => route.freshness?.memoryTtlSeconds ?? 0));
  return memory + tagTtlSeconds + functionTimeoutSeconds;
}
