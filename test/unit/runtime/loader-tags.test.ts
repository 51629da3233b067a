import type { LoadContext } from '../../../lambdas/runtime';
import { ALL_TAGS } from '../../../lambdas/runtime/tags';
import { version } from '../../contract/shared-store';
import { pausedLoader, platform } from '../../support/cache-processes';

const policy = { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 }, tags: ['page'] };

function two(given: object = {}) {
  const all = platform();
  const open = (cache: (typeof all)['a']) => cache.namespace('pages', { ...policy, ...given });
  return { ...all, caches: [all.a, all.b] as const, a: open(all.a), b: open(all.b) };
}

test('a loader is told the key, so that one is enough for all', async () => {
  const { a } = two();
  const load = async (_: undefined, { key }: LoadContext) => `value of ${key}`;
  expect(await a.getOrSet('one', load)).toBe('value of one');
  expect(await a.getOrSet('two', load)).toBe('value of two');
});

describe('tags that a loader names', () => {
  const named =
    (value: unknown, ...tags: string[]) =>
    async (_: undefined, context: LoadContext) => {
      context.tag(...tags);
      return value;
    };

  test('make its first load run twice, and later ones once, because they are predicted', async () => {
    const { source, a, b } = two();
    const first = await a.read('k', named('v1', 'author:7'));
    expect(first.outcome).toMatchObject({ stored: true, tags: ['page', 'author:7'] });
    expect(source.loads).toHaveLength(2);
    expect((await b.read('k', named('v1', 'author:7'))).outcome).toMatchObject({ status: 'hit', tags: ['page', 'author:7'] });
    await a.delete('k', { version: source.write('v2') });
    await a.read('k', named('v2', 'author:7'));
    expect(source.loads).toHaveLength(3);
  });

  test('purge the entry', async () => {
    const { source, a, b } = two({ strictTags: true });
    await a.read('k', named('v1', 'author:7'));
    await b.purge({ tags: ['author:7'], version: source.write('v2') });
    expect((await a.read('k', named('v2', 'author:7'))).value).toBe('v2');
  });

  test('that are purged during the load make the entry a miss', async () => {
    const { source, a, b } = two({ strictTags: true });
    let runs = 0;
    await a.read('k', async (_, context) => {
      context.tag('author:7');
      const value = source.value;
      if (++runs === 2) await b.purge({ tags: ['author:7'], version: source.write('v2') });
      return value;
    });
    expect((await b.read('k', named('v2', 'author:7'))).value).toBe('v2');
  });

  test('that differ with each run are returned and not stored', async () => {
    const { source, store, a } = two();
    let runs = 0;
    const read = await a.read('k', async (_, context) => {
      context.tag(`run:${++runs}`);
      return source.value;
    });
    expect(read).toMatchObject({ value: 'v1', outcome: { stored: false, reason: 'unpredicted-tags', ttlSeconds: 0 } });
    expect(store.values.size).toBe(0);
    expect((await a.read('k', async () => 'v1')).outcome.stored).toBe(true);
  });

  test('must be valid in every tier', async () => {
    const { a } = two();
    await expect(a.read('k', named('v', 'Author 7'))).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  });

  test('are handed on to outer tiers when the shared tier is down', async () => {
    const { store, a } = two();
    store.before = () => {
      throw Object.assign(new (require('../../../lambdas/runtime').CacheError)('E_SHARED_UNAVAILABLE', 'gone'));
    };
    expect((await a.read('k', named('v1', 'author:7'))).outcome.tags).toEqual(['page', 'author:7']);
  });
});

describe('strict tags', () => {
  test('a purged tag is a miss in every process from the moment the purge has returned', async () => {
    const { source, a, b } = two({ strictTags: true });
    const read = (things: typeof a) => things.read('k', async () => source.value);
    await read(a);
    await read(b);
    await a.purge({ tags: ['page'], version: source.write('v2') });
    expect((await read(b)).value).toBe('v2');
  });

  test('without them a process may go by what it read within the tag TTL', async () => {
    const { clock, source, a, b } = two();
    const read = (things: typeof a) => things.read('k', async () => source.value);
    await read(a);
    await read(b);
    await a.purge({ tags: ['page'], version: source.write('v2') });
    expect((await read(b)).value).toBe('v1');
    await clock.advance(1001);
    expect((await read(b)).value).toBe('v2');
  });

  test('a process that remembers an old version of a tag does not refuse an entry that is newer', async () => {
    const { source, a, b } = two();
    const read = (things: typeof a) => things.read('k', async () => source.value);
    await read(a);
    await read(b);
    await a.purge({ tags: ['page'], version: source.write('v2') });
    await read(a);
    expect((await read(b)).outcome.status).toBe('hit');
    expect(source.loads).toHaveLength(2);
  });
});

