import keySlot from 'cluster-key-slot';
import { Cluster, Redis } from 'ioredis';
import { seeded } from '../../bench/consistency/random';
import { Cache, CacheError, type RedisStore } from '../../lambdas/runtime';
import { clusterState } from '../../lambdas/runtime/cluster-state';
import { slotOf } from '../../lambdas/runtime/shared/hash-slot';
import { tagKey } from '../../lambdas/runtime/shared/redis-keys';
import { newToken } from '../../lambdas/runtime/token';
import { TimeVersions } from '../../lambdas/runtime/versions/time';
import { entryOf, sharedStoreContract, version } from '../contract/shared-store';
import { type RedisCluster, startRedisCluster } from '../support/redis-cluster';
import { waitFor } from '../support/wait-for';

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.dispose());

describe('a store on a real cluster', () => {
  sharedStoreContract(async () => cluster.store());

  test('says that every node is there', async () => {
    const state = await clusterState(cluster.store().connection);
    expect(state.status).toBe('ok');
    expect(state.nodes.map((node) => node.role).sort()).toEqual([
      'primary',
      'primary',
      'primary',
      'replica',
      'replica',
      'replica',
    ]);
  });

  test('gives its client for commands of other kinds, until it is closed', async () => {
    const store = cluster.store();
    expect((await store.connection.client()).nodes('master')).toHaveLength(3);
    await store.close();
    await expect(store.connection.client()).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE' });
  });

  test('shares no key between namespaces', async () => {
    const [a, b] = [cluster.store({ namespace: 'a' }), cluster.store({ namespace: 'b' })];
    const token = newToken();
    await a.lease('k', token, 1000, '');
    await a.fill('k', token, undefined, 1000, entryOf(token, 1));
    expect(await a.get('k')).not.toBeNull();
    expect(await b.get('k')).toBeNull();
  });

  test('refuses at once where the password is wrong, and never throws before it is asked', async () => {
    const store = cluster.store({ credentials: () => ({ username: 'app', password: 'wrong' }), connectBudgetMs: 200 });
    await expect(store.get('k')).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE' });
  });

  test('asks for credentials again where they could not be had', async () => {
    let asked = 0;
    const store = cluster.store({
      credentials: () => {
        asked++;
        if (asked === 1) throw new Error('no secret today');
        return { username: 'app', password: 'a-password-of-the-tests' };
      },
      connectBudgetMs: 10,
    });
    await expect(store.get('k')).rejects.toBeInstanceOf(CacheError);
    await waitFor('the credentials', async () => (await store.get('k').catch(() => 'failed')) === null);
    expect(asked).toBeGreaterThan(1);
  });
});

test('signs in to each connection with the credentials of that moment', async () => {
  let password = 'a-password-of-the-tests';
  const store = cluster.store({ credentials: () => ({ username: 'app', password }) });
  await waitFor('the connection', async () => (await store.get('k').catch(() => 'failed')) === null);
  const nodes = (await cluster.engines.processes()).filter(({ kind }) => kind === 'redis');
  const everywhere = async (...command: [string, ...string[]]) => {
    for (const { name } of nodes) {
      const client = new Redis(cluster.engines.cacheAdministrator(name));
      await client.call(...command).finally(() => client.disconnect());
    }
  };
  await everywhere('ACL', 'SETUSER', 'app', '>rotated', '<a-password-of-the-tests');
  try {
    password = 'rotated';
    await everywhere('CLIENT', 'KILL', 'USER', 'app');
    await waitFor('a new connection', async () => (await store.get('k').catch(() => 'failed')) === null);
  } finally {
    await everywhere('ACL', 'SETUSER', 'app', '>a-password-of-the-tests', '<rotated');
  }
});

/** Clients of the masters, each of its administrator. */
async function asAdministrators(use: (masters: Redis[]) => Promise<void>): Promise<void> {
  const nodes = await cluster.nodes('primary');
  const masters = nodes.map(({ name }) => new Redis(cluster.engines.cacheAdministrator(name)));
  try {
    await use(masters);
  } finally {
    for (const master of masters) master.disconnect();
  }
}

