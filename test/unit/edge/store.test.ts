import { Store } from '../../../local/edge/store';
import type { StoredObject } from '../../../local/edge/stored-object';

function object(key: string, parts: Partial<StoredObject> = {}): StoredObject {
  return {
    key,
    url: key,
    status: 200,
    headers: [],
    body: Buffer.alloc(1000),
    tags: [],
    storedAt: 0,
    freshUntil: 0,
    revalidateUntil: 0,
    staleIfErrorSeconds: undefined,
    conditional: true,
    pausedUntil: 0,
    ...parts,
  };
}

const selector = (urls: string[], prefixes: string[] = [], tags: string[] = []) => ({
  urls: new Set(urls),
  prefixes,
  tags: new Set(tags),
});
const keys = (store: Store) =>
  store
    .entries()
    .map(({ key }) => key)
    .sort();

describe('the store of an edge location', () => {
  test('lets the least recently used go when it is full', () => {
    const store = new Store(6500);
    for (const key of ['/a', '/b', '/c']) store.set(object(key));
    store.get('/a');
    store.set(object('/d'));
    expect(keys(store)).toEqual(['/a', '/c', '/d']);
  });

  test('keeps nothing that is larger than itself, and nothing stale in its place', () => {
    const store = new Store(5000);
    store.set(object('/a'));
    store.set(object('/a', { body: Buffer.alloc(6000) }));
    expect(keys(store)).toEqual([]);
  });

  test('counts an object once however often it is replaced', () => {
    const store = new Store(6500);
    for (let i = 0; i < 10; i += 1) store.set(object('/a', { tags: [`t${i}`] }));
    store.set(object('/b'));
    store.set(object('/c'));
    expect(keys(store)).toEqual(['/a', '/b', '/c']);
    expect(store.invalidate(selector([], [], ['t0']))).toBe(0);
  });

  const VARIANTS = [
    object('1', { url: '/a', tags: ['x', 'y'] }),
    object('2', { url: '/a', tags: ['x'] }),
    object('3', { url: '/a?q=1', tags: ['y'] }),
    object('4', { url: '/a/b' }),
    object('5', { url: '/A', tags: ['z'] }),
  ];

  test.each<[string, ReturnType<typeof selector>, string[]]>([
    ['a path drops its variants, and not those with a query string', selector(['/a']), ['3', '4', '5']],
    ['a path with a query string', selector(['/a?q=1']), ['1', '2', '4', '5']],
    ['a wildcard', selector([], ['/a']), ['5']],
    ['a wildcard below a folder', selector([], ['/a/']), ['1', '2', '3', '5']],
    ['everything', selector([], ['/']), []],
    ['a tag', selector([], [], ['x']), ['3', '4', '5']],
    ['tags and a path', selector(['/A'], [], ['y']), ['2', '4']],
    ['nothing that is there', selector(['/none'], ['/none'], ['none']), ['1', '2', '3', '4', '5']],
  ])('invalidates: %s', (_, what, left) => {
    const store = new Store(1_000_000);
    for (const variant of VARIANTS) store.set(variant);
    expect(store.invalidate(what)).toBe(VARIANTS.length - left.length);
    expect(keys(store)).toEqual(left);
  });
});
