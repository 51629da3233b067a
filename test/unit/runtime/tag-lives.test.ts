import type { LoadContext } from '../../../lambdas/runtime';
import { platform } from '../../support/cache-processes';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const freshness = { memoryTtlSeconds: 0, sharedTtlSeconds: 6 * 86_400, negativeTtlSeconds: 60 };

function one(given = freshness, options = {}) {
  const all = platform(options);
  const things = all.a.namespace('things', { freshness: given });
  /** Names of the declared tags that the shared tier has. */
  const declared = async () => {
    const there = await Promise.all([...all.store.tags.keys()].map(async (name) => (await all.store.getTag(name)) && name));
    return there.filter((name) => name && !name.startsWith('*'));
  };
  return { ...all, things, declared };
}
const absent = async () => undefined;

describe('tags of ids that do not exist', () => {
  test('live about as long as what remembers that nothing was there', async () => {
    const { clock, things, declared } = one();
    for (let i = 0; i < 20; i++) await things.getOrSet(`id-${i}`, absent, { tags: [`thing:${i}`] });
    expect(await declared()).toHaveLength(20);
    await clock.advance(50_000);
    expect((await things.read('id-0', absent, { tags: ['thing:0'] })).outcome.status).toBe('hit');
    await clock.advance(MINUTE);
    expect(await declared()).toEqual([]);
  });

  test('do so however often they are asked for, also those that only the loader names', async () => {
    const { clock, things, declared } = one();
    const load = async (_: undefined, context: LoadContext) => context.tag('named');
    for (let i = 0; i < 10; i++) {
      await things.getOrSet('id', load, { tags: ['thing:1'] });
      await clock.advance(61_000);
    }
    await clock.advance(MINUTE);
    expect(await declared()).toEqual([]);
  });

  test('outlive a load that takes its time, and finds something', async () => {
    const { clock, things } = one(freshness, { loadTimeoutMs: 300_000, leaseMs: 600_000 });
    const slow = async () => {
      await clock.advance(4 * MINUTE);
      return 'it';
    };
    await things.getOrSet('id', slow, { tags: ['thing:1'] });
    expect((await things.read('id', absent, { tags: ['thing:1'] })).outcome.status).toBe('hit');
  });

  test('live on once there is a value, which a later absence does not change', async () => {
    const { clock, things, declared } = one();
    await things.getOrSet('id', absent, { tags: ['thing:1'] });
    await things.delete('id');
    expect((await things.read('id', async () => 'it', { tags: ['thing:1'] })).outcome.stored).toBe(true);
    await things.getOrSet('other', absent, { tags: ['thing:1'] });
    await clock.advance(5 * DAY);
    expect((await things.read('id', absent, { tags: ['thing:1'] })).value).toBe('it');
    expect(await declared()).toEqual(['thing:1']);
  });
});

test('a tag that a set has made lives as long as any value', async () => {
  const { clock, things } = one();
  await things.set('id', 'it', { rowVersion: 1, tags: ['thing:1'] });
  await clock.advance(5 * DAY);
  expect(await things.get('id')).toBe('it');
});

test('the first setMany of a namespace is stored, and so is one whose tags are gone', async () => {
  const { store, source, things } = one();
  // Others commit all the time: what dates a new tag is later than what dates the set.
  const current = source.current.bind(source);
  source.current = async () => {
    source.lsn++;
    return current();
  };
  const entries = (row: number) =>
    ['a', 'b', 'c'].map((key) => [key, `${key} ${row}`, { rowVersion: row, tags: [`thing:${key}`, 'things'] }] as const);
  expect(await things.setMany(entries(1))).toEqual(new Set(['a', 'b', 'c']));
  expect(await things.getMany(['a', 'b', 'c'])).toEqual(
    new Map([
      ['a', 'a 1'],
      ['b', 'b 1'],
      ['c', 'c 1'],
    ]),
  );
  store.tags.clear();
  expect(await things.setMany(entries(2))).toEqual(new Set(['a', 'b', 'c']));
  expect(await things.get('b')).toBe('b 2');
});
