// The client that applications of today have most.
jest.mock('ioredis', () => jest.requireActual('ioredis5'));
jest.mock('ioredis/built/connectors/StandaloneConnector', () =>
  jest.requireActual('ioredis5/built/connectors/StandaloneConnector'),
);

import { RedisStore } from '../../lambdas/runtime';
import { shardedPubSub } from '../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { sharedStoreContract } from '../contract/shared-store';
import { type RedisCluster, reach, startRedisCluster } from '../support/redis-cluster';
import { waitFor } from '../support/wait-for';

let cluster: RedisCluster;
const closing: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(async () => {
  for (const each of closing) await each.close();
  await cluster.dispose();
});

describe('with ioredis 5', () => {
  sharedStoreContract(async () => {
    const store = new RedisStore({ ...reach(cluster.place, 'five'), budgetMs: 500 });
    closing.push(store);
    return store;
  });

  test('a backplane tells other processes of purges', async () => {
    const [one, other] = [0, 1].map(() => shardedPubSub({ ...reach(cluster.place, 'five'), listen: true, heartbeatMs: 100 }));
    closing.push(one!, other!);
    const heard = new Promise((resolve) => other!.listen((message) => message && resolve(message)));
    one!.listen(() => {});
    await waitFor('the buses', () => !one!.disconnected && !other!.disconnected);
    await one!.publish({ entryName: 'e', key: 'k' } as never);
    expect(await heard).toMatchObject({ key: 'k' });
  });
});
