import type { SharedStore } from '../../lambdas/runtime';
import { encodeEntry } from '../../lambdas/runtime/envelope';
import { sharedStoreContract as contract } from '../../lambdas/runtime/testing';

/** A version, of timeline 1 where nothing else is said. */
export const version = (lsn: number, timeline = 1): string =>
  `${timeline.toString(16).padStart(8, '0')}${lsn.toString(16).padStart(16, '0')}`.toUpperCase();

/** An entry as the read path stores it, or as a writer does who knows the version of its row. */
export function entryOf(token: string, value: unknown, row?: string): string {
  const header = {
    token,
    version: version(1),
    loadedAt: 1,
    freshUntil: 2,
    expiresAt: 3,
    loadMs: 4,
    tags: [],
    ...(row && { row }),
  };
  return encodeEntry(header, JSON.stringify(value));
}

/** A version of a row, as stores compare it. */
export const row = (number: number): string => String(number).padStart(24, '0');

/** Holds a store to the contract that the library exports. `create` gives a store that no other test has used keys of. */
export function sharedStoreContract(create: () => Promise<SharedStore>): void {
  let store: SharedStore;

  beforeAll(async () => {
    store = await create();
  });
  afterAll(() => store.close());

<<<<<<< test/contract/shared-store.ts
  test('an invalidation that expires makes no entry of nothing', async () => {
    await store.invalidate(key, version(7), 60_000, { mode: 'expire' });
    expect(await store.get(key)).toBeNull();
  });

  test('a value in hand is stored, and an older one of its row is not, nor does it purge', async () => {
    const put = (number: number) =>
      store.put(
        key,
        { version: version(5), row: row(number), ttlMs: 60_000, entry: entryOf(newToken(), number, row(number)) },
        60_000,
      );
    expect(await put(2)).toBe(true);
    expect(await put(1)).toBe(false);
    expect(decodeEntry((await store.get(key)) ?? '')?.value).toBe(2);
    expect(await put(10)).toBe(true);
    expect(decodeEntry((await store.get(key)) ?? '')?.value).toBe(10);
  });

  test('a value in hand takes the lease away from a load that began before it', async () => {
    const token = newToken();
    await store.lease(key, token, 1000, '');
    await store.put(key, { version: version(5), row: row(1), ttlMs: 60_000, entry: entryOf(newToken(), 1, row(1)) }, 60_000);
    expect(await store.fill(key, token, undefined, 60_000, entryOf(token, 'old'))).toBe(false);
    await store.invalidate(key, version(4), 60_000);
    expect(await store.lease(key, newToken(), 1000, '')).toEqual({ kind: 'grant', minVersion: version(5) });
  });

  test.each([
    ['a newer version of the row', { row: row(5) }],
    ['an unknown version of the row', {}],
  ])('a value in hand is not stored after an invalidation of %s', async (_, options) => {
    await store.invalidate(key, version(7), 60_000, options);
    const entry = entryOf(newToken(), 4, row(4));
    expect(await store.put(key, { version: version(8), row: row(4), ttlMs: 60_000, entry }, 60_000)).toBe(false);
    expect(await store.get(key)).toBeNull();
  });

  test('a value in hand is stored after an invalidation of its own version of the row', async () => {
    await store.invalidate(key, version(7), 60_000, { row: row(5) });
    const entry = entryOf(newToken(), 5, row(5));
    expect(await store.put(key, { version: version(7), row: row(5), ttlMs: 60_000, entry }, 60_000)).toBe(true);
  });

  test('nobody fills a key that somebody intends to write, until every writer has invalidated it', async () => {
    const token = newToken();
    await store.lease(key, token, 1000, '');
    const [first, second] = [newToken(), newToken()];
    await store.intend(key, first, 60_000);
    await store.intend(key, second, 60_000);
    expect(await store.fill(key, token, undefined, 60_000, entryOf(token, 'old'))).toBe(false);
    expect((await store.lease(key, newToken(), 1000, '')).kind).toBe('bypass');
    await store.invalidate(key, version(7), 60_000, { writer: first });
    expect((await store.lease(key, newToken(), 1000, '')).kind).toBe('bypass');
    const entry = entryOf(newToken(), 1, row(1));
    expect(await store.put(key, { version: version(8), row: row(1), ttlMs: 60_000, entry }, 60_000)).toBe(false);
    await store.invalidate(key, version(8), 60_000, { writer: second });
    expect(await store.lease(key, newToken(), 1000, '')).toEqual({ kind: 'grant', minVersion: version(8) });
  });

  test('an intent removes the entry, and ends by itself', async () => {
    await filled('old');
    await store.intend(key, newToken(), 30);
    expect(await store.get(key)).toBeNull();
    await waitFor('the end of the lease', async () => (await store.lease(key, newToken(), 1000, '')).kind === 'grant');
  });
=======
  for (const { name, run } of contract) test(name, () => run(store));
>>>>>>> /tmp/land.new
}