test('a tag never ends sooner because somebody else makes it for a short time', async () => {
  const store = cluster.store();
  await store.createTag('long', newToken(), version(1), 600_000);
  await store.createTag('long', newToken(), version(2), 1000);
  await store.purgeTag('long', newToken(), version(3), 1000, 'delete');
  const client = await store.connection.client();
  expect(await client.pttl(tagKey(store.connection.namespace, 'long'))).toBeGreaterThan(300_000);
});

test('replicas that hang hold up no reads behind a purge', async () => {
  const store = cluster.store({ budgetMs: 1000 });
  await purges(store, ['held-up']);
  const replicas = await cluster.nodes('replica');
  const all = (signal: 'SIGSTOP' | 'SIGCONT') => Promise.all(replicas.map(({ name }) => cluster.engines.kill(name, signal)));
  await all('SIGSTOP');
  try {
    let purged = false;
    const purging = purges(store, ['held-up']).finally(() => {
      purged = true;
    });
    let reads = 0;
    while (!purged) {
      await store.get('held-up');
      reads++;
    }
    await purging;
    // The first of them at most would be answered before the purge is.
    expect(reads).toBeGreaterThan(3);
  } finally {
    await all('SIGCONT');
    await cluster.engines.ready();
  }
});

test('a tag is purged where no memory is left and nothing may be evicted', async () => {
  const store = cluster.store();
  await store.createTag('full', newToken(), version(1), 60_000);
  await asAdministrators(async (masters) => {
    const [policy] = (await masters[0]!.config('GET', 'maxmemory-policy')).slice(1) as [string];
    const [memory] = (await masters[0]!.config('GET', 'maxmemory')).slice(1) as [string];
    const limit = (most: string, way: string) =>
      Promise.all(
        masters.flatMap((each) => [each.config('SET', 'maxmemory-policy', way), each.config('SET', 'maxmemory', most)]),
      );
    await limit('1', 'noeviction');
    try {
      await store.purgeTag('full', newToken(), version(2), 60_000, 'delete');
      expect(await store.getTag('full')).toBeUndefined();
    } finally {
      await limit(memory, policy);
    }
  });
});

test('a purge follows a slot that is moving', async () => {
  const store = cluster.store({ namespace: 'moving' });
  const slot = slotOf('moving:t:tag');
  await asAdministrators(async (masters) => {
    const counts = await Promise.all(masters.map((each) => each.cluster('COUNTKEYSINSLOT', slot).catch(() => 0)));
    expect(Math.max(...(counts as number[]))).toBe(0);
    const owners = await masters[0]!.cluster('SLOTS');
    const owner = owners.find(([first, last]) => first <= slot && slot <= last)![2]![2];
    const ids = (await Promise.all(masters.map((each) => each.cluster('MYID')))) as string[];
    const from = ids.indexOf(owner);
    const to = (from + 1) % masters.length;
    await masters[to]!.cluster('SETSLOT', slot, 'IMPORTING', ids[from]!);
    await masters[from]!.cluster('SETSLOT', slot, 'MIGRATING', ids[to]!);
    try {
      await store.purgeTag('tag', newToken(), version(2), 60_000, 'delete');
      expect(await store.getTag('tag')).toMatchObject({ deletedVersion: version(2) });
      // What was created on the other side goes with the move that isn't made.
      await masters[to]!.pipeline().asking().del('moving:t:tag').exec();
    } finally {
      await Promise.all([from, to].map((i) => masters[i]!.cluster('SETSLOT', slot, 'STABLE')));
    }
  });
});

