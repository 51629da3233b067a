import type { SharedStore } from '../../lambdas/runtime';
import { decodeEntry, encodeEntry } from '../../lambdas/runtime/envelope';
import { newToken } from '../../lambdas/runtime/token';
import { waitFor } from '../support/wait-for';

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

/** What every store of the shared tier must do. `create` gives a store that no other test has used keys of. */
export function sharedStoreContract(create: () => Promise<SharedStore>): void {
  let store: SharedStore;
  let key: string;

  beforeAll(async () => {
    store = await create();
  });
  afterAll(() => store.close());
  beforeEach(() => {
    key = `contract/${newToken()}`;
  });

  const filled = async (value: unknown): Promise<string> => {
    const token = newToken();
    await store.lease(key, token, 1000, '');
    await store.fill(key, token, undefined, 60_000, entryOf(token, value));
    return token;
  };

  test('a key that was never filled is absent', async () => {
    expect(await store.get(key)).toBeNull();
  });

  test('a fill by the holder of the lease is read back as it was written', async () => {
    const token = newToken();
    expect(await store.lease(key, token, 1000, '')).toEqual({ kind: 'grant', minVersion: undefined });
    expect(await store.fill(key, token, undefined, 60_000, entryOf(token, { ü: 'ẞ' }))).toBe(true);
    expect(await store.get(key)).toBe(entryOf(token, { ü: 'ẞ' }));
  });

  test('one lease at a time is granted, and its holder may ask again', async () => {
    const token = newToken();
    await store.lease(key, token, 5000, '');
    const other = await store.lease(key, newToken(), 5000, '');
    expect(other.kind).toBe('wait');
    expect(other.kind === 'wait' && other.leftMs).toBeGreaterThan(0);
    expect((await store.lease(key, token, 5000, '')).kind).toBe('grant');
  });

  test('a released lease is granted to the next who asks', async () => {
    const token = newToken();
    await store.lease(key, token, 5000, '');
    await store.release(key, newToken());
    expect((await store.lease(key, newToken(), 5000, '')).kind).toBe('wait');
    await store.release(key, token);
    expect((await store.lease(key, newToken(), 5000, '')).kind).toBe('grant');
  });

  test('whoever asks for the lease of a filled key gets the entry', async () => {
    const token = await filled('new');
    expect(await store.lease(key, newToken(), 1000, '')).toEqual({ kind: 'hit', entry: entryOf(token, 'new') });
  });

  test('an entry that the caller has refused can be replaced, and only by one', async () => {
    const token = await filled('old');
    expect((await store.lease(key, newToken(), 5000, token)).kind).toBe('grant');
    expect((await store.lease(key, newToken(), 5000, token)).kind).toBe('wait');
  });

  test('an invalidation removes the entry and refuses a fill whose load began before it', async () => {
    await filled('old');
    const seen = (await store.get(key))?.slice(4, 20) ?? '';
    const token = newToken();
    await store.lease(key, token, 1000, seen);
    await store.invalidate(key, version(7), 60_000);
    expect(await store.get(key)).toBeNull();
    expect(await store.fill(key, token, undefined, 60_000, entryOf(token, 'older'))).toBe(false);
    expect(await store.get(key)).toBeNull();
  });

  test('the lease after an invalidation names the version that a replica must have', async () => {
    await store.invalidate(key, version(7), 60_000);
    await store.invalidate(key, version(5), 60_000);
    expect(await store.lease(key, newToken(), 1000, '')).toEqual({ kind: 'grant', minVersion: version(7) });
  });

  test("a replica's load that is too old is refused, one that is new enough is stored", async () => {
    await store.invalidate(key, version(7), 60_000);
    const old = newToken();
    await store.lease(key, old, 1000, '');
    expect(await store.fill(key, old, version(6), 60_000, entryOf(old, 'old'))).toBe(false);
    const fresh = newToken();
    await store.lease(key, fresh, 1000, '');
    expect(await store.fill(key, fresh, version(7), 60_000, entryOf(fresh, 'new'))).toBe(true);
  });

  test('a load of an older timeline is refused after an invalidation of a newer one', async () => {
    await store.invalidate(key, `00000002${'0'.repeat(16)}`, 60_000);
    const token = newToken();
    await store.lease(key, token, 1000, '');
    expect(await store.fill(key, token, version(0xffff), 60_000, entryOf(token, 'old'))).toBe(false);
  });

  test('a discarded entry is absent', async () => {
    await filled('x');
    await store.discard(key);
    expect(await store.get(key)).toBeNull();
  });

  test('a tag that was never created is absent, also when it is touched', async () => {
    expect(await store.getTag(key)).toBeUndefined();
    expect(await store.touchTag(key, 60_000)).toBeUndefined();
  });

  test('the first of two who create a tag wins', async () => {
    const first = await store.createTag(key, newToken(), version(3), 60_000);
    expect(await store.createTag(key, newToken(), version(4), 60_000)).toEqual(first);
    expect(await store.getTag(key)).toEqual(first);
    expect(await store.touchTag(key, 60_000)).toEqual(first);
  });

  test('a purge changes the mark of its kind and keeps the other', async () => {
    const first = await store.createTag(key, newToken(), version(3), 60_000);
    await store.purgeTag(key, newToken(), version(4), 60_000, 'expire');
    const expired = await store.getTag(key);
    expect(expired).toMatchObject({ deleted: first.deleted, expiredVersion: version(4) });
    expect(expired?.expired).not.toBe(first.expired);
    await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
    expect(await store.getTag(key)).toMatchObject({ expired: expired?.expired, deletedVersion: version(5) });
  });

  test('a purge older than the last changes nothing, one of the same version does', async () => {
    await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
    const tag = await store.getTag(key);
    await store.purgeTag(key, newToken(), version(4), 60_000, 'delete');
    expect(await store.getTag(key)).toEqual(tag);
    await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
    expect((await store.getTag(key))?.deleted).not.toBe(tag?.deleted);
  });

  test('a purge begins a new timeline only where it is newer than the last', async () => {
    await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
    const tag = await store.getTag(key);
    await store.purgeTag(key, newToken(), version(9), 60_000, 'timeline');
    expect(await store.getTag(key)).toEqual(tag);
    await store.purgeTag(key, newToken(), version(1, 2), 60_000, 'timeline');
    const next = await store.getTag(key);
    expect(next).toMatchObject({ deletedVersion: version(1, 2), expired: tag?.expired });
    await store.purgeTag(key, newToken(), version(7, 2), 60_000, 'timeline');
    expect(await store.getTag(key)).toEqual(next);
  });

  test('a renewed lease lasts, and one that was lost is not renewed', async () => {
    const token = newToken();
    await store.lease(key, token, 200, '');
    expect(await store.renew(key, token, 5000)).toBe(true);
    const other = await store.lease(key, newToken(), 1000, '');
    expect(other.kind === 'wait' && other.leftMs).toBeGreaterThan(1000);
    await store.invalidate(key, version(7), 60_000);
    expect(await store.renew(key, token, 5000)).toBe(false);
    expect(await store.fill(key, token, undefined, 60_000, entryOf(token, 'old'))).toBe(false);
  });

  test('an invalidation that expires leaves the entry, marked, and refuses a fill whose load began before it', async () => {
    const filler = await filled('old');
    const token = newToken();
    await store.lease(key, token, 1000, filler);
    await store.invalidate(key, version(7), 60_000, { mode: 'expire' });
    const text = (await store.get(key)) ?? '';
    expect(decodeEntry(text)).toMatchObject({ expired: true, value: 'old' });
    expect(await store.fill(key, token, undefined, 60_000, entryOf(token, 'older'))).toBe(false);
    expect(await store.lease(key, newToken(), 1000, filler)).toEqual({ kind: 'grant', minVersion: version(7) });
  });

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
    await waitFor(async () => (await store.lease(key, newToken(), 1000, '')).kind === 'grant');
  });
}
