import { cacheControl } from '../../../lambdas/platform/http/response';
import type { Namespace } from '../../../lambdas/runtime';
import { entryState } from '../../../lambdas/runtime/entry/entry-state';
import { checkPolicy } from '../../../lambdas/runtime/policy';
import { defineRoute, type Freshness, staleDirectives, worstCaseStalenessSeconds } from '../../../lib/route';
import { type OneValue, pausedLoader, platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

const policy = {
  freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 100, staleWhileRevalidateSeconds: 50, staleIfErrorSeconds: 500 },
  tags: ['thing'],
  jitter: 0,
};

/** Two processes with a namespace each, over one shared tier. */
function two(given: Parameters<ReturnType<typeof platform>['a']['namespace']>[1] = policy, options = {}) {
  const all = platform(options);
  return { ...all, a: all.a.namespace('things', given), b: all.b.namespace('things', given), caches: [all.a, all.b] as const };
}
const read = (things: Namespace<undefined>, source: OneValue) => things.read('k', async () => source.value);
const fail = async () => {
  throw new Error('no such server');
};

describe('an entry past its freshness', () => {
  test('is served stale to all but the one who loads it anew', async () => {
    const { clock, source, a, b } = two();
    await read(a, source);
    await clock.advance(110_000);
    source.write('v2');
    const paused = pausedLoader(source);
    const refresher = a.read('k', paused.loader);
    await paused.started;
    const others = await Promise.all([read(a, source), read(a, source), read(b, source)]);
    expect(others.map(({ value, outcome }) => [value, outcome.status])).toEqual(Array(3).fill(['v1', 'stale']));
    expect(others[0]?.outcome).toMatchObject({ tier: 'shared', ttlSeconds: 0 });
    paused.letGo();
    expect((await refresher).value).toBe('v2');
    expect((await read(b, source)).outcome).toMatchObject({ tier: 'shared', status: 'hit' });
    expect(source.loads).toHaveLength(2);
  });

  test('is served stale where its load fails, and the lease keeps others from trying at once', async () => {
    const { clock, source, a, b } = two();
    await read(a, source);
    await clock.advance(110_000);
    expect(await a.read('k', fail)).toMatchObject({ value: 'v1', outcome: { status: 'stale', reason: 'load-failed' } });
    expect((await read(b, source)).outcome.status).toBe('stale');
    await clock.advance(1501);
    expect((await read(b, source)).outcome).toMatchObject({ status: 'miss', stored: true });
  });

  test('is loaded again a second after its load failed, and served as it is meanwhile', async () => {
    const { clock, source, a } = two();
    await read(a, source);
    await clock.advance(160_000);
    let tries = 0;
    const failing = async () => {
      tries++;
      return fail();
    };
    for (let i = 0; i < 20; i++) {
      expect(await a.read('k', failing)).toMatchObject({ value: 'v1', outcome: { status: 'stale', reason: 'load-failed' } });
    }
    expect(tries).toBe(1);
    await clock.advance(1001);
    await a.read('k', failing);
    expect(tries).toBe(2);
    await clock.advance(1001);
    expect((await read(a, source)).outcome).toMatchObject({ status: 'miss', stored: true });
  });

  test('is served after the stale window only where its load fails, until the window of errors ends too', async () => {
    const { clock, source, a } = two();
    await read(a, source);
    await clock.advance(160_000);
    expect(await a.read('k', fail)).toMatchObject({ value: 'v1', outcome: { status: 'stale', reason: 'load-failed' } });
    await clock.advance(441_000);
    await expect(a.read('k', fail)).rejects.toThrow('no such server');
  });

  test('is a miss without stale windows', async () => {
    const { clock, source, a } = two({ freshness: { sharedTtlSeconds: 100 }, jitter: 0 });
    await read(a, source);
    await clock.advance(100_000);
    expect((await read(a, source)).outcome.status).toBe('miss');
    await clock.advance(100_000);
    await expect(a.read('k', fail)).rejects.toThrow('no such server');
  });

  test('is loaded beside the answer in a process that lives on', async () => {
    const { clock, source, a, caches } = two(policy, { background: true });
    await read(a, source);
    await clock.advance(110_000);
    source.write('v2');
    expect(await read(a, source)).toMatchObject({ value: 'v1', outcome: { status: 'stale' } });
    await caches[0].close();
    expect(await read(a, source)).toMatchObject({ value: 'v2', outcome: { status: 'hit' } });
  });

  test("a load in the background that fails is nobody else's error", async () => {
    const { clock, source, a, caches } = two(policy, { background: true });
    await read(a, source);
    await clock.advance(110_000);
    expect((await a.read('k', fail)).value).toBe('v1');
    await caches[0].close();
  });
});

