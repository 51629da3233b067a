import { CacheError, type Codec, type NamespacePolicy } from '../../../lambdas/runtime';
import { compression } from '../../../lambdas/runtime/codecs/compression';
import { serialization } from '../../../lambdas/runtime/codecs/serialization';
import { platform } from '../../support/cache-processes';

const POLICIES: [string, NamespacePolicy][] = [
  ['memory and shared', { freshness: { memoryTtlSeconds: 5, sharedTtlSeconds: 60 } }],
  ['shared only', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } }],
  ['memory only', { freshness: { memoryTtlSeconds: 5 } }],
  ['copies', { freshness: { memoryTtlSeconds: 5, sharedTtlSeconds: 60 }, share: 'copy' }],
];

/** Values that readers of every tier get, by the way that they came: loaded, joined, hit, without the shared tier, set. */
async function everyTier(policy: NamespacePolicy, make: () => unknown, codec?: Codec): Promise<Record<string, unknown>> {
  const { a, b, process, store } = platform(codec && { codec });
  const [mine, theirs, third] = [a, b, process()].map((cache) => cache.namespace('things', policy));
  const load = async () => make();
  const read: Record<string, unknown> = {};
  [read.loaded, read.joined] = await Promise.all([mine!.getOrSet('k', load), mine!.getOrSet('k', load)]);
  read.again = await mine!.getOrSet('k', load);
  [read.shared, read.sharedJoined] = await Promise.all([theirs!.getOrSet('k', load), theirs!.getOrSet('k', load)]);
  read.sharedAlone = await third!.getOrSet('k', load);
  read.got = await third!.get('k');
  await mine!.set('set', make(), { rowVersion: 1 });
  read.set = await mine!.getOrSet('set', load);
  read.setShared = await theirs!.getOrSet('set', load);
  store.before = () => Promise.reject(new CacheError('E_SHARED_UNAVAILABLE', 'gone'));
  [read.bypassed, read.bypassedJoined] = await Promise.all([third!.getOrSet('b', load), third!.getOrSet('b', load)]);
  return read;
}

class Money {
  constructor(readonly amount: number) {}
}

