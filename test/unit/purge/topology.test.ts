import type { Pool } from 'pg';
import type { Message } from '../../../lambdas/platform/bus';
import { failedOver } from '../../../lambdas/platform/purge/failover';
import { topologyStep } from '../../../lambdas/platform/purge/purge-path';

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

test.each([
  ['a failover asks for what is read to be warmed, though nothing was purged lately', report('b'), [{ reason: 'failover' }]],
  ['a report of the same says nothing', report('a'), []],
])('%s', async (_, after, expected) => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  // A ledger without purges, whose last report is another.
  const query = async (text: string) => ({
    rows: text.startsWith('SELECT report') ? [{ report: report('a') }] : [],
    rowCount: 1,
  });
  const none = async (text: string) =>
    text.startsWith('INSERT INTO cachement.outbox') ? { rows: [], rowCount: 0 } : query(text);
  const primary = { connect: async () => ({ query: none, release: () => {} }) } as unknown as Pool;
  const published: Message[] = [];
  const bus = {
    publish: async (messages: readonly Message[]) => {
      published.push(...messages);
      return new Set<number>();
    },
  };
  const step = topologyStep({ primary, bus, drainSeconds: 5 } as unknown as Parameters<typeof topologyStep>[0]);
  expect([...(await step([{ messageId: '1', detail: { ...after, reportedAt: 2 } as never }]))]).toEqual([]);
  expect(published.map(({ type, detail }) => type === 'WarmRequested' && detail)).toEqual(expected);
  jest.restoreAllMocks();
});
