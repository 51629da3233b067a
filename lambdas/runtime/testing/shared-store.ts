import * as assert from 'node:assert/strict';
import { decodeEntry } from '../entry/envelope';
import type { Lease, LeaseGrant, Put, SharedStore } from '../shared/shared-store';
import { newToken } from '../token';
import type { Version } from '../versions/version';
import type { ContractCase } from './contract';
import { entryOf, row, version } from './samples';

/** Stores a value as a reader does who got the lease. @returns the token of the lease. */
async function filled(store: SharedStore, key: string, value: unknown): Promise<string> {
  const token = newToken();
  await store.lease(key, token, 1000, '');
  await store.fill(key, token, undefined, 60_000, entryOf(token, value));
  return token;
}

function assertHas(actual: object | undefined, expected: object): void {
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(actual?.[name as keyof typeof actual], value);
}

function assertGrants(lease: Lease, minVersion: Version | undefined, doubtful = false): void {
  const { kind, ...grant } = lease as LeaseGrant;
  assert.deepEqual({ kind, ...grant, doubtful: !!grant.doubtful }, { kind: 'grant', minVersion, doubtful });
}

/** Value in hand of a version of its row, that may be stored at any time. */
function put(number: number, changes: Partial<Put> = {}): Put {
  const entry = entryOf(newToken(), number, row(number));
  return { version: version(5), row: row(number), ttlMs: 60_000, entry, until: Date.now() + 3_600_000, ...changes };
}