describe('a purge that expires', () => {
  test('a tag: its entries are stale until one reader has loaded them anew', async () => {
    const { source, a, b } = two();
    await read(a, source);
    const version = source.write('v2');
    await a.purge({ tags: ['thing'], mode: 'expire', version });
    const paused = pausedLoader(source);
    const refresher = a.read('k', paused.loader);
    await paused.started;
    expect(await read(a, source)).toMatchObject({ value: 'v1', outcome: { status: 'stale' } });
    paused.letGo();
    expect((await refresher).value).toBe('v2');
    expect((await read(b, source)).value).toBe('v2');
  });

  test('a key: its entry is stale, and a load that was under way is not stored', async () => {
    const { source, a, b } = two();
    await read(a, source);
    await a.purge({ keys: ['k'], mode: 'expire', version: source.write('v2') });
    const paused = pausedLoader(source);
    const refresher = a.read('k', paused.loader);
    await paused.started;
    await a.purge({ keys: ['k'], mode: 'expire', version: source.write('v3') });
    paused.letGo();
    expect((await refresher).outcome).toMatchObject({ stored: false, reason: 'fill-rejected' });
    expect(await b.get('k')).toBe('v1');
    expect((await read(b, source)).value).toBe('v3');
    expect(await b.get('k')).toBe('v3');
  });

  test('a tag expired during a load leaves the entry stale', async () => {
    const { source, a, b } = two();
    const paused = pausedLoader(source);
    const slow = a.read('k', paused.loader);
    await paused.started;
    await b.purge({ tags: ['thing'], mode: 'expire', version: source.write('v2') });
    paused.letGo();
    await slow;
    expect((await read(b, source)).value).toBe('v2');
  });

  test('removes where there is no stale window', async () => {
    const { source, a } = two({ freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 100 } });
    await read(a, source);
    await a.purge({ keys: ['k'], mode: 'expire', version: source.write('v2') });
    expect((await read(a, source)).value).toBe('v2');
  });

  test('removes where the route does not allow it', async () => {
    const { source, caches } = two();
    const [cache] = caches;
    const route = (expire: boolean) =>
      defineRoute({
        name: `r-${expire}`,
        path: '/r',
        freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 100, staleWhileRevalidateSeconds: 50, expire },
        tags: ['r'],
      });
    const [refusing, allowing] = [route(false), route(true)];
    for (const each of [refusing, allowing]) await cache.getOrSet(each, {}, async () => source.value);
    await cache.purgeTags(['r'], { version: source.write('v2'), mode: 'expire' });
    await expect(cache.getOrSet(refusing, {}, fail)).rejects.toThrow('no such server');
    expect((await cache.getOrSet(allowing, {}, fail)).outcome.status).toBe('stale');
  });
});

describe('an early refresh', () => {
  /** The value takes two seconds to load. */
  async function slowly(random: () => number) {
    const all = two({ freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 100 }, jitter: 0 }, { random });
    const load = all.a.read('k', async () => {
      await all.clock.sleep(2000);
      return all.source.value;
    });
    await settled();
    await all.clock.advance(2000);
    await load;
    return all;
  }

  test('is begun by one reader before the freshness ends, and the others get the fresh value', async () => {
    // -ln(1 - 0.9) is 2.3, so this reader begins 4.6 s before the end, which is 100 s after the load began.
    const { clock, source, a, b } = await slowly(() => 0.9);
    await clock.advance(93_000);
    expect((await read(a, source)).outcome.status).toBe('hit');
    await clock.advance(1000);
    source.write('v2');
    const paused = pausedLoader(source);
    const refresher = a.read('k', paused.loader);
    await paused.started;
    expect(await read(b, source)).toMatchObject({ value: 'v1', outcome: { status: 'hit', tier: 'shared' } });
    expect(await read(a, source)).toMatchObject({ value: 'v1', outcome: { status: 'hit' } });
    paused.letGo();
    expect(await refresher).toMatchObject({ value: 'v2', outcome: { status: 'miss', stored: true } });
    expect((await read(b, source)).value).toBe('v2');
  });

  test('that fails costs nobody a value', async () => {
    const { clock, a } = await slowly(() => 0.9);
    await clock.advance(94_000);
    expect(await a.read('k', fail)).toMatchObject({ value: 'v1', outcome: { status: 'hit', reason: 'load-failed' } });
  });

  test('is not begun by who draws a small number', async () => {
    const { clock, source, a } = await slowly(() => 0.1);
    await clock.advance(97_000);
    await read(a, source);
    expect(source.loads).toHaveLength(1);
  });

  test('no value is served to a reader who asked after a purge, while it is loaded', async () => {
    const { clock, source, a, b } = await slowly(() => 0.9);
    await clock.advance(94_000);
    const paused = pausedLoader(source);
    const refresher = a.read('k', paused.loader);
    await paused.started;
    await b.delete('k', { version: source.write('v2') });
    expect((await read(a, source)).value).toBe('v2');
    paused.letGo();
    expect((await refresher).outcome.reason).toBe('fill-rejected');
    expect(await b.get('k')).toBe('v2');
  });
});

