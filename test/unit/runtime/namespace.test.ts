import { Cache, CacheError, type NamespacePolicy } from '../../../lambdas/runtime';
import { entryName } from '../../../lambdas/runtime/entry/entry-name';
import { defineRoute } from '../../../lib/route';
import { platform } from '../../support/cache-processes';

const both: NamespacePolicy = { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 600 } };

function two(policy: NamespacePolicy = both, options = {}) {
  const all = platform(options);
  return { ...all, cache: all.a, a: all.a.namespace('users', policy), b: all.b.namespace('users', policy) };
}

describe('a namespace', () => {
  test('loads once, then hits', async () => {
    const { a, b, source } = two();
    const load = async () => source.value;
    expect(await a.getOrSet('1', load)).toBe('v1');
    expect(await a.getOrSet('1', load)).toBe('v1');
    expect((await a.read('1', load)).outcome).toMatchObject({ tier: 'memory', status: 'hit' });
    expect((await b.read('1', load)).outcome).toMatchObject({ tier: 'shared', status: 'hit' });
    expect(source.loads).toHaveLength(1);
  });

  test('gets what is cached and never loads', async () => {
    const { a, b, source } = two();
    expect(await a.get('1')).toBeUndefined();
    await a.getOrSet('1', async () => source.value);
    expect(await b.get('1')).toBe('v1');
    expect(await b.getMany(['1', '2'])).toEqual(new Map([['1', 'v1']]));
    expect(source.loads).toHaveLength(1);
  });

  test('asks for many keys in one turn', async () => {
    const { a, store } = two();
    let asked = 0;
    let answer = () => {};
    const all = new Promise<void>((resolve) => {
      answer = resolve;
    });
    store.before = (operation) => {
      if (operation === 'get' && ++asked === 50) answer();
      return all;
    };
    expect((await a.getMany(Array.from({ length: 50 }, (_, i) => `${i}`))).size).toBe(0);
  });

  test.each([
    'setMany',
    'purge',
  ] as const)('says which keys and tags of %s failed, and has done the others', async (operation) => {
    const { a, store } = two();
    const done: string[] = [];
    store.before = (step, name) => {
      if (!['purgeKey', 'purgeTag', 'put'].includes(step)) return;
      if (/bad|worse/.test(name)) throw new CacheError('E_SHARED_UNAVAILABLE', 'its shard is down');
      done.push(name.replace('users/1/', ''));
    };
    const failing =
      operation === 'setMany'
        ? a.setMany(['bad', 'good', 'worse'].map((key) => [key, 1, { rowVersion: 1 }] as const))
        : a.purge({ keys: ['bad', 'good'], tags: ['worse', 'fine'] });
    await expect(failing).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE', failed: ['bad', 'worse'] });
    expect(done).toEqual(operation === 'setMany' ? ['good'] : ['good', 'fine']);
  });

  test('deletes a key in every process', async () => {
    const { a, b, clock, source } = two();
    await a.getOrSet('1', async () => source.value);
    await b.getOrSet('1', async () => source.value);
    await a.delete('1', { version: source.write('v2') });
    expect(await a.get('1')).toBeUndefined();
    await clock.advance(1001);
    expect(await b.get('1')).toBeUndefined();
  });

  test('a purge of one key leaves the others in memory', async () => {
    const { a, source } = two();
    await a.getOrSet('1', async () => source.value);
    await a.getOrSet('2', async () => source.value);
    await a.delete('1', { version: source.write('v2') });
    expect((await a.read('2', async () => source.value)).outcome.tier).toBe('memory');
  });

  test('is cleared in one step, and others are not', async () => {
    const { a, cache, source } = two();
    const others = cache.namespace('others', both);
    for (const each of [a, others]) await each.getOrSet('1', async () => source.value);
    await a.clear({ version: source.write('v2') });
    expect(await a.get('1')).toBeUndefined();
    expect(await others.get('1')).toBe('v1');
    await cache.clear({ version: source.write('v3') });
    expect(await others.get('1')).toBeUndefined();
  });

  test('never reads entries of another version', async () => {
    const all = platform();
    await all.a.namespace('users', both).getOrSet('1', async () => 'old shape');
    const next = all.b.namespace('users', { ...both, version: 2 });
    expect(await next.get('1')).toBeUndefined();
    expect(await next.getOrSet('1', async () => 'new shape')).toBe('new shape');
  });

  test('keeps to the shared tier without a memory TTL, and to memory without a shared one', async () => {
    const shared = two({ freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } });
    await shared.a.getOrSet('1', async () => 1);
    expect((await shared.a.read('1', async () => 2)).outcome.tier).toBe('shared');
    const memory = two({ freshness: { memoryTtlSeconds: 60 } });
    await memory.a.getOrSet('1', async () => 1);
    expect(await memory.a.get('1')).toBe(1);
    expect(memory.store.values.size).toBe(0);
  });

  test('tells of every read', async () => {
    const told: string[] = [];
    const { a } = two(both, {
      onRead: (outcome: { tier: string; status: string }, name: string) => told.push(`${name} ${outcome.tier} ${outcome.status}`),
    });
    await a.getOrSet('1', async () => 1);
    await a.getOrSet('1', async () => 1);
    await a.get('1');
    expect(told).toEqual(['users database miss', 'users memory hit', 'users memory hit']);
  });

  test('keeps no absence whose TTL is 0', async () => {
    const { a, store, source } = two({ freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 60, negativeTtlSeconds: 0 } });
    await a.getOrSet('1', async () => undefined);
    expect(store.values.size).toBe(0);
    await a.getOrSet('1', async () => undefined);
    expect(source.loads).toHaveLength(2);
  });

  test('may be declared again, as a module is that is loaded again: it has the same entries, and the new policy', async () => {
    const { cache, a, clock } = two();
    await a.getOrSet('1', async () => 'v1');
    const again = cache.namespace('users', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 60 } });
    expect((await again.read('1', async () => 'unused')).outcome.tier).toBe('memory');
    await again.clear();
    expect(await a.get('1')).toBeUndefined();
    await again.getOrSet('1', async () => 'v2');
    await clock.advance(61_000);
    expect(await again.get('1')).toBeUndefined();
  });

  test('that is declared again with other TTLs is another view of its entries: of calls with a TTL, or past memory', async () => {
    const { cache, a, clock } = two();
    const brief = cache.namespace('users', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 10 } });
    const pastMemory = cache.namespace('users', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } });
    await brief.getOrSet('1', async () => 'v1');
    expect((await a.read('1', async () => 'unused')).outcome.tier).toBe('memory');
    expect((await pastMemory.read('1', async () => 'unused')).outcome.tier).toBe('shared');
    await clock.advance(11_000);
    expect(await a.getOrSet('1', async () => 'v2')).toBe('v2');
    await clock.advance(11_000);
    expect(await brief.get('1')).toBe('v2');
    await pastMemory.delete('1');
    expect([await a.get('1'), await brief.get('1')]).toEqual([undefined, undefined]);
  });

  test('that is declared again with another version has nothing of the old one, also in memory, and both are cleared', async () => {
    const { cache, a } = two();
    await a.getOrSet('1', async () => 'old shape');
    const next = cache.namespace('users', { ...both, version: 2 });
    expect(await next.getOrSet('1', async () => 'new shape')).toBe('new shape');
    expect(await a.get('1')).toBe('old shape');
    await next.clear();
    expect([await a.get('1'), await next.get('1')]).toEqual([undefined, undefined]);
  });

  test('that is cleared leaves the memory of the others', async () => {
    const { cache, a, source } = two();
    const others = cache.namespace('others', { freshness: { memoryTtlSeconds: 60 } });
    await others.getOrSet('1', async () => 1);
    await a.getOrSet('1', async () => 1);
    await a.clear();
    expect(await others.get('1')).toBe(1);
    source.value = 2;
    expect(await a.getOrSet('1', async () => source.value)).toBe(2);
    await cache.clear();
    expect(await others.get('1')).toBeUndefined();
  });

  test('keeps nothing in memory for longer where the clock is set back', async () => {
    const { cache, source, clock } = two();
    const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 60 } });
    await things.getOrSet('1', async () => source.value);
    source.write('v2');
    await clock.advance(-600_000);
    expect(await things.getOrSet('1', async () => source.value)).toBe('v2');
    await clock.advance(50_000);
    expect(await things.get('1')).toBe('v2');
  });

  test('nor remembers for longer that a tag was not purged', async () => {
    const { a, b, source, clock } = two({ freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } });
    await a.getOrSet('1', async () => source.value);
    await b.clear({ version: source.write('v2') });
    expect(await a.getOrSet('1', async () => source.value)).toBe('v1');
    await clock.advance(-600_000);
    expect(await a.getOrSet('1', async () => source.value)).toBe('v2');
  });

  test('whose only tier is memory is purged by key while the shared tier is down', async () => {
    const { cache, store } = two();
    const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 60 } });
    await things.getOrSet('1', async () => 1);
    store.before = () => {
      throw new CacheError('E_SHARED_UNAVAILABLE', 'gone');
    };
    await things.delete('1');
    expect(await things.get('1')).toBeUndefined();
  });

  test('and a route cannot take it', async () => {
    const { cache } = two();
    const route = defineRoute({ name: 'users', path: '/users', freshness: { sharedTtlSeconds: 1 } });
    await expect(cache.getOrSet(route, {}, async () => 1)).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  });
});

