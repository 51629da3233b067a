import { PacedLoads } from '../../../lambdas/platform/purge/paced-loads';
import { createWarmer } from '../../../lambdas/platform/purge/warm';
import type { WarmerOptions, WarmKey } from '../../../lambdas/platform/purge/warm-options';
import { formatEvent } from '../../../lambdas/platform/purge/worker';
import type { Cache } from '../../../lambdas/runtime';
import type { Popularity } from '../../../lambdas/runtime/patterns/popularity';
import { defineRoute } from '../../../lib/route';
import { platform } from '../../support/cache-processes';

const HOUR = 3_600_000;
const route = defineRoute({
  name: 'item',
  path: '/items/{id}',
  freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 600, negativeTtlSeconds: 20 },
  tags: ['item:{id}'],
});

let lines: string[];
beforeEach(() => {
  lines = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
});
afterEach(() => jest.restoreAllMocks());
const said = (text: string) => lines.filter((line) => line.includes(text)).length;

/** Lists of the hours, as `Popularity` has them in the shared tier. */
function popularityOf(now: () => number, hours: Readonly<Record<number, Record<string, number>>>): Popularity {
  const hour = async (_: string, at: number) => new Map(Object.entries(hours[Math.floor(at / HOUR)] ?? {}));
  const top = async (_: string, { limit = 500 } = {}) =>
    Object.entries(hours[Math.floor(now() / HOUR)] ?? {})
      .map(([id, reads]) => ({ id, reads }))
      .sort((a, b) => b.reads - a.reads)
      .slice(0, limit);
  return { now, hour, top } as unknown as Popularity;
}

/** A warmer over a cache with a shared tier, and a database whose loads take as long as a test says. */
function warming(more: Partial<WarmerOptions> = {}, hours: Record<number, Record<string, number>> = {}) {
  const { clock, store, source, process } = platform({ random: () => 0 });
  const loads: { id: string; at: number }[] = [];
  const load = { ms: 1, fails: (_: string): Error | undefined => undefined };
  const began = clock.now();
  const of = async (id: string): Promise<unknown> => {
    loads.push({ id, at: clock.now() - began });
    clock.advance(load.ms);
    const error = load.fails(id);
    if (error) throw error;
    return id === 'none' ? undefined : { id };
  };
  const options: WarmerOptions = {
    cache: process() as unknown as Cache<never>,
    keys: [],
    routes: [{ route, plan: { popular: 500 }, parameters: (id) => ({ id }), load: (_, id) => of(id) }],
    popularity: popularityOf(() => clock.now(), hours),
    clock: { now: () => clock.now(), sleep: async (ms) => clock.advance(ms) },
    readsPerSecond: 4,
    ...more,
  };
  const handler = createWarmer(options);
  const run = () => handler({ Records: [{ messageId: '1', body: formatEvent('WarmRequested', { reason: 'schedule' }) }] });
  const ids = () => loads.splice(0).map(({ id }) => id);
  return { clock, store, source, load, loads, run, ids, of };
}

const thisHour = (clock: { now(): number }) => Math.floor(clock.now() / HOUR);
const counted = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`${i + 1}`, 1000 - i]));

test('what was read most is loaded, the first one first, and no faster than the rate', async () => {
  const at = thisHour(platform().clock);
  const { run, loads, clock } = warming({}, { [at]: counted(3) });
  const began = clock.now();
  expect(await run()).toEqual({ batchItemFailures: [] });
  expect(loads).toEqual([
    { id: '1', at: 0 },
    { id: '2', at: 250 },
    { id: '3', at: 500 },
  ]);
  expect(clock.now() - began).toBe(750);
  expect(said('"KeysWarmed":3')).toBe(1);
});

test('what is there with half of its time left is left alone, at no cost of time, and loaded anew after that', async () => {
  const at = thisHour(platform().clock);
  const { run, ids, clock, store } = warming({}, { [at]: { 1: 2, none: 1 } });
  await run();
  expect(ids()).toEqual(['1', 'none']);
  clock.advance(5_000);
  const began = clock.now();
  await run();
  expect([ids(), clock.now() - began]).toEqual([[], 0]);
  clock.advance(6_000);
  await run();
  expect(ids()).toEqual(['none']);
  clock.advance(290_000);
  const before = [...store.values.values()].map(({ until }) => until);
  await run();
  expect(ids()).toEqual(['1', 'none']);
  expect([...store.values.values()].map(({ until }) => until).sort()).not.toEqual(before.sort());
  expect(store.values.size).toBe(2);
});

