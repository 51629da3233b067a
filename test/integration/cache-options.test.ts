import * as path from 'node:path';
import { Child } from '../../bench/support/child';
import { Cache, type CacheOptions, type Loaded, type VersionSource } from '../../lambdas/runtime';
import { compression } from '../../lambdas/runtime/codecs/compression';
import { messagePack } from '../../lambdas/runtime/codecs/message-pack';
import { hotKeys } from '../../lambdas/runtime/hot-keys/hot-keys';
import { replicaReads } from '../../lambdas/runtime/hot-keys/replica-reads';
import { type ShardedPubSubOptions, shardedPubSub } from '../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { Streams } from '../../lambdas/runtime/write-behind/streams';
import { type WriteBehind, type WriteBehindOptions, writeBehind } from '../../lambdas/runtime/write-behind/write-behind';
import { version } from '../contract/shared-store';
import { OneValue } from '../support/cache-processes';
import { type RedisCluster, reach, startRedisCluster } from '../support/redis-cluster';
import { waitFor } from '../support/wait-for';

/** Run by Node itself, which jest's modules don't reach. */
const CHILD = path.resolve(__dirname, '../support/cache-child.ts');

let cluster: RedisCluster;

beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.dispose());

const caches: Cache<undefined>[] = [];
afterEach(async () => {
  await Promise.all(caches.splice(0).map((cache) => cache.close()));
});

const place = (namespace: string) => reach(cluster.place, namespace);

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

const busOf = (namespace: string, options: Partial<ShardedPubSubOptions> = {}) =>
  shardedPubSub({ ...place(namespace), heartbeatMs: 200, ...options });

