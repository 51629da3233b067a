import type { SharedStore } from '../../lambdas/runtime';
import { sharedStoreContract as contract } from '../../lambdas/runtime/testing';

export { entryOf, row, version } from '../../lambdas/runtime/testing/samples';

/** Holds a store to the contract that the library exports. `create` gives a store that no other test has used keys of. */
export function sharedStoreContract(create: () => Promise<SharedStore>): void {
  let store: SharedStore;

  beforeAll(async () => {
    store = await create();
  });
  afterAll(() => store.close());

  for (const { name, run } of contract) test(name, () => run(store));
}