describe('values that several readers get', () => {
  const value = { list: [{ n: 1 }] };

  test('are one value, which is frozen', async () => {
    const { a } = two();
    const first = await a.getOrSet('1', async () => structuredClone(value));
    const second = await a.getOrSet('1', async () => value);
    expect(second).toBe(first);
    expect(() => first!.list.push({ n: 2 })).toThrow('not extensible');
    expect(() => Object.assign(first!.list[0]!, { n: 2 })).toThrow('read only');
  });

  test('or copies, with which each can do what it likes', async () => {
    const { a, b } = two({ ...both, share: 'copy' });
    const load = async () => structuredClone(value);
    const all = await Promise.all([a.getOrSet('1', load), a.getOrSet('1', load)]);
    for (const each of [...all, await b.getOrSet('1', load)]) each!.list.push({ n: 2 });
    expect(await a.getOrSet('1', load)).toEqual(value);
    expect(await b.getOrSet('1', load)).toEqual(value);
  });

  test('a copy has every property of its own, whatever its name and however deep', async () => {
    const { a } = two({ ...both, share: 'copy' });
    const deep = '['.repeat(1200) + ']'.repeat(1200);
    const text = `{"__proto__":{"own":[1,{"n":null}]},"constructor":"x","deep":${deep},"list":[[],{}]}`;
    const load = async () => JSON.parse(text) as object;
    for (let read = 0; read < 3; read++) {
      const copy = await a.getOrSet('1', load);
      expect(JSON.stringify(copy)).toBe(text);
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    }
  });
});