describe('a bus of sharded channels', () => {
  test('makes a purge of one process forgotten by the others, at once', async () => {
    const source = new OneValue();
    let asked = 0;
    const credentials = () => {
      if (asked++ === 0) throw new Error('no secret today');
      return cluster.place.user!;
    };
    const buses = [busOf('bus'), busOf('bus', { credentials }), busOf('bus', { listen: false })];
    const things = buses.map((bus) =>
      cacheOf('bus', source, { backplane: bus }).namespace('things', { freshness: LONG, tags: ['all'] }),
    );
    const [a, b, deployed] = things as [(typeof things)[0], (typeof things)[0], (typeof things)[0]];
    await waitFor('the buses', () => !buses.some(({ disconnected }) => disconnected));
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
});

test('a purge is forgotten by another process of the machine, too', async () => {
  const source = new OneValue();
  const bus = busOf('processes');
  const things = cacheOf('processes', source, { backplane: bus }).namespace('things', { freshness: LONG });
  const other = new Child(CHILD, { execArgv: ['--import', 'tsx'] });
  try {
    await other.call('listen', cluster.place, 'processes');
    await waitFor('the bus', () => !bus.disconnected);
    const read = () => other.call<{ value: unknown; tier: string }>('read', 'k', source.value);
    await read();
    expect(await read()).toEqual({ value: 'v1', tier: 'memory' });
    await things.delete('k', { version: source.write('v2') });
    await waitFor('the message', async () => (await read()).value === 'v2', { everyMs: 2 });
  } finally {
    other.kill();
  }
});

/** A table of one version and value a row, whose writes are upserts by version. */
class Table implements VersionSource<undefined> {
  readonly rows = new Map<string, { value: unknown; version: bigint }>();
  readonly batches: number[] = [];
  lsn = 1;

  flush: NonNullable<WriteBehindOptions['flush']> = async (writes) => {
    this.batches.push(writes.length);
    this.lsn++;
    for (const { namespace, key, value, rowVersion } of writes) {
      const known = this.rows.get(`${namespace}/${key}`);
      if (!known || known.version < rowVersion) this.rows.set(`${namespace}/${key}`, { value, version: rowVersion });
    }
  };

  async current(): Promise<string> {
    return version(this.lsn);
  }

  async load<T>(loader: (handle: undefined) => Promise<T>): Promise<Loaded<T>> {
    const claimed = version(this.lsn - 1);
    return { value: await loader(undefined), version: claimed, origin: 'primary', fillable: true };
  }

  value(key: string): unknown {
    return this.rows.get(`things/${key}`)?.value;
  }
}

describe('write-behind', () => {
  const queues: WriteBehind[] = [];
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close({ drainMs: 0 })));
  });

  /** A process with a queue that flushes where the test says so, unless it is told otherwise. */
  function processOf(namespace: string, table: Table, options: Partial<WriteBehindOptions> = {}) {
    const shared = cluster.store({ namespace });
    const queue = writeBehind({
      connection: shared.connection,
      source: table,
      flush: table.flush,
      everyMs: 60_000,
      claimMs: 1,
      ...options,
    });
    queues.push(queue);
    const cache = new Cache<undefined>({ shared, source: table });
    caches.push(cache);
    const things = cache.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } });
    const read = (key: string) => things.read(key, async () => table.value(key));
    const set = (key: string, value: unknown, rowVersion: number, ifRowVersion?: number) =>
      things.set(key, value, { rowVersion, behind: queue, ...(ifRowVersion !== undefined && { ifRowVersion }) });
    return { queue, things, read, set };
  }

  const streamsOf = (namespace: string) => new Streams(cluster.store({ namespace }).connection, 10);

  test('a value is everywhere before it is in the database, and stays there after', async () => {
    const table = new Table();
    const [a, b] = [processOf('behind', table), processOf('behind', table)];
    for (let i = 1; i <= 3; i++) expect(await a.set('k', `value ${i}`, i)).toBe(true);
    expect(await a.set('other', 'else', 1)).toBe(true);
    expect(await b.read('k')).toMatchObject({ value: 'value 3', outcome: { tier: 'shared', status: 'hit' } });
    expect(table.rows.size).toBe(0);
    await waitFor('the flush', async () => (await b.queue.flush()) > 0 && table.rows.size === 2);
    expect(table.value('k')).toBe('value 3');
    expect(table.batches.reduce((sum, size) => sum + size)).toBe(2);
    expect(await b.read('k')).toMatchObject({ value: 'value 3', outcome: { tier: 'shared', status: 'hit' } });
    expect(await b.queue.flush()).toBe(0);
  });

  test('what is evicted meanwhile is loaded, and not kept; once the write is flushed it is kept again', async () => {
    const table = new Table();
    const { queue, read, set } = processOf('evicted', table);
    table.rows.set('things/k', { value: 'old', version: 1n });
    await set('k', 'new', 2);
    await cluster.store({ namespace: 'evicted' }).discard('things/1/k');
    expect(await read('k')).toMatchObject({ value: 'old', outcome: { status: 'bypass', reason: 'write-intent' } });
    await waitFor('the flush', async () => (await queue.flush()) > 0);
    expect(await read('k')).toMatchObject({ value: 'new', outcome: { status: 'miss', stored: true } });
  });

  test('an older version is queued, and brings nothing back', async () => {
    const table = new Table();
    const { queue, read, set } = processOf('older', table);
    expect(await set('k', 'five', 5)).toBe(true);
    expect(await set('k', 'three', 3)).toBe(false);
    expect((await read('k')).value).toBe('five');
    await waitFor('the flush', async () => (await queue.flush()) > 0);
    expect(table.value('k')).toBe('five');
    expect((await read('k')).value).toBe('five');
    // A value that was purged by somebody who doesn't know its row is queued, and not shown.
    await processOf('older', table).things.delete('k');
    expect(await set('k', 'six', 6)).toBe(false);
    await waitFor('the flush', () => queue.flush().then(() => table.value('k') === 'six'));
  });

  test('of two writes that were made from one row the second is refused, and so is one of a row that nobody knows', async () => {
    const table = new Table();
    const { queue, things, read, set } = processOf('compared', table);
    const conflict = { code: 'E_CONFLICT', key: 'k', applied: 'no' };
    table.rows.set('things/k', { value: 'one', version: 1n });
    await read('k');
    // It was loaded, so that its row isn't known.
    await expect(set('k', 'two', 2, 1)).rejects.toMatchObject(conflict);
    expect(await queue.flush()).toBe(0);
    expect(await things.set('k', 'one', { rowVersion: 1 })).toBe(true);
    const [first, second] = await Promise.allSettled([set('k', 'two', 2, 1), set('k', 'also two', 2, 1)]);
    expect(first).toMatchObject({ status: 'fulfilled', value: true });
    expect(second).toMatchObject({ status: 'rejected', reason: conflict });
    expect(await set('k', 'three', 3, 2)).toBe(true);
    await waitFor('the flush', async () => (await queue.flush()) > 0 && table.value('k') === 'three');
    expect(table.batches).toEqual([1]);
    // The fence knows it after the flush, too.
    await expect(set('k', 'four', 4, 2)).rejects.toMatchObject(conflict);
    expect(await set('k', 'four', 4, 3)).toBe(true);
    // Purged by somebody who doesn't know the row.
    await things.delete('k');
    await expect(set('k', 'five', 5, 4)).rejects.toMatchObject(conflict);
    await expect(set('k', 'five', 5, 5)).rejects.toThrow("'rowVersion' must be more than 'ifRowVersion', got: 5");
    await expect(set('k', 'five', 5, -1)).rejects.toThrow("'ifRowVersion' must be a whole number from 0 to 2^64 - 1, got: -1");
    await expect(things.set('k', 'five', { rowVersion: 5, ifRowVersion: 4 })).rejects.toThrow("'ifRowVersion' needs 'behind'");
  });

  test('the writes of a consumer that fails or dies are taken by another; one that always fails holds up no other', async () => {
    const table = new Table();
    const errors: unknown[] = [];
    const dying = processOf('dying', table, {
      flush: () => Promise.reject(new Error('it is down')),
      onError: (error) => errors.push(error),
    });
    for (let i = 0; i < 10; i++) await dying.set(`key ${i}`, i === 4 ? 'poison' : i, 1);
    await waitFor('the failures', async () => (await dying.queue.flush()) === 0 && errors.length >= 1);
    await dying.queue.close({ drainMs: 0 });
    const { queue } = processOf('dying', table, {
      flush: async (writes) => {
        if (writes.some(({ value }) => value === 'poison')) throw new Error('this one never works');
        await table.flush(writes);
      },
    });
    await waitFor('the others', async () => (await queue.flush()) >= 0 && table.rows.size === 9);
    expect(table.value('key 4')).toBeUndefined();
    const { queue: repaired } = processOf('dying', table);
    await waitFor('the last', async () => (await repaired.flush()) > 0);
    expect(table.value('key 4')).toBe('poison');
  });

  test('the writes of a consumer that is killed while it flushes are taken by another process', async () => {
    const table = new Table();
    const { queue, set } = processOf('killed', table, { flush: undefined as never });
    const taken = new Set<string>();
    const consumer = new Child(CHILD, {
      execArgv: ['--import', 'tsx'],
      onEvent: (keys) => {
        for (const key of keys as string[]) taken.add(key);
      },
    });
    try {
      await consumer.call('consume', cluster.place, 'killed');
      await Promise.all(['a', 'b', 'c'].map((key) => set(key, `value of ${key}`, 1)));
      await waitFor('the consumer to take them', () => taken.size > 0);
    } finally {
      consumer.kill();
    }
    const survivor = processOf('killed', table);
    await waitFor('the flush', async () => (await survivor.queue.flush()) >= 0 && table.rows.size === 3);
    expect(['a', 'b', 'c'].map((key) => table.value(key))).toEqual(['value of a', 'value of b', 'value of c']);
    await queue.close({ drainMs: 0 });
  });

  test('a process that ends flushes what is queued; a slot that nobody marked is found by asking all', async () => {
    const table = new Table();
    const { queue, set } = processOf('ending', table, { flush: undefined as never });
    await Promise.all(Array.from({ length: 50 }, (_, i) => set(`key ${i}`, i, 1)));
    const streams = streamsOf('ending');
    const marked = async () => (await Promise.all(streams.marks.map((marks) => streams.marked(marks)))).flat();
    await waitFor('the marks', async () => (await marked()).length > 40);
    for (const slot of await marked()) await streams.unmark(slot);
    await queue.close();
    const consumer = processOf('ending', table, { everyMs: 1 });
    await waitFor('the sweep', () => table.rows.size === 50);
    await consumer.queue.close();
    expect(await streams.sweep()).toEqual([]);
    await streams.close();

    const last = processOf('ending', table);
    await last.set('key 0', 'last', 2);
    await last.queue.close();
    expect(table.value('key 0')).toBe('last');
  });

  test('a queue that is full refuses, and so does one without a shared tier or a version', async () => {
    const table = new Table();
    const { queue, set, things } = processOf('full', table, { maxQueued: 1 });
    await set('k', 1, 1);
    await expect(set('k', 2, 2)).rejects.toMatchObject({
      code: 'E_SHARED_UNAVAILABLE',
      message: expect.stringContaining("'maxQueued'"),
    });
    expect(await things.get('k')).toBe(1);
    await expect(things.set('k', 1, { behind: queue })).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
    const alone = new Cache({ source: table }).namespace('things', { freshness: { memoryTtlSeconds: 1 } });
    await expect(alone.set('k', 1, { rowVersion: 1, behind: queue })).rejects.toThrow("'behind' needs a shared tier");
  });
});

