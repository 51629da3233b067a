import type { Backplane, BackplaneListener, PurgeMessage } from '../../../lambdas/runtime';
import { ChannelLiveness } from '../../../lambdas/runtime/pub-sub/channel-liveness';
import { decodeMessage, encodeMessage } from '../../../lambdas/runtime/pub-sub/message';
import { shardedPubSub } from '../../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { strictly } from '../../../lambdas/runtime/strict-writes';
import { platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

/** A bus whose messages arrive when the test says so. */
class HeldBackplane implements Backplane {
  disconnected = false;
  readonly sent: PurgeMessage[] = [];
  listener: BackplaneListener = () => {};

  listen(listener: BackplaneListener): void {
    this.listener = listener;
  }

  publish(message: PurgeMessage): void | Promise<void> {
    this.sent.push(message);
  }

  async close(): Promise<void> {}
}

/** Two processes whose memory keeps for an hour, and whose messages the test delivers. */
function processes() {
  const [backplaneOfA, backplaneOfB] = [new HeldBackplane(), new HeldBackplane()];
  // The one that was made last is the one that listens.
  const { clock, store, source, b: a } = platform({ backplane: backplaneOfA });
  const { b } = platform({ backplane: backplaneOfB, shared: store, source, clock });
  const policy = { freshness: { memoryTtlSeconds: 3600, sharedTtlSeconds: 7200 }, tags: ['all'], earlyRefresh: 0 };
  const things = [a, b].map((cache) => cache.namespace('things', policy)) as [
    ReturnType<typeof a.namespace>,
    ReturnType<typeof a.namespace>,
  ];
  const read = (of: (typeof things)[0], key = 'k') => of.read(key, async () => source.value);
  const deliver = () => {
    for (const message of backplaneOfA.sent.splice(0)) backplaneOfB.listener(message);
  };
  return { store, source, clock, a, b, backplaneOfA, backplaneOfB, things, read, deliver };
}

describe('a purge in one process', () => {
  test('makes the others forget the entry in memory, and nothing else', async () => {
    const { source, things, read, deliver } = processes();
    const [a, b] = things;
    await Promise.all([read(b), read(b, 'other')]);
    const version = source.write('v2');
    await a.delete('k', { version });
    expect(await read(b)).toMatchObject({ value: 'v1', outcome: { tier: 'memory' } });
    deliver();
    expect(await read(b)).toMatchObject({ value: 'v2', outcome: { tier: 'database' } });
    expect(await read(b, 'other')).toMatchObject({ value: 'v1', outcome: { tier: 'memory' } });
  });

  test.each(['set', 'writeThrough', 'strictly', 'clear', 'purge of a tag'])('is told by %s, too', async (how) => {
    const { source, a: cache, things, read, deliver } = processes();
    const [a, b] = things;
    await read(b);
    const version = source.write('v2');
    if (how === 'set') await a.set('k', 'v2', { version, rowVersion: 2 });
    if (how === 'writeThrough') await a.writeThrough('k', async () => source.value, { version });
    if (how === 'strictly') await strictly(cache, [a.entry('k')], {}, async () => {});
    if (how === 'clear') await a.clear({ version });
    if (how === 'purge of a tag') await a.purge({ tags: ['all'], version });
    deliver();
    // At once, though a tag's version may be remembered for a second.
    expect((await read(b)).value).toBe('v2');
  });

  test('of a whole namespace leaves the other namespaces in the memory of the others', async () => {
    const { b: cache, things, read, deliver } = processes();
    const [a, b] = things;
    const others = cache.namespace('others', { freshness: { memoryTtlSeconds: 3600 } });
    await Promise.all([read(b), others.getOrSet('k', async () => 1)]);
    await a.clear();
    deliver();
    expect(await read(b)).toMatchObject({ outcome: { tier: 'database' } });
    expect(await others.read('k', async () => 2)).toMatchObject({ value: 1, outcome: { tier: 'memory' } });
  });

  test('is not told before it holds in the shared tier', async () => {
    const { store, source, backplaneOfA, things } = processes();
    store.before = (operation) => {
      if (operation === 'purgeKey') expect(backplaneOfA.sent).toEqual([]);
    };
    await things[0].delete('k', { version: source.write('v2') });
    expect(backplaneOfA.sent).toEqual([{ entryName: 'things/1/k', key: 'k' }]);
  });
});

test('a purge waits until it is told, where the bus says so, because the process may be frozen after it', async () => {
  const { source, backplaneOfA, things } = processes();
  let tell = () => {};
  backplaneOfA.publish = () =>
    new Promise<void>((resolve) => {
      tell = resolve;
    });
  let purged = false;
  const purging = things[0].delete('k', { version: source.write('v2') }).then(() => {
    purged = true;
  });
  await settled();
  expect(purged).toBe(false);
  tell();
  await purging;
});

test('a message that overtakes the reply with the old value keeps that value out of memory', async () => {
  const { store, source, things, read, deliver } = processes();
  const [a, b] = things;
  await read(a);
  let reply = () => {};
  // The old entry is on its way when the purge and its message pass it.
  const getting = store.get.bind(store);
  store.get = async (key) => {
    const entry = await getting(key);
    await new Promise<void>((resolve) => {
      reply = resolve;
    });
    return entry;
  };
  const reading = read(b);
  await settled();
  await a.delete('k', { version: source.write('v2') });
  deliver();
  reply();
  expect(await reading).toMatchObject({ value: 'v1', outcome: { tier: 'shared' } });
  store.get = getting;
  expect((await read(b)).value).toBe('v2');
});

test('a message that overtakes the version of its tag keeps the old version from being remembered', async () => {
  const { store, source, things, read, deliver } = processes();
  const [a, b] = things;
  await read(a);
  const getting = store.getTag.bind(store);
  let reply = () => {};
  store.getTag = async (name) => {
    const tag = await getting(name);
    if (name === 'all') await new Promise<void>((resolve) => (reply = resolve));
    return tag;
  };
  const reading = read(b);
  await settled();
  await a.purge({ tags: ['all'], version: source.write('v2') });
  deliver();
  store.getTag = getting;
  reply();
  await reading;
  expect((await read(b)).value).toBe('v2');
});

test("a bus that never connects is ready once it is closed, and says that it isn't connected", async () => {
  const bus = shardedPubSub({ endpoint: '127.0.0.1:1', namespace: 'test', listen: true });
  await bus.close();
  await bus.ready;
  expect(bus.disconnected).toBe(true);
});

test("a bus that never connects is ready after five seconds, and says that it isn't connected", async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  try {
    const forever = new Promise<never>(() => {});
    const bus = shardedPubSub({ endpoint: '127.0.0.1:1', credentials: () => forever, namespace: 'test', listen: true });
    let ready = false;
    void bus.ready.then(() => {
      ready = true;
    });
    await jest.advanceTimersByTimeAsync(4900);
    expect(ready).toBe(false);
    await jest.advanceTimersByTimeAsync(400);
    expect(ready).toBe(true);
    expect(bus.disconnected).toBe(true);
    await bus.close();
  } finally {
    jest.useRealTimers();
  }
});