describe('memory as the only tier', () => {
  const alone = { freshness: { memoryTtlSeconds: 10, staleWhileRevalidateSeconds: 10, staleIfErrorSeconds: 100 }, jitter: 0 };

  test('hits, goes stale, is loaded anew by one, and asks the shared tier nothing', async () => {
    const { clock, source, store, a, b } = two(alone);
    store.before = () => {
      throw new Error('asked');
    };
    await read(a, source);
    expect((await read(a, source)).outcome).toMatchObject({ tier: 'memory', status: 'hit' });
    expect((await read(b, source)).outcome).toMatchObject({ tier: 'database', status: 'miss' });
    await clock.advance(11_000);
    source.write('v2');
    const paused = pausedLoader(source);
    const refresher = a.read('k', paused.loader);
    await paused.started;
    expect(await read(a, source)).toMatchObject({ value: 'v1', outcome: { tier: 'memory', status: 'stale' } });
    paused.letGo();
    await refresher;
    expect((await read(a, source)).value).toBe('v2');
    await clock.advance(50_000);
    expect((await a.read('k', fail)).value).toBe('v2');
    await clock.advance(100_000);
    await expect(a.read('k', fail)).rejects.toThrow('no such server');
  });

  test('a value that was loaded before a purge of this process is not kept, and not taken by who asks after it', async () => {
    const { source, a } = two(alone);
    const paused = pausedLoader(source);
    const slow = a.read('k', paused.loader);
    await paused.started;
    await a.delete('k', { version: source.write('v2') });
    const late = read(a, source);
    await settled();
    paused.letGo();
    expect((await slow).value).toBe('v1');
    expect((await late).value).toBe('v2');
    expect((await read(a, source)).value).toBe('v2');
  });
});

describe('the state of an entry', () => {
  const times = { freshUntil: 1000, expiresAt: 2000 };
  const windows = checkPolicy('n', {
    freshness: { sharedTtlSeconds: 1, staleWhileRevalidateSeconds: 0.5, staleIfErrorSeconds: 1 },
  });

  test.each([
    [999, 'fresh', 'fresh'],
    [1000, 'fresh', 'stale'],
    [1499, 'fresh', 'stale'],
    [1500, 'fresh', 'stale-if-error'],
    [1999, 'fresh', 'stale-if-error'],
    [2000, 'fresh', 'expired'],
    [10, 'stale', 'stale'],
    [1600, 'stale', 'stale-if-error'],
    [10, 'miss', 'expired'],
  ] as const)('at %d with the verdict %s it is %s', (now, verdict, state) => {
    expect(entryState(times, verdict, windows, now, 1000)).toBe(state);
  });

  test('from the time of its early refresh it is early', () => {
    expect(entryState(times, 'fresh', windows, 900, 900)).toBe('early');
  });
});

describe('a route with stale windows', () => {
  const route = (freshness: Freshness) => defineRoute({ name: 'r', path: '/r', freshness });
  const outcome = {
    tier: 'shared',
    status: 'hit',
    collapsed: false,
    stored: false,
    ageSeconds: 0,
    ttlSeconds: 50,
    tags: [],
  } as const;
  const windows = { sharedTtlSeconds: 100, edgeTtlSeconds: 30, staleWhileRevalidateSeconds: 60, staleIfErrorSeconds: 600 };

  test('tells the edge of them in place of must-revalidate', () => {
    expect(cacheControl(route(windows), outcome)).toBe('public, s-maxage=30, stale-while-revalidate=60, stale-if-error=600');
  });

  test('tells the edge nothing with a value that is stale itself', () => {
    expect(cacheControl(route(windows), { ...outcome, status: 'stale', ttlSeconds: 0 })).toBe(
      'public, must-revalidate, s-maxage=0',
    );
  });

  test('that the gateway caches tells the edge nothing, because the stage cache would replay it', () => {
    const cached = route({ sharedTtlSeconds: 100, gatewayTtlSeconds: 10, edgeTtlSeconds: 30, staleWhileRevalidateSeconds: 60 });
    expect(staleDirectives(cached)).toEqual([]);
    expect(worstCaseStalenessSeconds(cached)).toBe(170);
  });

  test('can be older by the longer of them', () => {
    expect(worstCaseStalenessSeconds(route(windows))).toBe(700);
    expect(worstCaseStalenessSeconds(route({ memoryTtlSeconds: 5, sharedTtlSeconds: 0 }))).toBe(5);
  });

  test.each([
    [{ staleIfErrorSeconds: 5 }, "route 'r': 'freshness.staleIfErrorSeconds' must be 0 with a 'gatewayTtlSeconds'"],
    [{ expire: true }, "route 'r': 'freshness.expire' must be false with a 'gatewayTtlSeconds'"],
  ])('fails when the gateway caches it and it has %j', (more, message) => {
    expect(() => route({ sharedTtlSeconds: 100, gatewayTtlSeconds: 10, ...more })).toThrow(message);
  });

  test.each([
    [{ sharedTtlSeconds: 0, memoryTtlSeconds: 0 }, 'must be at least 1'],
    [{ sharedTtlSeconds: 10, staleIfErrorSeconds: 0.5 }, 'must be a whole number of seconds'],
    [{ sharedTtlSeconds: 0, memoryTtlSeconds: 5, edgeTtlSeconds: 6 }, "plus 'gatewayTtlSeconds' must be at most"],
  ])('fails with %j', (freshness, message) => {
    expect(() => route(freshness)).toThrow(message);
  });
});