test('the slot of a name is the one that the cluster gives it, braces and all', async () => {
  const { host, port, tls, user } = cluster.place;
  const client = new Cluster([{ host, port }], { redisOptions: { ...user, ...(tls && { tls }), enableReadyCheck: false } });
  try {
    const random = seeded(7);
    const names = Array.from({ length: 1000 }, () =>
      Array.from({ length: 1 + Math.floor(random.next() * 8) }, () => 'ab:{}'[Math.floor(random.next() * 5)]).join(''),
    );
    const slots = await Promise.all(names.map((name) => client.cluster('KEYSLOT', name)));
    expect(names.filter((name, i) => slotOf(name) !== slots[i])).toEqual([]);
  } finally {
    client.disconnect();
  }
});

describe('something else under the name of an entry', () => {
  test('is no answer, and is gone for the next who asks; what is of the right kind stays', async () => {
    const store = cluster.store({ namespace: 'foreign' });
    await store.get('k');
    const { host, port, tls, user } = cluster.place;
    const client = new Cluster([{ host, port }], { redisOptions: { ...user, ...(tls && { tls }), enableReadyCheck: false } });
    try {
      await client.lpush('foreign:v:{k}', 'a list');
      await store.purgeKey('other', version(7), 60_000);
      await client.lpush('foreign:v:{other}', 'a list');
      for (const key of ['k', 'other']) {
        await expect(store.get(key)).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE' });
        await waitFor('a miss', async () => (await store.get(key).catch(() => 'failed')) === null);
      }
      expect(await store.lease('other', newToken(), 1000, '')).toMatchObject({ kind: 'grant', minVersion: version(7) });
      await client.set('foreign:f:{k}', 'a text');
      await expect(store.lease('k', newToken(), 1000, '')).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE' });
      await waitFor(
        'the lease',
        async () => (await store.lease('k', newToken(), 1000, '').catch(() => undefined))?.kind === 'grant',
      );
      await client.set('foreign:t:tag', 'some text of others');
      expect(await store.getTag('tag')).toBeUndefined();
      await store.purgeTag('tag', newToken(), version(3), 60_000, 'delete');
      expect(await store.getTag('tag')).toMatchObject({ deletedVersion: version(3) });
    } finally {
      client.disconnect();
    }
  });
});

describe('a shard that hangs', () => {
  test('costs one budget a few times, then nothing, while the other shards answer; then it is found again', async () => {
    // A budget that a busy machine keeps: the shards that answer must.
    const store = cluster.store({ breakerRestMs: 200, budgetMs: 400 });
    const keys = Array.from({ length: 60 }, (_, i) => `hang/${i}`);
    const [victim] = await cluster.nodes('primary');
    const failures = async () => {
      const results = await Promise.all(
        keys.map((key) =>
          store.get(key).then(
            () => 'answered',
            (error: CacheError) => error.message,
          ),
        ),
      );
      return results.filter((result) => result !== 'answered');
    };
    await waitFor('every connection', async () => (await failures()).length === 0);
    await cluster.engines.kill(victim!.name, 'SIGSTOP');
    expect((await failures()).join()).toMatch(/budget/);
    await waitFor('the circuit breaker', async () => {
      const failed = await failures();
      return failed.length > 0 && failed.every((message) => /circuit breaker/.test(message));
    });
    expect((await failures()).length).toBeLessThan(keys.length);
    await waitFor('the new master', async () => (await failures()).length === 0, { timeoutMs: 20_000 });
    // Nothing of the old one stays: hits go the short way again.
    const around = jest.spyOn(store.connection, 'read');
    await waitFor('the short way', async () => {
      around.mockClear();
      await Promise.all(keys.map((key) => store.get(key)));
      return around.mock.calls.length === 0;
    });
    await cluster.engines.kill(victim!.name, 'SIGCONT');
    await cluster.engines.ready();
    await expect(purges(store, keys)).resolves.toBeUndefined();
  });
});

