import type { Database } from '../../../lambdas/platform/database';
import { health } from '../../../lambdas/platform/health';
import type { RedisStore } from '../../../lambdas/runtime/shared/redis-store';

const SHARDS = [
  [
    'slots',
    [0, 16_383],
    'nodes',
    [
      ['id', 'aa', 'ip', '10.0.1.7', 'endpoint', 'shop-0001-001.cache', 'port', 6379, 'role', 'master', 'health', 'online'],
      ['id', 'bb', 'ip', '10.0.2.8', 'endpoint', 'shop-0001-002.cache', 'port', 6379, 'role', 'replica', 'health', 'loading'],
    ],
  ],
];
const REPORT = {
  replicationGroupId: 'shop',
  status: 'available',
  reportedAt: 1,
  shards: [
    {
      id: '0001',
      status: 'available',
      slots: '0-16383',
      nodes: [{ id: 'shop-0001-001', role: 'primary', availabilityZone: 'eu-central-1a' }, { id: 'shop-0001-002' }],
    },
  ],
};

const pool = (row: object) => ({ query: async () => ({ rows: [row] }) });
const database = {
  writer: pool({ gateway_waiting: 0, gateway_oldest: null, edge_waiting: 0, edge_oldest: null, report: REPORT, report_age: 5 }),
  readers: [pool({})],
} as unknown as Database;
const connection = { client: async () => ({ nodes: () => [{ cluster: async () => SHARDS }] }), failing: false };
const store = { connection } as unknown as RedisStore;

test('health says of each server how it is, and of none its name or address', async () => {
  const state = await health(store, database);
  expect(state).toMatchObject({
    status: 'ok',
    shared: {
      status: 'ok',
      nodes: [
        { role: 'primary', status: 'online' },
        { role: 'replica', status: 'loading' },
      ],
    },
    topology: { status: 'available', ageSeconds: 5, shards: [{ status: 'available', nodes: [{ role: 'primary' }, {}] }] },
  });
  expect(JSON.stringify(state)).not.toMatch(/10\.0\.|shop|0001|eu-central|6379/);
});