test('where messages were missed everything is forgotten, and nothing is kept until they are heard again', async () => {
  const { source, things, read, backplaneOfB } = processes();
  const [a, b] = things;
  await read(b);
  backplaneOfB.disconnected = true;
  backplaneOfB.listener();
  await a.delete('k', { version: source.write('v2') });
  expect((await read(b)).value).toBe('v2');
  expect((await read(b)).outcome.tier).toBe('shared');
  backplaneOfB.disconnected = false;
  await read(b);
  expect((await read(b)).outcome.tier).toBe('memory');
});

describe('messages', () => {
  test('say what they said', () => {
    const purges = [{ entryName: 'things/1/k', key: 'k ü\ud800' }, { tags: ['a', 'b'] }, {}];
    expect(decodeMessage(encodeMessage({ sender: 's', purges }))).toEqual({ sender: 's', purges });
  });

  test('of long keys say that anything was purged', () => {
    const text = encodeMessage({ sender: 's', purges: [{ entryName: 'k', key: 'x'.repeat(100_000) }] });
    expect(text.length).toBeLessThan(100);
    expect(decodeMessage(text)?.purges).toEqual([{}]);
  });

  test.each([
    '',
    '{}',
    'null',
    '[',
    '["C1","s",[]]',
    '["C2",1,[]]',
    '["C2","s",{}]',
    '["C2","s",[null]]',
  ])('of another kind are none: %s', (text) => {
    expect(decodeMessage(text)).toBeUndefined();
  });
});

describe('the liveness of channels', () => {
  const liveness = () => new ChannelLiveness(2, { heartbeatMs: 1000, timeoutMs: 3000, random: () => 0.5 });

  test('is open once something was heard on every channel', () => {
    const channels = liveness();
    channels.received(0, 0);
    expect(channels.connected).toBe(false);
    channels.received(1, 0);
    expect(channels.connected).toBe(true);
  });

  test('speaks up where nobody else does, and no more often than a beat', () => {
    const channels = liveness();
    expect(channels.dueHeartbeats(0)).toEqual([0, 1]);
    expect(channels.dueHeartbeats(999)).toEqual([]);
    channels.received(0, 999);
    expect(channels.dueHeartbeats(1000)).toEqual([1]);
    expect(channels.dueHeartbeats(1749)).toEqual([0]);
  });

  test('is lost where one channel was silent for too long', () => {
    const channels = liveness();
    channels.received(0, 0);
    channels.received(1, 0);
    channels.received(0, 2000);
    expect(channels.timedOut(3000)).toBe(false);
    expect(channels.timedOut(3001)).toBe(true);
  });
});
