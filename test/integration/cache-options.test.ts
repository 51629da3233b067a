import { Cache, type CacheOptions } from '../../lambdas/runtime';
import { compression } from '../../lambdas/runtime/codecs/compression';
import { messagePack } from '../../lambdas/runtime/codecs/message-pack';
import { type ShardedPubSubOptions, shardedPubSub } from '../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { OneValue } from '../support/cache-processes';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster';
import { waitFor } from '../support/wait-for';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.dispose());

const caches: Cache<undefined>[] = [];
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
});

/** What each option needs to reach the cluster. */
function place(namespace: string) {
  const { host, port, tls, user } = cluster.place;
  return { endpoint: `${host}:${port}`, tls: tls ?? false, credentials: () => user!, namespace };
}

function cacheOf(namespace: string, source: OneValue, options: Partial<CacheOptions<undefined>> = {}): Cache<undefined> {
  const cache = new Cache<undefined>({ shared: cluster.store({ namespace }), source, ...options });
  caches.push(cache);
  return cache;
}

const LONG = { memoryTtlSeconds: 600, sharedTtlSeconds: 3600 };
const LIST = Array.from({ length: 100 }, (_, id) => ({ id, name: `Zürich ${id} 🙂`, halves: [id / 2, null, false] }));

test('a compressed MessagePack value comes back from the cluster byte for byte', async () => {
  const source = new OneValue();
  source.value = LIST;
  const codec = compression({ codec: messagePack({ minLength: 0 }), minBytes: 0 });
  const policy = { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } };
  const [a, b] = [1, 2].map(() => cacheOf('codecs', source, { codec }).namespace('things', policy));
  await a!.getOrSet('k', async () => source.value);
  const read = await b!.read('k', async () => source.value);
  expect(read).toMatchObject({ value: LIST, outcome: { tier: 'shared', status: 'hit' } });
  const stored = await cluster.store({ namespace: 'codecs' }).get('things/1/k');
  expect(stored).toMatch(/^C2b/);
  expect(stored!.length).toBeLessThan(JSON.stringify(LIST).length / 2);
});

describe('a bus of sharded channels', () => {
  const busOf = (namespace: string, options: Partial<ShardedPubSubOptions> = {}) =>
    shardedPubSub({ ...place(namespace), beatMs: 200, ...options });

  test('makes a purge of one process forgotten by the others, at once', async () => {
    const source = new OneValue();
    const buses = [busOf('bus'), busOf('bus'), busOf('bus', { listen: false })];
    const things = buses.map((bus) => cacheOf('bus', source, { bus }).namespace('things', { freshness: LONG, tags: ['all'] }));
    const [a, b, deployed] = things as [(typeof things)[0], (typeof things)[0], (typeof things)[0]];
    await Promise.all(buses.map(({ ready }) => ready));
    const purges = [
      (version: string) => a.delete('k', { version }),
      (version: string) => deployed.delete('k', { version }),
      (version: string) => deployed.purge({ tags: ['all'], version }),
    ];
    for (const [i, purge] of purges.entries()) {
      await b.read('k', async () => source.value);
      expect((await b.read('k', async () => source.value)).outcome.tier).toBe('memory');
      const value = `value ${i}`;
      await purge(source.write(value));
      await waitFor('the message', async () => (await b.getOrSet('k', async () => source.value)) === value, { everyMs: 2 });
    }
  });

  test('forgets everything where messages may have been missed, and keeps again once they are heard', async () => {
    const source = new OneValue();
    const bus = busOf('lost');
    const things = cacheOf('lost', source, { bus }).namespace('things', { freshness: LONG });
    await bus.ready;
    await things.getOrSet('k', async () => source.value);
    const masters = (await cluster.engines.processes()).filter((each) => each.kind === 'redis' && each.role === 'primary');
    const channelsOf = new Set<string>();
    for (const { name } of masters) {
      await cluster.engines.kill(name, 'SIGSTOP');
      const deaf = await waitFor('the silence', () => bus.deaf, { timeoutMs: 3000 }).catch(() => false);
      await cluster.engines.kill(name, 'SIGCONT');
      if (deaf) channelsOf.add(name);
      if (deaf) break;
    }
    // Four channels lie on at least one of the masters.
    expect(channelsOf.size).toBe(1);
    await waitFor('the connection', () => !bus.deaf);
    await cluster.engines.ready();
    const tier = async () => (await things.read('k', async () => source.value)).outcome.tier;
    expect(await tier()).not.toBe('memory');
    await waitFor('memory', async () => (await tier()) === 'memory');
  });
});
