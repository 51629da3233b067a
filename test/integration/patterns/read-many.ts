import { Cache, RedisStore } from '../../../lambdas/runtime';
import { readMany } from '../../../lambdas/runtime/read-many';
import { OneValue } from '../../support/cache-processes';
import type { PatternCluster } from './cluster';

export function cases(shared: () => PatternCluster): void {
  const freshness = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };

  test('two hundred calls at once, of four processes, load twenty cold keys once, by at most four queries', async () => {
    const namespace = 'read-many';
    const queries: string[][] = [];
    const keys = Array.from({ length: 20 }, (_, i) => `item ${i}`);
    const calls = Array.from({ length: 4 }, () => {
      const cache = new Cache({ shared: new RedisStore(shared().connection({ namespace })), source: new OneValue() });
      const items = cache.namespace('item', { freshness });
      return Array.from({ length: 50 }, () =>
        readMany(items, keys, async (_, missing) => {
          queries.push([...missing]);
          return new Map(missing.map((key) => [key, { name: key }]));
        }),
      );
    });
    for (const read of await Promise.all(calls.flat())) {
      expect([...read.keys()]).toEqual(keys);
    }
    expect(queries.length).toBeLessThanOrEqual(4);
    expect(queries.flat().sort()).toEqual([...keys].sort());
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
