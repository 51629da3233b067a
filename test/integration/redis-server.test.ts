import { type RedisConnectionOptions, RedisStore } from '../../lambdas/runtime';
import { clusterState } from '../../lambdas/runtime/cluster-state';
import { newToken } from '../../lambdas/runtime/token';
import { entryOf, sharedStoreContract, version } from '../contract/shared-store';
import { type RedisServer, startRedisServer } from '../support/redis-server';
import { waitFor } from '../support/wait-for';

let server: RedisServer;
const stores: RedisStore[] = [];

beforeAll(async () => {
  server = await startRedisServer({ replica: true });
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await server.dispose();
});

function storeOf({ port, user }: RedisServer, options: Partial<RedisConnectionOptions> = {}): RedisStore {
  const store = new RedisStore({
    endpoint: `127.0.0.1:${port}`,
    tls: false,
    credentials: () => user,
    namespace: newToken(),
    budgetMs: 500,
    ...options,
  });
  stores.push(store);
  return store;
}

/** First line that a store reports. */
function firstReport(target: RedisServer, options: Partial<RedisConnectionOptions>): Promise<string> {
  return new Promise((resolve) => storeOf(target, { ...options, report: resolve }));
}

describe('a store on a server without cluster mode', () => {
  sharedStoreContract(async () => storeOf(server));

  test('says so, once it is connected', async () => {
    expect(await firstReport(server, {})).toBe('no cluster');
  });

  test('has its primary and its replica in a health check', async () => {
    const { status, nodes } = await clusterState(storeOf(server).connection);
    expect(status).toBe('ok');
    expect(nodes).toEqual([
      { address: `127.0.0.1:${server.port}`, role: 'primary', status: 'online' },
      { address: `127.0.0.1:${server.replica!.port}`, role: 'replica', status: 'online' },
    ]);
  });

  test('has a purge on the replica when it returns', async () => {
    const store = storeOf(server, { namespace: 'replicated' });
    const token = newToken();
    await store.lease('k', token, 1000, '');
    await store.fill('k', token, undefined, 10_000, entryOf(token, 1));
    const replica = server.replica!.administrator;
    await waitFor('the entry on the replica', async () => (await replica.keys('replicated:v:*')).length === 1);
    await store.purgeKey('k', version(1), 1000);
    expect(await replica.keys('replicated:v:*')).toEqual([]);
  });

  test('refuses an endpoint that leads to a replica', async () => {
    expect(await firstReport(server.replica!, {})).toMatch(/^the shared tier '.*' can't be used: a replica; check 'endpoint'$/);
  });

  test('goes on after its connections were cut', async () => {
    const restarted = await startRedisServer();
    try {
      const store = storeOf(restarted, { namespace: 'back' });
      expect(await store.get('k')).toBeNull();
      await restarted.administrator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await waitFor('an answer', () =>
        store.get('k').then(
          (answer) => answer === null,
          () => false,
        ),
      );
    } finally {
      await restarted.dispose();
    }
  });
});

describe('a store that reaches no server says why, and which option to look at', () => {
  test.each<[string, Partial<RedisConnectionOptions>, RegExp]>([
    ['a wrong password', { credentials: () => ({ username: 'app', password: 'no' }) }, /WRONGPASS .*; check 'credentials'$/],
    ['no user', { credentials: undefined }, /NOAUTH .*; check 'credentials'$/],
    ['TLS where the server has none', { tls: true }, /; check 'tls'$/],
    ['a port where nobody listens', { endpoint: '127.0.0.1:1' }, /ECONNREFUSED .*; check 'endpoint'$/],
    ['a name that nobody knows', { endpoint: 'nowhere.invalid:6379' }, /nowhere\.invalid; check 'endpoint'$/],
    [
      'credentials that can not be had',
      { credentials: () => Promise.reject(new Error('no such secret')) },
      /can't be used: no such secret; check 'credentials'$/,
    ],
  ])('%s', async (_, options, warning) => {
    expect(await firstReport(server, options)).toMatch(warning);
  });
});