test('hot keys are read from replicas, too, which answer while their master does not', async () => {
  const source = new OneValue();
  const replicas = replicaReads({ ...place('replicas'), budgetMs: 1000 });
  const things = cacheOf('replicas', source, { hotKeys: hotKeys({ perSecond: 1, replicas, random: () => 0 }) }).namespace(
    'things',
    {
      freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 },
      hotReplicas: true,
    },
  );
  const read = () => things.read('k', async () => source.value);
  await waitFor('a hit', async () => (await read()).outcome.tier === 'shared');
  const reads = () => Promise.allSettled(Array.from({ length: 30 }, () => replicas.get('things/1/k')));
  const isFound = (answer: PromiseSettledResult<unknown>) => answer.status === 'fulfilled' && answer.value !== null;
  // The one that answers alone afterwards has it, too.
  await waitFor('the replica', async () => (await reads()).every(isFound));
  const masters = await cluster.nodes('primary');
  await Promise.all(masters.map(({ name }) => cluster.engines.kill(name, 'SIGSTOP')));
  const answers = await reads();
  await Promise.all(masters.map(({ name }) => cluster.engines.kill(name, 'SIGCONT')));
  const found = answers.filter(isFound).length;
  // At random, from the one or the other.
  expect(found).toBeGreaterThan(0);
  expect(found).toBeLessThan(30);
  await cluster.engines.ready();
});