describe('a value made from cached ones', () => {
  function nested() {
    const all = two({ strictTags: true });
    const parts = all.caches.map((cache) => cache.namespace('parts', { ...policy, tags: ['part'], strictTags: true }));
    const part = (i: 0 | 1) => parts[i]!.read('p', async () => all.source.value);
    const whole = (i: 0 | 1) => (i === 0 ? all.a : all.b).read('w', async (_, context) => `<${context.include(await part(i))}>`);
    return { ...all, parts, part, whole };
  }

  test('has their tags and is purged with them', async () => {
    const { source, parts, whole } = nested();
    expect((await whole(0)).outcome.tags).toEqual(['page', 'part']);
    await parts[0]!.purge({ tags: ['part'], version: source.write('v2') });
    expect((await whole(1)).value).toBe('<v2>');
  });

  test('is not stored where one of them is older than its own purge', async () => {
    const { source, a, part, whole, store } = nested();
    await part(0);
    await a.delete('w', { version: source.write('v2') });
    const read = await whole(0);
    expect(read).toMatchObject({ value: '<v1>', outcome: { stored: false, reason: 'too-old' } });
    expect([...store.values.keys()]).toEqual(['parts/1/p']);
  });
});

describe('a newer timeline of the primary', () => {
  test('makes every entry a miss, once', async () => {
    const { clock, source, store, a, b } = two();
    const purges: string[] = [];
    await a.read('old', async () => source.value);
    store.before = (operation, name) => {
      if (operation === 'purgeTag') purges.push(name);
    };
    source.timeline = 2;
    source.value = 'v2';
    await b.read('new', async () => source.value);
    await a.read('another', async () => source.value);
    expect(purges.length).toBeGreaterThan(0);
    const marks = () => ALL_TAGS.flatMap((tag) => store.tags.get(tag) ?? []);
    const before = marks();
    expect(new Set(before.map(({ deletedVersion }) => deletedVersion.slice(0, 8)))).toEqual(new Set(['00000002']));
    await clock.advance(1001);
    expect((await a.read('old', async () => source.value)).value).toBe('v2');
    await clock.advance(1001);
    await b.read('yet another', async () => source.value);
    expect(marks()).toEqual(expect.arrayContaining(before));
  });

  test('a fill of an older one is refused after a purge of the newer', async () => {
    const { source, store, a } = two();
    source.replica = { value: 'v1', lsn: 1_000_000 };
    source.timeline = 2;
    await a.delete('k', { version: source.write('v2') });
    expect((await a.read('k', async () => source.value)).value).toBe('v2');
    expect(store.values.size).toBe(1);
    expect(source.loads.at(-1)?.minVersion).toBe(version(source.lsn, 2));
  });
});

describe('the lease of a load whose duration is known', () => {
  test('lasts three times that, within bounds', async () => {
    const { clock, source, store, a } = two();
    const leases: number[] = [];
    const lease = store.lease.bind(store);
    store.lease = (key, token, leaseMs, seen) => {
      leases.push(leaseMs);
      return lease(key, token, leaseMs, seen);
    };
    const load = async (milliseconds: number) => {
      const read = a.read('k', async () => {
        await clock.sleep(milliseconds);
        return source.value;
      });
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(milliseconds);
      await read;
      await a.delete('k', { version: source.write('next') });
    };
    await load(1000);
    await load(10);
    await load(60_000);
    expect(leases).toEqual([1500, 3000, 1500]);
  });

  test('is renewed until the load is done', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', 'performance', 'Date'] });
    const { clock, store, source, process } = platform();
    const a = process().namespace('slow', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } });
    const b = process().namespace('slow', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } });
    const paused = pausedLoader(source);
    const slow = a.read('k', paused.loader);
    await paused.started;
    for (let i = 0; i < 12; i++) {
      await clock.advance(499);
      jest.advanceTimersByTime(500);
    }
    expect((await store.lease('slow/1/k', 'somebody-else-16', 1000, '')).kind).toBe('wait');
    paused.letGo();
    expect((await slow).outcome.stored).toBe(true);
    expect((await b.read('k', async () => 'another')).value).toBe('v1');
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
});