test('an entry whose load fails stays, and holds up no other', async () => {
  const at = thisHour(platform().clock);
  const { run, ids, clock, load, store } = warming({}, { [at]: counted(2) });
  await run();
  ids();
  clock.advance(301_000);
  load.fails = (id) => (id === '1' ? new Error('a bug') : undefined);
  await run();
  expect(ids()).toEqual(['1', '2']);
  expect(store.values.size).toBe(2);
});

test('a run ends in time, and the next goes on', async () => {
  const at = thisHour(platform().clock);
  const { run, ids } = warming({ runSeconds: 1 }, { [at]: counted(6) });
  await run();
  expect(ids()).toEqual(['1', '2', '3', '4']);
  await run();
  expect(ids()).toEqual(['5', '6']);
});

describe('a run stops', () => {
  const at = thisHour(platform().clock);

  test.each(['ECONNREFUSED', '57014', 'E_FALLBACK_FULL'])('where the database answers %s', async (code) => {
    const { run, ids, load } = warming({}, { [at]: counted(9) });
    load.fails = (id) => (id === '2' ? Object.assign(new Error('away'), { code }) : undefined);
    expect(await run()).toEqual({ batchItemFailures: [] });
    expect(ids()).toEqual(['1', '2']);
    expect(said('warming stopped')).toBe(1);
  });

  test('where loads take twice as long as usual', async () => {
    const { run, ids, load, clock } = warming({}, { [at]: counted(30) });
    load.ms = 10;
    load.fails = (id) => {
      if (id === '10') load.ms = 25;
      return undefined;
    };
    await run();
    expect(ids()).toHaveLength(15);
    expect(said('loads take twice as long as usual')).toBe(1);
    load.ms = 12;
    clock.advance(1_000);
    await run();
    expect(ids()).toHaveLength(15);
  });

  test('where the shared tier is away, which could store nothing', async () => {
    const { run, ids, store } = warming({}, { [at]: counted(9) });
    store.before = () => {
      throw Object.assign(new Error('away'), { code: 'E_SHARED_UNAVAILABLE' });
    };
    await run();
    expect(ids().length).toBeLessThanOrEqual(1);
  });

  test("but not where another route's loads take longer", async () => {
    const slow = defineRoute({ name: 'page', path: '/pages/{id}', freshness: { sharedTtlSeconds: 600 } });
    const clock = platform().clock;
    const loads = new PacedLoads(1000, { now: () => clock.now(), sleep: async (ms) => clock.advance(ms) });
    const keys = [route, slow].flatMap((each) =>
      Array.from(
        { length: 10 },
        (_, id): WarmKey => ({
          route: each,
          parameters: { id: `${id}` },
          load: async () => clock.advance(each === slow ? 80 : 8),
        }),
      ),
    );
    expect(await loads.run(keys, (_, loader) => loader(undefined as never))).toBe(20);
  });
});

test('declared keys come first, and need no popularity', async () => {
  const { run, ids, of } = warming();
  const only = warming({ routes: [], popularity: undefined, keys: [{ route, parameters: { id: '7' }, load: () => of('7') }] });
  await only.run();
  expect(ids()).toEqual(['7']);
  expect(await run()).toEqual({ batchItemFailures: [] });
  expect(() => createWarmer({ cache: { getOrSet: jest.fn() }, keys: [], routes: [{} as never] })).toThrow(
    "'popularity' must be given with 'routes', got: undefined",
  );
});

test('a prediction is judged once its hour has passed, once', async () => {
  const at = thisHour(platform().clock);
  const hours: Record<number, Record<string, number>> = {
    [at - 25]: { a: 100, b: 60 },
    [at - 3]: { a: 10 },
    [at - 2]: { a: 10 },
    [at - 1]: { a: 30, b: 45, c: 25 },
  };
  const plan = { predicted: 1, declared: ['c'] };
  const { run } = warming({ routes: [{ route, plan, parameters: (id) => ({ id }), load: async () => 1 }] }, hours);
  await run();
  await run();
  // Of the day before it was 'a' that was read most: with the declared one that is 55 of 100 reads.
  expect(lines.filter((line) => line.includes('"PredictedCoverage":')).map((line) => JSON.parse(line).PredictedCoverage)).toEqual(
    [[55]],
  );
});
