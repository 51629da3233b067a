import { HotKeys, hotKeys } from '../../../lambdas/runtime/hot-keys/hot-keys';
import { Sketch } from '../../../lambdas/runtime/hot-keys/sketch';
import { defineRoute, drainSeconds } from '../../../lib/route';
import { platform } from '../../support/cache-processes';

/** Each read is counted. */
const everyRead = { random: () => 0 };
const FRESH = { memoryTtlSeconds: 1, hotMemoryTtlSeconds: 30, sharedTtlSeconds: 600 };

describe('a hot key', () => {
  const things = (options: Parameters<typeof platform>[0] = {}) => {
    const made = platform({ hotKeys: hotKeys({ perSecond: 800, ...everyRead }), ...options });
    // The one that was made last.
    const namespace = made.b.namespace('things', { freshness: FRESH, earlyRefresh: 0 });
    const read = async (key: string) => (await namespace.read(key, async () => made.source.value)).outcome.tier;
    return { ...made, namespace, read };
  };

  test('is served longer from memory, and others are not', async () => {
    const { clock, read } = things();
    for (let i = 0; i < 100; i++) await read('hot');
    await read('cold');
    await clock.advance(1001);
    // The first read after it finds that the key is hot.
    expect(await read('hot')).toBe('shared');
    await read('cold');
    await clock.advance(5000);
    expect(await read('hot')).toBe('memory');
    expect(await read('cold')).toBe('shared');
    await clock.advance(25_001);
    expect(await read('hot')).toBe('shared');
  });

  test('that cools down is served as long as others', async () => {
    const { clock, read } = things();
    for (let i = 0; i < 100; i++) await read('hot');
    await clock.advance(60_000);
    await read('hot');
    await clock.advance(1001);
    expect(await read('hot')).toBe('shared');
  });

  test('is purged like any other', async () => {
    const { namespace, source, clock, read } = things();
    for (let i = 0; i < 100; i++) await read('hot');
    await clock.advance(1001);
    await read('hot');
    await namespace.delete('hot', { version: source.write('v2') });
    expect(await namespace.getOrSet('hot', async () => source.value)).toBe('v2');
  });

  test('is kept no longer than it is fresh', async () => {
    const { clock, read } = things();
    await read('hot');
    await clock.advance(580_000);
    for (let i = 0; i < 100; i++) await read('hot');
    await clock.advance(1001);
    await read('hot');
    await clock.advance(19_500);
    expect(await read('hot')).toBe('database');
  });
});

describe('reads of hot keys from replicas', () => {
  const setup = (policy = {}) => {
    const asked: string[] = [];
    let fails = false;
    const found: { entry?: (key: string) => string | null } = {};
    const replicas = {
      get: async (key: string) => {
        asked.push(key);
        if (fails) throw new Error('it lags too far');
        return found.entry?.(key) ?? null;
      },
      close: async () => {},
    };
    const made = platform({ hotKeys: hotKeys({ perSecond: 800, replicas, ...everyRead }) });
    found.entry = (key) => made.store.values.get(key)?.entry ?? null;
    const namespace = made.b.namespace('things', {
      freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 },
      hotReplicas: true,
      earlyRefresh: 0,
      ...policy,
    });
    const read = () => namespace.read('k', async () => made.source.value);
    return { ...made, namespace, asked, read, found, fail: () => (fails = true) };
  };

  test('are for hot keys only, and where the policy allows them', async () => {
    const { read, asked } = setup();
    for (let i = 0; i < 20; i++) await read();
    expect(asked).toEqual([]);
    for (let i = 0; i < 50; i++) await read();
    expect(asked.length).toBeGreaterThan(5);
    expect(await read()).toMatchObject({ value: 'v1', outcome: { tier: 'shared', status: 'hit' } });
    const master = setup({ hotReplicas: false });
    for (let i = 0; i < 100; i++) await master.read();
    expect(master.asked).toEqual([]);
  });

  test('ask the master where a replica fails, or has nothing yet', async () => {
    const { read, fail, found, source } = setup();
    for (let i = 0; i < 100; i++) await read();
    found.entry = () => null;
    expect(await read()).toMatchObject({ value: 'v1', outcome: { tier: 'shared' } });
    fail();
    expect(await read()).toMatchObject({ value: 'v1', outcome: { tier: 'shared' } });
    expect(source.loads.length).toBe(1);
  });

  test('wait after a purge until replicas have it', async () => {
    const { read, store, found, namespace, source, clock, asked } = setup();
    for (let i = 0; i < 100; i++) await read();
    const old = store.values.get('things/1/k')!.entry;
    found.entry = () => old;
    await namespace.delete('k', { version: source.write('v2') });
    expect((await read()).value).toBe('v2');
    expect((await read()).value).toBe('v2');
    const before = asked.length;
    await clock.advance(1001);
    for (let i = 0; i < 100; i++) await read();
    expect(asked.length).toBeGreaterThan(before);
  });

  test('are refused with strict tags', () => {
    expect(() => setup({ strictTags: true })).toThrow("'hotReplicas' must be false with 'strictTags'");
  });
});

