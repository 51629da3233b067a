import { MemorySharedStore } from '../support/memory-shared-store';
import { sharedStoreContract } from './shared-store';

describe('the shared store of the unit tests', () => {
  sharedStoreContract(async () => new MemorySharedStore({ now: Date.now }));
});
