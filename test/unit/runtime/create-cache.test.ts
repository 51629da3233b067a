import type { Pool } from 'pg';
import { type Codec, createCache, type Outcome } from '../../../lambdas/runtime';

/** Nobody asks it. */
const writer = {} as Pool;

test('every option of a cache is one of createCache, too', async () => {
  const outcomes: [string, Outcome['tier']][] = [];
  const options = { namespace: 'test', database: { writer, readers: [] } };
  const cache = createCache({ ...options, onRead: ({ tier }, name) => outcomes.push([name, tier]) });
  const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 60 } });
  await things.set('k', 'v', { rowVersion: 1, version: '000000010000000000000001' });
  await things.read('k', async () => 'loaded');
  expect(outcomes).toEqual([['things', 'memory']]);
  expect(() => createCache({ ...options, leaseMs: -1 })).toThrow("'leaseMs' must be a number of at least 0, got: -1");
  await cache.close();
  // The type says so, too.
  const codec: Codec = { encode: () => undefined, decode: () => undefined };
  await createCache({ ...options, codec, background: true, memoryMaxBytes: 1024 }).close();
});
