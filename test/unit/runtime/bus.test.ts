import type { BusListener, MemoryBus, Purged } from '../../../lambdas/runtime';
import { Hearing } from '../../../lambdas/runtime/pub-sub/channel-liveness';
import { decodeMessage, encodeMessage } from '../../../lambdas/runtime/pub-sub/message';
import { strictly } from '../../../lambdas/runtime/strict-writes';
import { platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

/** A bus whose messages arrive when the test says so. */
class HeldBus implements MemoryBus {
  deaf = false;
  readonly sent: Purged[] = [];
  listener: BusListener = () => {};

  listen(listener: BusListener): void {
    this.listener = listener;
  }

  publish(purged: Purged): void | Promise<void> {
    this.sent.push(purged);
  }

  async close(): Promise<void> {}
}

/** Two processes whose memory keeps for an hour, and whose messages the test delivers. */
function processes() {
  const [busOfA, busOfB] = [new HeldBus(), new HeldBus()];
  // The one that was made last is the one that listens.
  const { clock, store, source, b: a } = platform({ bus: busOfA });
  const { b } = platform({ bus: busOfB, shared: store, source, clock });
  const policy = { freshness: { memoryTtlSeconds: 3600, sharedTtlSeconds: 7200 }, tags: ['all'], earlyRefresh: 0 };
  const things = [a, b].map((cache) => cache.namespace('things', policy)) as [
    ReturnType<typeof a.namespace>,
    ReturnType<typeof a.namespace>,
  ];
  const read = (of: (typeof things)[0], key = 'k') => of.read(key, async () => source.value);
  const deliver = () => {
    for (const purged of busOfA.sent.splice(0)) busOfB.listener(purged);
  };
  return { store, source, clock, a, b, busOfA, busOfB, things, read, deliver };
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

  test('is not told before it holds in the shared tier', async () => {
    const { store, source, busOfA, things } = processes();
    store.before = (operation) => {
      if (operation === 'invalidate') expect(busOfA.sent).toEqual([]);
    };
    await things[0].delete('k', { version: source.write('v2') });
    expect(busOfA.sent).toEqual([{ key: 'things/1/k', memoryKey: 'k' }]);
  });
});

test('a purge waits until it is told, where the bus says so, because the process may be frozen after it', async () => {
  const { source, busOfA, things } = processes();
  let tell = () => {};
  busOfA.publish = () =>
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

test('where messages were missed everything is forgotten, and nothing is kept until they are heard again', async () => {
  const { source, things, read, busOfB } = processes();
  const [a, b] = things;
  await read(b);
  busOfB.deaf = true;
  busOfB.listener();
  await a.delete('k', { version: source.write('v2') });
  expect((await read(b)).value).toBe('v2');
  expect((await read(b)).outcome.tier).toBe('shared');
  busOfB.deaf = false;
  await read(b);
  expect((await read(b)).outcome.tier).toBe('memory');
});

describe('messages', () => {
  test('say what they said', () => {
    const purged = [{ key: 'things/1/k', memoryKey: 'k ü\ud800' }, { tags: ['a', 'b'] }, {}];
    expect(decodeMessage(encodeMessage({ sender: 's', purged }))).toEqual({ sender: 's', purged });
  });

  test('of long keys say that anything was purged', () => {
    const text = encodeMessage({ sender: 's', purged: [{ key: 'k', memoryKey: 'x'.repeat(100_000) }] });
    expect(text.length).toBeLessThan(100);
    expect(decodeMessage(text)?.purged).toEqual([{}]);
  });

  test.each([
    '',
    '{}',
    'null',
    '[',
    '["C2","s",[]]',
    '["C1",1,[]]',
    '["C1","s",{}]',
    '["C1","s",[null]]',
  ])('of another kind are none: %s', (text) => {
    expect(decodeMessage(text)).toBeUndefined();
  });
});

describe('hearing', () => {
  const hearing = () => new Hearing(2, { beatMs: 1000, deafAfterMs: 3000, random: () => 0.5 });

  test('is open once something was heard on every channel', () => {
    const ears = hearing();
    ears.heard(0, 0);
    expect(ears.open).toBe(false);
    ears.heard(1, 0);
    expect(ears.open).toBe(true);
  });

  test('speaks up where nobody else does, and no more often than a beat', () => {
    const ears = hearing();
    expect(ears.due(0)).toEqual([0, 1]);
    expect(ears.due(999)).toEqual([]);
    ears.heard(0, 999);
    expect(ears.due(1000)).toEqual([1]);
    expect(ears.due(1749)).toEqual([0]);
  });

  test('is lost where one channel was silent for too long', () => {
    const ears = hearing();
    ears.heard(0, 0);
    ears.heard(1, 0);
    ears.heard(0, 2000);
    expect(ears.silent(3000)).toBe(false);
    expect(ears.silent(3001)).toBe(true);
  });
});