describe('keys', () => {
  async function usable(key: string): Promise<void> {
    const { a, b, store } = two();
    await a.getOrSet(key, async () => key.length);
    expect(await b.get(key)).toBe(key.length);
    expect([...store.values.keys()].join().slice(0, 1000)).toMatch(/^users\/1\/[!-z|~]{1,256}$/);
    await b.delete(key, { version: '0'.repeat(24) });
    expect(await b.get(key)).toBeUndefined();
  }

  test.each(['}', '{', '}{', 'a}b', 'a\nb', 'a b', 'ü', '\ud800', '\udc00', '~', `~${'a'.repeat(43)}`, '\u0000'])(
    'any text is one: %j',
    usable,
  );

  test('100 KB of text are one', () => usable('x'.repeat(100_000)));

  test('no two have one name', () => {
    const keys = [
      'a',
      'A',
      '\ud800',
      '\ud801',
      '\ufffd',
      ' ',
      '',
      '~',
      'é',
      'e\u0301',
      entryName('', 'é'),
      'x'.repeat(256),
      'x'.repeat(257),
    ].filter((key) => key !== '');
    expect(new Set(keys.map((key) => entryName('p/', key))).size).toBe(keys.length);
  });

  test.each([[''], [undefined], [null], [7], [{}], [Symbol('s')]])('fails with %p', async (key) => {
    const { a } = two();
    await expect(a.getOrSet(key as string, async () => 1)).rejects.toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringContaining('a key must be a text'),
    });
  });
});

