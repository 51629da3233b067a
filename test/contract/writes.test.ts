import { writesContract } from './writes';

describe('writes of a namespace whose only tier is memory, in a cache without a shared tier', () => {
  writesContract({ freshness: { memoryTtlSeconds: 600 } }, { shared: undefined });
});

describe('writes of a namespace whose only tier is memory, beside others', () => {
  writesContract({ freshness: { memoryTtlSeconds: 600 } });
});

describe('writes of a namespace whose only tier is shared', () => {
  writesContract({ freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } });
});

describe('writes of a namespace with both tiers', () => {
  writesContract({ freshness: { memoryTtlSeconds: 600, sharedTtlSeconds: 600 } });
});
