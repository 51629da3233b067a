/** Requests that an entry of a route is for, where it isn't for everybody; also the name of the parameter that has the id. */
export type RouteScope = 'caller';

/** TTLs of the tiers outside of the function, in seconds. */
interface OuterTtls {
  readonly edgeTtlSeconds: number;
  readonly gatewayTtlSeconds: number;
  readonly browserTtlSeconds?: number;
}

/** Checks that what is of one caller is kept within only. @param fail throws. */
export function checkScope(
  scope: unknown,
  freshness: OuterTtls | undefined,
  fail: (property: string, rule: string, got: unknown) => never,
): void {
  if (scope !== 'caller') fail('scope', "must be 'caller', or left out for entries that are for everybody", scope);
  if (!freshness) fail('scope', "must be left out without 'freshness', without which there are no entries", scope);
  const { edgeTtlSeconds = 0, gatewayTtlSeconds = 0, browserTtlSeconds = 0 } = freshness ?? {};
  for (const [property, value, because] of [
    ['edgeTtlSeconds', edgeTtlSeconds, 'the edge would answer one caller with what is of another'],
    ['gatewayTtlSeconds', gatewayTtlSeconds, 'the stage cache would answer one caller with what is of another'],
    ['browserTtlSeconds', browserTtlSeconds, 'somebody else may sign in at the browser meanwhile'],
  ] as const) {
    if (value > 0) fail(`freshness.${property}`, `must be 0 with a 'scope' of 'caller', because ${because}`, value);
  }
}