describe('the sketch', () => {
  const hash = (i: number) => Math.imul(i + 1, 0x9e3779b1);

  test('never says too little, and rarely much too much', () => {
    const sketch = new Sketch();
    for (let i = 0; i < 20_000; i++) sketch.add(hash(i), 1 + (i % 3), 0);
    for (let i = 0; i < 100; i++) sketch.add(hash(7), 1, 0);
    let tooMuch = 0;
    for (let i = 0; i < 20_000; i++) {
      const count = sketch.count(hash(i), 0);
      if (count < 1 + (i % 3)) throw new Error(`key ${i} was counted ${count} times`);
      if (count > 40) tooMuch++;
    }
    expect(tooMuch).toBeLessThan(20);
    expect(sketch.count(hash(7), 0)).toBeGreaterThanOrEqual(102);
  });

  test('forgets half of everything each second', () => {
    const sketch = new Sketch();
    sketch.add(1, 100, 0);
    expect([999, 1000, 2999, 100_000].map((now) => sketch.count(1, now))).toEqual([100, 50, 25, 0]);
  });

  test('the same key in two namespaces is two keys', () => {
    const hot = new HotKeys({ perSecond: 16, ...everyRead });
    const [a, b] = [new Map(), new Map()];
    hot.count('k', a, 0);
    expect([hot.isHot('k', a, 0), hot.isHot('k', b, 0)]).toEqual([true, false]);
  });
});

describe('declared on a route', () => {
  const route = (freshness: object) =>
    defineRoute({ name: 'item', path: '/items/{id}', freshness: { sharedTtlSeconds: 60, ...freshness } });

  test('outer tiers are purged after what memory keeps of hot keys', () => {
    expect(drainSeconds([route({})], 1, 2)).toBe(4);
    expect(drainSeconds([route({ memoryTtlSeconds: 2 })], 1, 2)).toBe(5);
    expect(drainSeconds([route({ hotMemoryTtlSeconds: 30 })], 1, 2)).toBe(33);
  });

  test.each([
    [{ hotMemoryTtlSeconds: 61 }],
    [{ memoryTtlSeconds: 5, hotMemoryTtlSeconds: 4 }],
    [{ memoryTtlSeconds: 0, hotMemoryTtlSeconds: 4 }],
  ])('is refused out of its range: %j', (freshness) => {
    expect(() => route(freshness)).toThrow(/'freshness.hotMemoryTtlSeconds' must be at least 'memoryTtlSeconds'/);
    const { a } = platform();
    expect(() => a.namespace('things', { freshness: { sharedTtlSeconds: 60, ...freshness } })).toThrow(
      /'freshness.hotMemoryTtlSeconds'/,
    );
  });
});
