import type { Pool } from 'pg';
import { Cache, type CacheOptions, RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { sampledChecks } from '../../../lambdas/runtime/checks/sampled-checks';
import { readCounts } from '../../../lambdas/runtime/read-metrics';
import { PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { writeBehind } from '../../../lambdas/runtime/write-behind/write-behind';
import { OneValue, platform } from '../../support/cache-processes';

const source = new OneValue();
const store = { namespace: 'n', endpoint: 'localhost:6379' };
const pools = { writer: {} as Pool, readers: [] };

/** Makers of what has options that are whole numbers, with these options. */
const MAKERS: [string, string[], (options: object) => unknown][] = [
  [
    'Cache',
    ['memoryMaxBytes', 'fenceMs', 'tagLifeMs', 'leaseMs', 'fallbackConcurrency', 'maxEntryLength'],
    (options) => new Cache({ source, ...options } as CacheOptions<undefined>),
  ],
  [
    'RedisStore',
    ['budgetMs', 'writeBudgetMs', 'purgeBudgetMs', 'breakerThreshold'],
    (options) => new RedisStore({ ...store, ...options }),
  ],
  ['PostgresVersions', ['fenceMs', 'replicaBudgetMs'], (options) => new PostgresVersions(pools, options)],
  [
    'write-behind',
    ['pinMs', 'batchSize', 'everyMs', 'claimMs', 'maxQueued', 'maxEntryLength', 'fenceMs'],
    (options) => writeBehind({ connection: new RedisConnection(store), source, flush: async () => {}, ...options }),
  ],
];

describe.each(MAKERS)('%s', (_, names, make) => {
  test.each(names)("fails where '%s' can't be used, and names it", (name) => {
    for (const value of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null, 2 ** 53]) {
      const failing = expect(() => make({ [name]: value }));
      failing.toThrow(`'${name}' must be a whole number of at least 1, got: `);
      failing.toThrow(expect.objectContaining({ code: 'E_INVALID_ARGUMENT' }));
    }
  });
});

test.each([
  '',
  'localhost',
  ':6379',
  'localhost:',
  'localhost:0',
  'localhost:port',
  'redis://localhost:6379',
  'a b:1',
  undefined,
  7,
])('an endpoint that is none is an error: %p', (endpoint) => {
  for (const make of [
    () => new RedisStore({ ...store, endpoint: endpoint as string }),
    () => new RedisConnection({ ...store, endpoint: endpoint as string }),
  ])
    expect(make).toThrow("'endpoint' must be 'host:port', got: ");
});

test.each([[Number.NaN], [-1], ['x']])('shares and intervals are checked by name: %p', (value) => {
  for (const name of ['share', 'graceMs', 'perSecond'])
    expect(() => sampledChecks({ source, [name]: value })).toThrow(`'${name}' must be a number`);
  expect(() => readCounts({ report: () => {}, everySeconds: value as number })).toThrow("'everySeconds' must be a number");
});

describe('tags that no entry can have', () => {
  test.each([['SKU:A1'], [''], [null], ['é'], ['*'], [7]])('%p is refused, by every way in', async (tag) => {
    const { a } = platform();
    const things = a.namespace('things', { freshness: { sharedTtlSeconds: 60 } });
    const tags = [tag as string];
    for (const failing of [
      a.purgeTags(tags),
      things.purge({ tags }),
      things.getOrSet('k', async () => 1, { tags }),
      things.set('k', 1, { tags, rowVersion: 1 }),
      things.getOrSet('k', async (_handle, context) => context.tag(...tags)),
    ])
      await expect(failing).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
    expect(() => a.namespace('others', { freshness: { sharedTtlSeconds: 60 }, tags })).toThrow('tag');
  });
});

test('the first values that are set in a namespace are stored, though its tags are made with them', async () => {
  const { a, b, store: tier, source: rows } = platform();
  const things = a.namespace('things', { freshness: { sharedTtlSeconds: 60 } });
  // The log of a real primary moves on all the time.
  tier.before = (operation) => {
    if (operation === 'touchTag') rows.lsn++;
  };
  const all = ['1', '2', '3'].map((key) => [key, `value ${key}`, { rowVersion: 1 }] as const);
  expect(await things.setMany(all)).toEqual(new Set(['1', '2', '3']));
  expect(await b.namespace('things', { freshness: { sharedTtlSeconds: 60 } }).get('2')).toBe('value 2');
  // Also where the tier has lost its tags, and not after a purge.
  tier.tags.clear();
  expect(await things.set('4', 4, { rowVersion: 1 })).toBe(true);
  const version = await rows.current();
  rows.lsn++;
  await things.clear();
  expect(await things.set('5', 5, { rowVersion: 1, version })).toBe(false);
});

test('a purge reaches other processes where there is no shared tier, too', async () => {
  const published: unknown[] = [];
  const backplane = {
    listen() {},
    publish: (message: unknown) => void published.push(message),
    disconnected: false,
    close: async () => {},
  };
  const { process } = platform({ shared: undefined, backplane } as never);
  const cache = process();
  const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 60 } });
  await things.delete('1');
  await cache.purgeTags(['a']);
  expect(published).toEqual([{ entryName: 'things/1/1', key: '1' }, { tags: ['a'] }]);
});

describe('a pool whose loaders fail', () => {
  /** A server of one row, with a pool that notes how its connections come back. */
  function server() {
    const released: unknown[] = [];
    const statements: string[] = [];
    const client = {
      query: async (text: string) => {
        statements.push(text);
        const row = { lsn: '0/1', timeline_hex: '00000001', timeline: null, standby: false };
        return text.startsWith('BEGIN') ? [{ rows: [] }, { rows: [row] }] : { rows: [] };
      },
      release: (broken?: boolean) => released.push(broken),
    };
    const versions = new PostgresVersions({ writer: { connect: async () => client } as unknown as Pool, readers: [] });
    return { versions, released, statements, client };
  }

  test.each([
    [new Error('not found')],
    [undefined],
    [null],
    ['text'],
    [Object.create(null)],
  ])('keeps the connection, and the caller gets what was thrown: %p', async (thrown) => {
    const { versions, released, statements } = server();
    const failed = await versions
      .load(() => Promise.reject(thrown), {})
      .then(
        () => 'loaded',
        (error) => ({ error }),
      );
    expect(failed).toEqual({ error: thrown });
    await new Promise((resolve) => setImmediate(resolve));
    expect(released).toEqual([false]);
    expect(statements.at(-1)).toBe('ROLLBACK');
  });

  test('gives up a connection that is lost, or that cannot end its transaction', async () => {
    const { versions, released, client } = server();
    await expect(versions.load(() => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNRESET' })), {})).rejects.toThrow(
      'x',
    );
    const { query } = client;
    client.query = async (text) => {
      if (text === 'ROLLBACK') throw new Error('gone');
      return query(text);
    };
    await expect(versions.load(() => Promise.reject(new Error('y')), {})).rejects.toThrow('y');
    await new Promise((resolve) => setImmediate(resolve));
    expect(released).toEqual([true, true]);
  });
});