describe('what cannot be used gets an error that says so', () => {
  test.each<[object | undefined, string]>([
    [
      { freshness: { sharedTtlSeconds: Number.NaN } },
      "'freshness.sharedTtlSeconds' must be a number from 0 to 315360000, got: NaN",
    ],
    [{ freshness: { memoryTtlSeconds: -1 } }, "'freshness.memoryTtlSeconds' must be a number"],
    [{ freshness: { sharedTtlSeconds: Number.POSITIVE_INFINITY } }, 'got: Infinity'],
    [
      { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 0 } },
      "must be given 'memoryTtlSeconds' or 'sharedTtlSeconds' more than 0",
    ],
    [{ freshness: { sharedTtlSeconds: '60' } }, 'got: "60"'],
    [{ ...both, earlyRefresh: Number.NaN }, "'earlyRefresh' must be a number from 0 to 100, got: NaN"],
    [{ ...both, jitter: 1 }, "'jitter' must be a number from 0 to 0.9, got: 1"],
    [{ ...both, share: 'none' }, "'share' must be 'frozen' or 'copy', got: \"none\""],
    [{ ...both, version: 0 }, "'version' must be a whole number of at least 1, got: 0"],
    [{ ...both, tags: ['Not Valid'] }, 'a tag must be lower case ASCII'],
    [{}, "'freshness' must be given"],
    [undefined, "'freshness' must be given"],
  ])('policy %j', (policy, message) => {
    const { cache } = two();
    expect(() => cache.namespace('n', policy as NamespacePolicy)).toThrow(message);
    expect(() => cache.namespace('n', policy as NamespacePolicy)).toThrow(CacheError);
  });

  test.each(['', 'Upper', 'with space', '*', 'x'.repeat(65)])('name %j', (name) => {
    const { cache } = two();
    expect(() => cache.namespace(name, both)).toThrow("'name' must be");
  });

  test.each([['leaseMs'], ['memoryMaxBytes'], ['tagTtlMs']])('option %s', (name) => {
    const { source } = two();
    expect(() => new Cache({ source, [name]: Number.NaN })).toThrow(
      `'${name}' must be a whole number of at least ${name === 'tagTtlMs' ? 0 : 1}, got: NaN`,
    );
  });

  test('tags of one read', async () => {
    const { a } = two();
    await expect(a.getOrSet('1', async () => 1, { tags: ['*'] })).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  test.each<[string, unknown, string]>([
    ['a cycle', cycle, 'circular'],
    ['a BigInt', { n: 1n }, 'BigInt'],
    ['a function', () => 1, 'it is a Function'],
    ['a symbol', Symbol('s'), 'it is a Symbol'],
  ])('values: %s', async (_, value, message) => {
    for (const policy of [both, { freshness: { memoryTtlSeconds: 1 } }]) {
      const { a, store } = two(policy);
      await expect(a.getOrSet('1', async () => value)).rejects.toMatchObject({
        code: 'E_UNSTORABLE_VALUE',
        message: expect.stringContaining(message),
      });
      expect(store.fences.get('users/1/1')?.token).toBeUndefined();
    }
  });

  test('a value over the limit is returned, and not stored', async () => {
    const { a, store } = two(both, { maxEntryLength: 200 });
    expect((await a.read('1', async () => 'x'.repeat(300))).outcome).toMatchObject({ stored: false, reason: 'too-large' });
    expect(store.values.size).toBe(0);
  });
});
