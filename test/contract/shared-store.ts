import type { SharedStore } from '../../lambdas/runtime';
import { encodeEntry } from '../../lambdas/runtime/entry/envelope';
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

  for (const { name, run } of contract) test(name, () => run(store));
}
