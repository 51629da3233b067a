import { failedOver } from '../../../lambdas/platform/purge/failover';

const report = (...primaries: (string | undefined)[]) => ({
  replicationGroupId: 'group',
  status: 'available',
  reportedAt: 1,
  shards: primaries.map((primary, index) => ({
    id: `000${index + 1}`,
    status: 'available',
    slots: '',
    nodes: ['a', 'b'].map((id) => ({ id, ...(primary && { role: id === primary ? 'primary' : 'replica' }) })),
  })),
});

test.each([
  ['the same', report('a', 'a'), report('a', 'a'), false],
  ['another primary in one shard', report('a', 'a'), report('a', 'b'), true],
  ['a shard that has none for the moment', report('a', 'a'), report('a', undefined), false],
  ['a new shard', report('a'), report('a', 'b'), false],
])('%s', (_, before, after, expected) => {
  expect(failedOver(before, after)).toBe(expected);
});
