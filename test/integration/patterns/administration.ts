import { Cache, type RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { Administration } from '../../../lambdas/runtime/patterns/administration';
import { Sessions } from '../../../lambdas/runtime/patterns/sessions';
import { TimeVersions } from '../../../lambdas/runtime/versions/time';
import { defineRoute } from '../../../lib/route';
import type { PatternCluster } from './cluster';

const NAMESPACE = 'admin*test';

const place = defineRoute({
  name: 'place',
  path: '/places/{id}',
  freshness: { sharedTtlSeconds: 600, memoryTtlSeconds: 0, staleWhileRevalidateSeconds: 60, expire: true },
  tags: ['place:{id}', 'places'],
});

export function cases(shared: () => PatternCluster): void {
  let connection: RedisConnection;
  let cache: Cache<unknown>;
  let administration: Administration;
  const load = (id: number) => cache.getOrSet(place, { id: String(id) }, async () => ({ id }));

  beforeAll(async () => {
    connection = shared().connection({ namespace: NAMESPACE });
    cache = new Cache<unknown>({
      shared: new RedisStore(connection),
      source: new TimeVersions({ load: async () => undefined } as never),
    });
    administration = new Administration({ connection });
    for (let id = 0; id < 40; id++) await load(id);
    // Another one's, whose name the glob of this namespace would match.
    const other = shared().connection({ namespace: 'adminXtest' });
    await new Sessions({ connection: other, name: 'place' }).create('ada', {});
    await new Cache<unknown>({ shared: new RedisStore(other), source: cache.internals.read.source }).getOrSet(
      place,
      { id: '1' },
      async () => 1,
    );
    await new Sessions({ connection, name: 'place' }).create('ada', {});
  });

  test('each shard says its memory, names, hits and evictions', async () => {
    const stats = await administration.stats();
    expect(stats.map(({ shard }) => shard)).toEqual([0, 1, 2]);
    for (const each of stats) {
      expect(each.usedBytes).toBeGreaterThan(100_000);
      expect(each.connections).toBeGreaterThan(0);
      expect(each.evictionPolicy).toMatch(/lru|noeviction/);
      expect(each.hitRatio).toBeLessThanOrEqual(1);
    }
    expect(stats.reduce((sum, { keys }) => sum + keys, 0)).toBeGreaterThanOrEqual(40);
  });

  test('an entry is shown with its age, tags, bytes and fence, and its value only where that is asked for', async () => {
    const report = await administration.inspect('place/1/7');
    expect(report).toMatchObject({ name: 'place/1/7', state: 'fresh', codec: 'j', bytes: expect.any(Number) });
    expect(report).not.toHaveProperty('value');
    expect(report.tags).toEqual(
      expect.arrayContaining([
        { tag: 'place:7', state: 'current' },
        { tag: 'places', state: 'current' },
      ]),
    );
    expect(report.ttlMs).toBeGreaterThan(500_000);
    expect(report.ageMs).toBeLessThan(60_000);
    expect(report.shard).toBeGreaterThanOrEqual(0);
    expect(await administration.inspect('place/1/7', { value: true })).toMatchObject({ value: { id: 7 } });
  });

  test('what purges have made of an entry is told from what is absent and what is negative', async () => {
    await cache.getOrSet(place, { id: 'gone' }, async () => undefined);
    expect(await administration.inspect('place/1/gone')).toMatchObject({ state: 'negative', codec: 'n' });
    expect(await administration.inspect('place/1/nobody')).toMatchObject({ state: 'absent' });
    await cache.purgeTags(['place:8'], { mode: 'expire' });
    expect(await administration.inspect('place/1/8')).toMatchObject({ state: 'stale' });
    await cache.purgeTags(['place:9']);
    expect((await administration.inspect('place/1/9')).tags).toContainEqual({ tag: 'place:9', state: 'deleted' });
    expect(await administration.inspect('place/1/9')).toMatchObject({ state: 'deleted' });
    await cache.purgeKey(place, { id: '10' });
    const purged = await administration.inspect('place/1/10');
    expect(purged.state).toBe('absent');
    expect(purged.fence).toBeDefined();
  });

  test("doesn't ask for all names at once: pages of SCAN list each entry, and neither state nor another namespace's", async () => {
    const found: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await administration.keys('place/1/[0-9]', cursor);
      found.push(...page.names);
      cursor = page.cursor;
      if (!cursor) break;
    }
    expect([...new Set(found)].sort()).toEqual(
      Array.from({ length: 10 }, (_, i) => `place/1/${i}`)
        .filter((name) => !/10$/.test(name))
        .sort(),
    );
    const { names, complete } = await administration.find('*place*', 100);
    expect(complete).toBe(true);
    expect(names).toHaveLength(40);
    expect(await administration.find('place/*', 5)).toEqual({ names: expect.any(Array), complete: false });
    for (const wrong of ['', '*', '**?', 'a}b', 'a b']) await expect(administration.keys(wrong)).rejects.toThrow(/'pattern'/);
    await expect(administration.keys('a', 'x')).rejects.toThrow(/'cursor'/);
  });

  test('purges by name reach these entries alone, and refuse what was loaded before', async () => {
    const version = await cache.internals.writePath.versionOf({});
    await administration.purgeEntries(['place/1/20', 'place/1/21'], version);
    for (const id of [20, 21]) expect(await administration.inspect(`place/1/${id}`)).toMatchObject({ state: 'absent' });
    expect(await administration.inspect('place/1/22')).toMatchObject({ state: 'fresh' });
    let loads = 0;
    await cache.getOrSet(place, { id: '20' }, async () => ++loads);
    expect(loads).toBe(1);
  });

  test("doesn't use what brings servers down", async () => {
    const statistics = await shared().asAdministrators((masters) =>
      Promise.all(masters.map(({ redis }) => redis.info('commandstats'))),
    );
    expect(statistics.join()).toContain('cmdstat_scan');
    expect(statistics.join()).not.toMatch(/cmdstat_(flushdb|flushall|monitor)/);
  });
}