test('health is as the masters answer now, and not as somebody once failed to read', async () => {
  const store = cluster.store();
  const keys = Array.from({ length: 30 }, (_, i) => `health/${i}`);
  await purges(store, keys);
  const [victim] = await cluster.nodes('primary');
  await cluster.engines.kill(victim!.name, 'SIGSTOP');
  const failed = (await Promise.allSettled(keys.map((key) => store.get(key)))).filter(({ status }) => status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  expect((await clusterState(store.connection)).status).toBe('degraded');
  await cluster.engines.kill(victim!.name, 'SIGCONT');
  await cluster.engines.ready();
  // Nobody reads meanwhile.
  await waitFor('health', async () => (await clusterState(store.connection)).status === 'ok', { timeoutMs: 20_000 });
});

test('whoever only purges finds the successor of a master that died', async () => {
  const store = cluster.store();
  const keys = Array.from({ length: 30 }, (_, i) => `dead/${i}`);
  await purges(store, keys);
  const [victim] = await cluster.nodes('primary');
  await cluster.engines.kill(victim!.name);
  try {
    await purges(store, keys);
  } finally {
    await cluster.engines.restart(victim!.name);
    await cluster.engines.ready();
  }
});

test('whoever only purges leaves a master that hangs for its successor', async () => {
  const store = cluster.store({ purgeBudgetMs: 400 });
  const keys = Array.from({ length: 30 }, (_, i) => `hung/${i}`);
  await purges(store, keys);
  const [victim] = await cluster.nodes('primary');
  await cluster.engines.kill(victim!.name, 'SIGSTOP');
  try {
    await purges(store, keys);
  } finally {
    await cluster.engines.kill(victim!.name, 'SIGCONT');
    await cluster.engines.ready();
  }
});

test('a replica that takes over from its master, and gives it back, is purged and read', async () => {
  const store = cluster.store({ budgetMs: 400 });
  const keys = Array.from({ length: 30 }, (_, i) => `turn/${i}`);
  await purges(store, keys);
  for (let turn = 0; turn < 2; turn++) {
    const [replica] = await cluster.nodes('replica');
    const client = new Redis(cluster.engines.cacheAdministrator(replica!.name));
    try {
      // One that gets no vote in time is given up, and asked for again.
      const takesOver = async (): Promise<boolean> => {
        if (/role:master/.test(await client.info('replication'))) return true;
        await client.cluster('FAILOVER').catch(() => {});
        return false;
      };
      await waitFor('the new master', takesOver, { everyMs: 500 });
    } finally {
      client.disconnect();
    }
    await purges(store, keys);
    for (const key of keys) expect(await store.get(key)).toBeNull();
  }
});

test('with one master hanging, entries on the others still hit, though every hit reads the tags of its namespace', async () => {
  const source = new TimeVersions({ primary: undefined });
  const cache = new Cache({ shared: cluster.store({ namespace: 'parts', budgetMs: 500 }), source, tagTtlMs: 0 });
  const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 }, strictTags: true });
  const keys = Array.from({ length: 60 }, (_, i) => `${i}`);
  const read = (key: string) => things.read(key, async () => key);
  await waitFor('every entry', async () => (await Promise.all(keys.map(read))).every(({ outcome }) => outcome.status === 'hit'));
  const [victim] = await cluster.nodes('primary');
  await cluster.engines.kill(victim!.name, 'SIGSTOP');
  try {
    const outcomes = await Promise.all(
      keys.map(async (key) => [thirdOf(things.entry(key).entryName), (await read(key)).outcome.status]),
    );
    const byThird = [0, 1, 2].map((third) => outcomes.filter(([of]) => of === third).map(([, status]) => status));
    const hitting = byThird.filter((statuses) => statuses.length > 0 && statuses.every((status) => status === 'hit'));
    expect(hitting).toHaveLength(2);
  } finally {
    await cluster.engines.kill(victim!.name, 'SIGCONT');
    await cluster.engines.ready();
  }
});

const thirdOf = (key: string): number => Math.floor((keySlot(key) * 3) / 16_384);

async function purges(store: RedisStore, keys: string[]): Promise<void> {
  await waitFor('the purges', () =>
    Promise.all(keys.map((key) => store.purgeKey(key, version(1), 1000))).then(
      () => true,
      () => false,
    ),
  );
}
