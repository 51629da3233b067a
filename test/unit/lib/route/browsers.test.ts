import { cached } from '../../../../lambdas/platform/http/response';
import type { Outcome } from '../../../../lambdas/runtime/telemetry/outcome';
import { defineRoute, type Freshness } from '../../../../lib/route';

const TTLS = { sharedTtlSeconds: 600, edgeTtlSeconds: 60 };

const route = (freshness: Partial<Freshness>, tags: string[] = []) =>
  defineRoute({ name: 'asset', path: '/assets/{id}', freshness: { ...TTLS, ...freshness }, tags });

/** `Cache-Control` of a read with this much left in the inner tiers. */
function control(
  freshness: Partial<Freshness>,
  { value = 'a', ttlSeconds = 600 }: { value?: string | null; ttlSeconds?: number } = {},
): string | undefined {
  const outcome: Outcome = {
    tier: 'shared',
    status: 'hit',
    collapsed: false,
    stored: false,
    ageSeconds: 0,
    ttlSeconds,
    tags: [],
  };
  return cached(route(freshness), { value: value ?? undefined, outcome }).headers['cache-control'];
}

describe('what browsers may keep', () => {
  test.each([
    [{ browserTtlSeconds: -1 }, "'freshness.browserTtlSeconds' must be a whole number of seconds, got: -1"],
    [{ browserTtlSeconds: 0.5 }, "'freshness.browserTtlSeconds' must be a whole number of seconds, got: 0.5"],
    [{ immutable: true }, "'freshness.immutable' must be false without a 'browserTtlSeconds', for which it holds, got: true"],
  ])('refuses %j', (freshness, message) => {
    expect(() => route(freshness)).toThrow(`route 'asset': ${message}`);
  });

  test('a route with tags must say that purges of them reach no browser', () => {
    expect(() => route({ browserTtlSeconds: 60 }, ['asset:{id}'])).toThrow(
      "route 'asset': 'freshness.browserTtlSeconds' must be 0 with 'tags', because no purge of them reaches a browser; set it to 0, or say 'purgeLeavesBrowsers: true', got: 60",
    );
    expect(route({ browserTtlSeconds: 60, purgeLeavesBrowsers: true }, ['asset:{id}']).freshness).toMatchObject({
      browserTtlSeconds: 60,
    });
  });

  test('is nothing, unless the route says so', () => {
    expect(control({})).toBe('public, must-revalidate, s-maxage=60');
    expect(route({}).freshness).not.toHaveProperty('browserTtlSeconds');
  });

  test('is said beside what shared caches may keep', () => {
    expect(control({ browserTtlSeconds: 3600 })).toBe('public, must-revalidate, max-age=3600, s-maxage=60');
    expect(control({ browserTtlSeconds: 3600, immutable: true })).toBe(
      'public, must-revalidate, max-age=3600, s-maxage=60, immutable',
    );
    expect(control({ browserTtlSeconds: 3600, staleWhileRevalidateSeconds: 30 })).toBe(
      'public, max-age=3600, s-maxage=60, stale-while-revalidate=30',
    );
  });

  test('is neither an absence nor what no tier may keep', () => {
    const nothing = 'public, must-revalidate, s-maxage=60';
    expect(control({ browserTtlSeconds: 3600, immutable: true }, { value: null })).toBe(nothing);
    expect(control({ browserTtlSeconds: 3600 }, { ttlSeconds: 0 })).toBe('public, must-revalidate, s-maxage=0');
  });
});