/** Lease of a key, once no intent holds any more. */
async function afterIntents(store: SharedStore, key: string): Promise<Lease> {
  for (const until = Date.now() + 5000; ; ) {
    const lease = await store.lease(key, newToken(), 1000, '');
    if (lease.kind !== 'bypass') return lease;
    assert.ok(Date.now() < until, 'the intent is still there');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface KeyCase {
  readonly name: string;
  /** @param key one that nobody has used. */
  run(store: SharedStore, key: string): Promise<void>;
}

const CASES: readonly KeyCase[] = [
  {
    name: 'a key that was never filled is absent',
    run: async (store, key) => {
      assert.equal(await store.get(key), null);
    },
  },

  {
    name: 'a fill by the holder of the lease is read back as it was written',
    run: async (store, key) => {
      const token = newToken();
      assertGrants(await store.lease(key, token, 1000, ''), undefined);
      assert.equal(await store.fill(key, token, undefined, 60_000, entryOf(token, { ü: 'ẞ' })), true);
      assert.equal(await store.get(key), entryOf(token, { ü: 'ẞ' }));
    },
  },

  {
    name: 'one lease at a time is granted, and its holder may ask again',
    run: async (store, key) => {
      const token = newToken();
      await store.lease(key, token, 5000, '');
      const other = await store.lease(key, newToken(), 5000, '');
      assert.equal(other.kind, 'wait');
      assert.ok(Number(other.kind === 'wait' && other.leftMs) > 0);
      assert.equal((await store.lease(key, token, 5000, '')).kind, 'grant');
    },
  },

  {
    name: 'a released lease is granted to the next who asks',
    run: async (store, key) => {
      const token = newToken();
      await store.lease(key, token, 5000, '');
      await store.release(key, newToken());
      assert.equal((await store.lease(key, newToken(), 5000, '')).kind, 'wait');
      await store.release(key, token);
      assert.equal((await store.lease(key, newToken(), 5000, '')).kind, 'grant');
    },
  },

  {
    name: 'whoever asks for the lease of a filled key gets the entry',
    run: async (store, key) => {
      const token = await filled(store, key, 'new');
      assert.deepEqual(await store.lease(key, newToken(), 1000, ''), { kind: 'hit', entry: entryOf(token, 'new') });
    },
  },

  {
    name: 'an entry that the caller has refused can be replaced, and only by one',
    run: async (store, key) => {
      const token = await filled(store, key, 'old');
      assert.equal((await store.lease(key, newToken(), 5000, token)).kind, 'grant');
      assert.equal((await store.lease(key, newToken(), 5000, token)).kind, 'wait');
    },
  },

  {
    name: 'a purge removes the entry and refuses a fill whose load began before it',
    run: async (store, key) => {
      await filled(store, key, 'old');
      const seen = (await store.get(key))?.slice(4, 20) ?? '';
      const token = newToken();
      await store.lease(key, token, 1000, seen);
      await store.purgeKey(key, version(7), 60_000);
      assert.equal(await store.get(key), null);
      assert.equal(await store.fill(key, token, undefined, 60_000, entryOf(token, 'older')), false);
      assert.equal(await store.get(key), null);
    },
  },

  {
    name: 'the lease after a purge names the version that a replica must have',
    run: async (store, key) => {
      await store.purgeKey(key, version(7), 60_000);
      await store.purgeKey(key, version(5), 60_000);
      assertGrants(await store.lease(key, newToken(), 1000, ''), version(7));
    },
  },

  {
    name: "a replica's load that is too old is refused, one that is new enough is stored",
    run: async (store, key) => {
      await store.purgeKey(key, version(7), 60_000);
      const old = newToken();
      await store.lease(key, old, 1000, '');
      assert.equal(await store.fill(key, old, version(6), 60_000, entryOf(old, 'old')), false);
      const fresh = newToken();
      await store.lease(key, fresh, 1000, '');
      assert.equal(await store.fill(key, fresh, version(7), 60_000, entryOf(fresh, 'new')), true);
    },
  },

  {
    name: 'a load of an older timeline is refused after a purge of a newer one',
    run: async (store, key) => {
      await store.purgeKey(key, `00000002${'0'.repeat(16)}`, 60_000);
      const token = newToken();
      await store.lease(key, token, 1000, '');
      assert.equal(await store.fill(key, token, version(0xffff), 60_000, entryOf(token, 'old')), false);
    },
  },

  {
    name: 'a discarded entry is absent',
    run: async (store, key) => {
      await filled(store, key, 'x');
      await store.discard(key);
      assert.equal(await store.get(key), null);
    },
  },

  {
    name: 'a tag that was never created is absent, also when it is touched',
    run: async (store, key) => {
      assert.equal(await store.getTag(key), undefined);
      assert.equal(await store.touchTag(key, 60_000), undefined);
    },
  },

  {
    name: 'the first of two who create a tag wins',
    run: async (store, key) => {
      const first = await store.createTag(key, newToken(), version(3), 60_000);
      assert.deepEqual(await store.createTag(key, newToken(), version(4), 60_000), first);
      assert.deepEqual(await store.getTag(key), first);
      assert.deepEqual(await store.touchTag(key, 60_000), first);
    },
  },

  {
    name: 'a purge changes the mark of its kind and keeps the other',
    run: async (store, key) => {
      const first = await store.createTag(key, newToken(), version(3), 60_000);
      await store.purgeTag(key, newToken(), version(4), 60_000, 'expire');
      const expired = await store.getTag(key);
      assertHas(expired, { deleted: first.deleted, expiredVersion: version(4) });
      assert.notEqual(expired?.expired, first.expired);
      await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
      assertHas(await store.getTag(key), { expired: expired?.expired, deletedVersion: version(5) });
    },
  },

  {
    name: 'a purge older than the last changes nothing, one of the same version does',
    run: async (store, key) => {
      await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
      const tag = await store.getTag(key);
      await store.purgeTag(key, newToken(), version(4), 60_000, 'delete');
      assert.deepEqual(await store.getTag(key), tag);
      await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
      assert.notEqual((await store.getTag(key))?.deleted, tag?.deleted);
    },
  },

  {
    name: 'a purge begins a new timeline only where it is newer than the last',
    run: async (store, key) => {
      await store.purgeTag(key, newToken(), version(5), 60_000, 'delete');
      const tag = await store.getTag(key);
      await store.purgeTag(key, newToken(), version(9), 60_000, 'timeline');
      assert.deepEqual(await store.getTag(key), tag);
      await store.purgeTag(key, newToken(), version(1, 2), 60_000, 'timeline');
      const next = await store.getTag(key);
      assertHas(next, { deletedVersion: version(1, 2), expired: tag?.expired });
      await store.purgeTag(key, newToken(), version(7, 2), 60_000, 'timeline');
      assert.deepEqual(await store.getTag(key), next);
    },
  },

  {
    name: 'a renewed lease lasts, and one that was lost is not renewed',
    run: async (store, key) => {
      const token = newToken();
      await store.lease(key, token, 200, '');
      assert.equal(await store.renew(key, token, 5000), true);
      const other = await store.lease(key, newToken(), 1000, '');
      assert.ok(Number(other.kind === 'wait' && other.leftMs) > 1000);
      await store.purgeKey(key, version(7), 60_000);
      assert.equal(await store.renew(key, token, 5000), false);
      assert.equal(await store.fill(key, token, undefined, 60_000, entryOf(token, 'old')), false);
    },
  },

  {
    name: 'a purge that expires leaves the entry, marked, and refuses a fill whose load began before it',
    run: async (store, key) => {
      const filler = await filled(store, key, 'old');
      const token = newToken();
      await store.lease(key, token, 1000, filler);
      await store.purgeKey(key, version(7), 60_000, { mode: 'expire' });
      const text = (await store.get(key)) ?? '';
      assertHas(decodeEntry(text), { expired: true, value: 'old' });
      assert.equal(await store.fill(key, token, undefined, 60_000, entryOf(token, 'older')), false);
      assertGrants(await store.lease(key, newToken(), 1000, filler), version(7));
    },
  },

  {
    name: 'a purge that expires makes no entry of nothing',
    run: async (store, key) => {
      await store.purgeKey(key, version(7), 60_000, { mode: 'expire' });
      assert.equal(await store.get(key), null);
    },
  },

  {
    name: 'a value in hand is stored, and an older one of its row is not, nor does it purge',
    run: async (store, key) => {
      assert.equal(await store.put(key, put(2), 60_000), true);
      assert.equal(await store.put(key, put(1), 60_000), false);
      assert.equal(decodeEntry((await store.get(key)) ?? '')?.value, 2);
      assert.equal(await store.put(key, put(10), 60_000), true);
      assert.equal(decodeEntry((await store.get(key)) ?? '')?.value, 10);
    },
  },

  {
    name: 'a value in hand takes the lease away from a load that began before it',
    run: async (store, key) => {
      const token = newToken();
      await store.lease(key, token, 1000, '');
      await store.put(key, put(1), 60_000);
      assert.equal(await store.fill(key, token, undefined, 60_000, entryOf(token, 'old')), false);
      await store.purgeKey(key, version(4), 60_000);
      assertGrants(await store.lease(key, newToken(), 1000, ''), version(5));
    },
  },

  {
    name: 'a value in hand is not stored after a purge of a newer version of the row, or of an unknown one',
    run: async (store, key) => {
      for (const [i, options] of [{ row: row(5) }, {}].entries()) {
        await store.purgeKey(`${key}/${i}`, version(7), 60_000, options);
        assert.equal(await store.put(`${key}/${i}`, put(4, { version: version(8) }), 60_000), false);
        assert.equal(await store.get(`${key}/${i}`), null);
      }
    },
  },

  {
    name: 'a value in hand is stored after a purge of its own version of the row',
    run: async (store, key) => {
      await store.purgeKey(key, version(7), 60_000, { row: row(5) });
      assert.equal(await store.put(key, put(5, { version: version(7) }), 60_000), true);
    },
  },

  {
    name: 'a value in hand without a text purges the key and is not stored, and the version of its row is known',
    run: async (store, key) => {
      await filled(store, key, 'old');
      assert.equal(await store.put(key, put(2, { entry: '' }), 60_000), false);
      assert.equal(await store.get(key), null);
      assert.equal(await store.put(key, put(1), 60_000), false);
      assert.equal(await store.put(key, put(3), 60_000), true);
    },
  },

  {
    name: 'a value in hand that comes too late is not stored, and purges as if its row were unknown',
    run: async (store, key) => {
      await store.put(key, put(1), 60_000);
      assert.equal(await store.put(key, put(2, { until: Date.now() - 3_600_000 }), 60_000), false);
      assert.equal(await store.get(key), null);
      assert.equal(await store.put(key, put(3), 60_000), false);
    },
  },

  {
    name: 'nobody fills a key that somebody intends to write, until every writer has purged it',
    run: async (store, key) => {
      const token = newToken();
      await store.lease(key, token, 1000, '');
      const [first, second] = [newToken(), newToken()];
      await store.intend(key, first, 60_000, 60_000);
      await store.intend(key, second, 60_000, 60_000);
      assert.equal(await store.fill(key, token, undefined, 60_000, entryOf(token, 'old')), false);
      assert.equal((await store.lease(key, newToken(), 1000, '')).kind, 'bypass');
      await store.purgeKey(key, version(7), 60_000, { writer: first });
      assert.equal((await store.lease(key, newToken(), 1000, '')).kind, 'bypass');
      assert.equal(await store.put(key, put(1, { version: version(8) }), 60_000), false);
      await store.purgeKey(key, version(8), 60_000, { writer: second });
      assertGrants(await store.lease(key, newToken(), 1000, ''), version(8));
    },
  },

  {
    name: 'an intent removes the entry, and ends by itself',
    run: async (store, key) => {
      await filled(store, key, 'old');
      await store.intend(key, newToken(), 30, 60_000);
      assert.equal(await store.get(key), null);
      assertGrants(await afterIntents(store, key), undefined, true);
    },
  },

  {
    name: 'leases of a key are doubtful after an intent that ended without a purge, until a later writer has purged it',
    run: async (store, key) => {
      const [dead, second, third] = [newToken(), newToken(), newToken()];
      await store.intend(key, second, 60_000, 60_000);
      await store.intend(key, dead, 30, 60_000);
      await store.purgeKey(key, version(7), 60_000, { writer: second });
      // The dead one's commit may be later than the version that the second has read.
      assertGrants(await afterIntents(store, key), version(7), true);
      await store.intend(key, third, 60_000, 60_000);
      await store.purgeKey(key, version(8), 60_000, { writer: third });
      assertGrants(await store.lease(key, newToken(), 1000, ''), version(8));
    },
  },
];

/**
 * Contract of every {@link SharedStore}, with real time. Cases use keys and tags of their own, so that they may share a store.
 */
export const sharedStoreContract: readonly ContractCase<SharedStore>[] = CASES.map(({ name, run }) => ({
  name,
  run: (store) => run(store, `contract/${newToken()}`),
}));