test('a replica that hangs is asked once a second at most, and found again', async () => {
  const replicas = replicaReads({ ...place('hung-replicas'), budgetMs: 100 });
  const read = () => replicas.get('things/1/k');
  await waitFor('both nodes', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 20 }, read));
    return answers.every(({ status }) => status === 'fulfilled');
  });
  const stopped = await cluster.nodes('replica');
  const all = (signal: 'SIGSTOP' | 'SIGCONT') => Promise.all(stopped.map(({ name }) => cluster.engines.kill(name, signal)));
  await all('SIGSTOP');
  try {
    const began = performance.now();
    let failed = 0;
    for (let i = 0; i < 200; i++) await read().catch(() => failed++);
    // Half of them without the rest.
    expect(failed).toBeLessThanOrEqual(2 + Math.floor((performance.now() - began) / 1000));
    expect(failed).toBeGreaterThan(0);
  } finally {
    await all('SIGCONT');
    await cluster.engines.ready();
  }
  await replicas.close();
});

// Last, because it stops a master, whose replica may take over.
test('a bus forgets everything where messages may have been missed, and keeps again once they are heard', async () => {
  const source = new OneValue();
  const bus = busOf('lost');
  const things = cacheOf('lost', source, { backplane: bus }).namespace('things', { freshness: LONG });
  await waitFor('the bus', () => !bus.disconnected);
  await things.getOrSet('k', async () => source.value);
  const masters = await cluster.nodes('primary');
  const channelsOf = new Set<string>();
  for (const { name } of masters) {
    await cluster.engines.kill(name, 'SIGSTOP');
    const deaf = await waitFor('the silence', () => bus.disconnected, { timeoutMs: 3000 }).catch(() => false);
    await cluster.engines.kill(name, 'SIGCONT');
    if (deaf) channelsOf.add(name);
    if (deaf) break;
  }
  // Four channels lie on at least one of the masters.
  expect(channelsOf.size).toBe(1);
  await waitFor('the connection', () => !bus.disconnected);
  await cluster.engines.ready();
  const tier = async () => (await things.read('k', async () => source.value)).outcome.tier;
  expect(await tier()).not.toBe('memory');
  await waitFor('memory', async () => (await tier()) === 'memory');
});