describe.each(POLICIES)('with %s', (_, policy) => {
  test.each<[string, () => unknown, unknown]>([
    ['a Date', () => ({ at: new Date(0) }), { at: '1970-01-01T00:00:00.000Z' }],
    ['a Buffer', () => Buffer.from('a'), { type: 'Buffer', data: [97] }],
    ['a URL', () => [new URL('http://a.example/')], ['http://a.example/']],
    ['what has a toJSON of its own', () => ({ toJSON: () => 'said' }), 'said'],
    ['-0', () => [-0], [0]],
    ['an object of a class', () => new Money(3), { amount: 3 }],
    ['a property that is undefined', () => ({ a: 1, b: undefined }), { a: 1 }],
    ['an object without a prototype', () => Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['a name that prototypes have', () => JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
    ['null', () => null, null],
    ['falsy values', () => [0, '', false, null], [0, '', false, null]],
  ])('%s is the same from every tier: what JSON makes of it', async (_kind, make, expected) => {
    const read = await everyTier(policy, make);
    for (const value of Object.values(read)) {
      expect(value).toStrictEqual(expected);
      expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
  });

  test.each<[string, unknown, string]>([
    ['a Map', { of: new Map([[1, 2]]) }, 'of is a Map'],
    ['a Set', new Set([1]), 'it is a Set'],
    ['an Error', [new Error('x')], '0 is a Error'],
    ['a RegExp', { a: { b: /x/ } }, 'a.b is a RegExp'],
    ['a typed array', new Uint8Array(2), 'it is a Uint8Array'],
    ['a promise', { value: Promise.resolve(1) }, 'value is a Promise'],
    ['NaN', { n: Number.NaN }, 'n is NaN'],
    ['Infinity', [Number.NEGATIVE_INFINITY], '0 is -Infinity'],
    ['an invalid date', { at: new Date(Number.NaN) }, 'at is Invalid Date'],
    // biome-ignore lint/suspicious/noSparseArray: that is the case
    ['a hole', [1, , 2], '1 is a Undefined'],
    ['undefined in an array', [undefined], '0 is a Undefined'],
    ['a method', { run() {} }, 'run is a Function'],
    ['a symbol', { s: Symbol('s') }, 's is a Symbol'],
    ['a Map that toJSON gives', { toJSON: () => new Map() }, 'it is a Map'],
  ])('%s, which JSON would lose, is an error', async (_kind, value, message) => {
    const { a } = platform();
    const things = a.namespace('things', policy);
    for (const failing of [things.getOrSet('k', async () => value), things.set('k', value, { rowVersion: 1 })])
      await expect(failing).rejects.toMatchObject({ code: 'E_UNSTORABLE_VALUE', message: expect.stringContaining(message) });
  });

  test("nothing of the application's own is frozen, nor shared with what readers get", async () => {
    const inner = { n: 1 };
    const own = { list: [inner] };
    const read = await everyTier(policy, () => own);
    expect([own, own.list, inner].map(Object.isFrozen)).toEqual([false, false, false]);
    inner.n = 2;
    own.list.push(inner);
    for (const value of Object.values(read)) expect(value).toEqual({ list: [{ n: 1 }] });
  });

  test('a reader cannot change what another one gets, however deep', async () => {
    const deep = () => JSON.parse(`${'['.repeat(900)}{"n":1}${']'.repeat(900)}`) as unknown;
    const innermost = (value: unknown): { n: number } => {
      let each = value;
      while (Array.isArray(each)) each = each[0];
      return each as { n: number };
    };
    const { a, b } = platform();
    const load = async () => deep();
    const [mine, theirs] = [a.namespace('things', policy), b.namespace('things', policy)];
    const all = await Promise.all([mine, mine].map((each) => each.getOrSet('k', load)));
    all.push(...(await Promise.all([theirs, theirs].map((each) => each.getOrSet('k', load)))));
    const frozen = all.map((value) => Object.isFrozen(innermost(value)));
    // All are frozen, or none is: whether others joined makes no difference.
    expect(new Set(frozen).size).toBe(1);
    for (const value of all) if (!frozen[0]) innermost(value).n++;
    for (const each of [mine, theirs]) expect(innermost(await each.getOrSet('k', load)).n).toBe(1);
    if (!frozen[0]) for (const value of all) expect(innermost(value).n).toBe(2);
  });
});

/** What superjson and devalue do, for Date and Map. */
const typed = {
  stringify: (value: unknown) =>
    JSON.stringify(value, function (this: Record<string, unknown>, name, each) {
      const own = this[name];
      if (own instanceof Date) return { $date: own.getTime() };
      return each instanceof Map ? { $map: [...each] } : each;
    }),
  parse: (text: string): unknown =>
    JSON.parse(text, (_, each) => (each?.$date !== undefined ? new Date(each.$date) : each?.$map ? new Map(each.$map) : each)),
};

describe('a serializer of one’s own', () => {
  const make = () => ({ at: new Date(5), map: new Map([['a', [1]]]) });

  test.each(
    POLICIES.flatMap(([name, policy]) =>
      [
        ['alone', serialization(typed)],
        ['compressed', compression({ codec: serialization(typed), minBytes: 0, minSaving: 0 })],
      ].map(([how, codec]) => [name, how, policy, codec] as [string, string, NamespacePolicy, Codec]),
    ),
  )('carries what JSON cannot, through every tier: %s, %s', async (_name, _how, policy, codec) => {
    const read = Object.values(await everyTier(policy, make, codec));
    for (const value of read) expect(value).toStrictEqual(make());
    // A Map can't be frozen, so each reader has his own.
    for (const value of read as ReturnType<typeof make>[]) value.map.get('a')?.push(2);
    expect(new Set(read).size).toBe(read.length);
    for (const value of read as ReturnType<typeof make>[]) expect(value.map.get('a')).toEqual([1, 2]);
  });

  test('reads what was plain JSON before as that, and one without it takes what it wrote for a miss', async () => {
    const { a, store, source, clock } = platform();
    const policy = { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } };
    const plain = a.namespace('things', policy);
    const other = platform({ shared: store, source, clock, codec: serialization(typed) } as never).a.namespace('things', policy);
    await plain.getOrSet('old', async () => ({ $date: 1 }));
    expect(await other.get('old')).toEqual({ $date: 1 });
    await other.getOrSet('new', async () => new Date(1));
    expect(await plain.get('new')).toBeUndefined();
  });
});
