import { CacheError } from '../../../lambdas/runtime';
import { strictly } from '../../../lambdas/runtime/strict-writes';
import { Ticket } from '../../../lambdas/runtime/ticket';
import { version } from '../../contract/shared-store';
import { pausedLoader, platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

const policy = { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } };

function two(options = {}) {
  const all = platform(options);
  return { ...all, cache: all.a, a: all.a.namespace('users', policy), b: all.b.namespace('users', policy) };
}

/** Holds an operation of the store until it is let go. */
function hold(store: ReturnType<typeof two>['store'], operation: string) {
  let letGo = () => {};
  let arrived = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let first = true;
  store.before = async (name) => {
    if (name !== operation || !first) return;
    first = false;
    arrived();
    await gate;
  };
  return { reached, letGo };
}

describe('write-through', () => {
  test('leaves what was written in the shared tier', async () => {
    const { source, a, b } = two();
    await a.getOrSet('1', async () => source.value);
    const version = source.write('v2');
    expect((await a.writeThrough('1', async () => source.value, { version })).outcome).toMatchObject({ stored: true });
    expect((await b.read('1', async () => 'unused')).value).toBe('v2');
  });

  test('two that cross leave the later write', async () => {
    const { clock, source, store, a, b } = two();
    const first = source.write('v2');
    const held = hold(store, 'fill');
    const slow = a.writeThrough('1', async () => source.value, { version: first });
    await held.reached;
    const second = source.write('v3');
    const fast = await b.writeThrough('1', async () => source.value, { version: second });
    expect(fast.value).toBe('v3');
    held.letGo();
    expect((await slow).outcome).toMatchObject({ stored: false, reason: 'fill-rejected' });
    await clock.advance(2000);
    expect(await a.get('1')).toBe('v3');
  });

  test('a writer whose purge comes late purges what the other one stored, and reads both writes', async () => {
    const { source, store, a, b } = two();
    const first = source.write('v2');
    const held = hold(store, 'purgeKey');
    const slow = a.writeThrough('1', async () => source.value, { version: first });
    await held.reached;
    await b.writeThrough('1', async () => source.value, { version: source.write('v3') });
    held.letGo();
    expect((await slow).value).toBe('v3');
    expect(await b.get('1')).toBe('v3');
  });

  test('does not take what a replica has that is behind', async () => {
    const { source, a, b } = two();
    source.replica = { value: 'v1', lsn: 1 };
    const version = source.write('v2');
    expect((await a.writeThrough('1', async () => source.value, { version })).value).toBe('v2');
    expect(await b.get('1')).toBe('v2');
  });
});

describe('set', () => {
  test('stores the value in hand', async () => {
    const { source, a, b } = two();
    expect(await a.set('1', 'v2', { rowVersion: 2, version: source.write('v2') })).toBe(true);
    expect(await b.get('1')).toBe('v2');
    expect(source.loads).toHaveLength(0);
  });

  test('never brings back an older value, whatever the order in which two writers come', async () => {
    const { source, a, b } = two();
    source.write('v2');
    expect(await b.set('1', 'v3', { rowVersion: 3n, version: source.write('v3') })).toBe(true);
    // The first writer was held up before it read the version, so that doesn't tell which of the two is older.
    expect(await a.set('1', 'v2', { rowVersion: 2n })).toBe(false);
    expect(await a.get('1')).toBe('v3');
  });

  test('nor after the newer value was evicted, while its fence lives', async () => {
    const { source, store, a, b } = two();
    await b.set('1', 'v3', { rowVersion: 3, version: source.write('v3') });
    store.values.clear();
    expect(await a.set('1', 'v2', { rowVersion: 2, version: source.write('v3') })).toBe(false);
    expect(await a.get('1')).toBeUndefined();
  });

  test('stores nothing after a delete that knew no version of the row', async () => {
    const { source, a, b } = two();
    await b.delete('1', { version: source.write('v3') });
    expect(await a.set('1', 'v2', { rowVersion: 2, version: source.write('v3') })).toBe(false);
    expect(await a.getOrSet('1', async () => source.value)).toBe('v3');
  });

  test('refuses a fill of a load that began before it', async () => {
    const { source, a, b } = two();
    const paused = pausedLoader(source);
    const slow = a.getOrSet('1', paused.loader);
    await paused.started;
    await b.set('1', 'v2', { rowVersion: 2, version: source.write('v2') });
    paused.letGo();
    await slow;
    expect(await a.get('1')).toBe('v2');
  });

  test('stores nothing that was held for longer than half a fence lives', async () => {
    const { clock, source, a } = two();
    const committedAt = clock.now();
    const version = source.write('v2');
    await clock.advance(30_001);
    expect(await a.set('1', 'v2', { rowVersion: 2, version, committedAt })).toBe(false);
    expect(await a.get('1')).toBeUndefined();
  });

  test('stores nothing where the process is stopped before the store has the value', async () => {
    const { clock, source, store, a } = two();
    store.before = (operation) => (operation === 'put' ? clock.advance(60_001) : undefined);
    expect(await a.set('1', 'v2', { rowVersion: 2, version: source.write('v2') })).toBe(false);
    expect(await a.get('1')).toBeUndefined();
  });

  test('stores nothing that is older than a purge of its tags', async () => {
    const { source, a } = two();
    const version = source.write('v2');
    await a.clear({ version: source.write('v3') });
    expect(await a.set('1', 'v2', { rowVersion: 2, version })).toBe(false);
  });

  test('without a version claims none, so that a reader with a ticket loads what it wrote', async () => {
    const { source, a, b } = two();
    source.write('v2');
    const ticket = Ticket.empty.with(a.entry('1'), source.write('v3'));
    // Its writer was held up after its commit, and comes before the other's purge.
    await a.set('1', 'v2', { rowVersion: 2 });
    expect(await b.getOrSet('1', async () => source.value, { ticket })).toBe('v3');
  });

  test('needs a version of the row', async () => {
    const { a } = two();
    await expect(a.set('1', 'x')).rejects.toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringContaining("'rowVersion' must be given"),
    });
    for (const rowVersion of [-1, 0.5, Number.NaN, 2n ** 64n]) {
      await expect(a.set('1', 'x', { rowVersion })).rejects.toThrow("'rowVersion' must be a whole number");
    }
  });

  test('of many says which were stored', async () => {
    const { a, b } = two();
    await a.set('2', 'newer', { rowVersion: 9 });
    expect(
      await b.setMany([
        ['1', 'x', { rowVersion: 1 }],
        ['2', 'y', { rowVersion: 1 }],
      ]),
    ).toEqual(new Set(['1']));
  });

  test('refuses what JSON cannot say, before anything is purged', async () => {
    const { a, store } = two();
    await expect(a.set('1', () => {}, { rowVersion: 1 })).rejects.toMatchObject({ code: 'E_UNSTORABLE_VALUE' });
    expect(store.fences.size).toBe(0);
  });
});

describe('a strict write', () => {
  test('leaves nothing to hit from before the commit until after the purge', async () => {
    const { source, cache, a, b, store } = two();
    await a.getOrSet('1', async () => source.value);
    await strictly(cache, [a.entry('1')], {}, async () => {
      const read = await b.read('1', async () => source.value);
      expect(read).toMatchObject({ value: 'v1', outcome: { status: 'bypass', reason: 'write-intent', ttlSeconds: 0 } });
      source.write('v2');
      expect((await b.read('1', async () => source.value)).value).toBe('v2');
      expect(store.values.size).toBe(0);
    });
    expect((await b.read('1', async () => source.value)).outcome).toMatchObject({ status: 'miss', stored: true });
    expect(await a.get('1')).toBe('v2');
  });

  test('refuses the fill of a load that began before it', async () => {
    const { source, cache, a, store } = two();
    const paused = pausedLoader(source);
    const slow = a.getOrSet('1', paused.loader);
    await paused.started;
    await strictly(cache, [a.entry('1')], {}, async () => {
      source.write('v2');
      paused.letGo();
      await slow;
      await settled();
      expect(store.values.size).toBe(0);
    });
    expect(await a.getOrSet('1', async () => source.value)).toBe('v2');
  });

  test('that dies between its commit and its purge leaves the key unfilled until its intent ends', async () => {
    const { clock, source, store, cache, a, b } = two();
    store.before = (operation) => {
      if (operation === 'purgeKey') throw new CacheError('E_SHARED_UNAVAILABLE', 'gone');
    };
    const write = strictly(cache, [a.entry('1')], { timeoutMs: 1000 }, async () => source.write('v2'));
    await expect(write).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE' });
    expect((await b.read('1', async () => source.value)).outcome.reason).toBe('write-intent');
    await clock.advance(3001);
    expect((await b.read('1', async () => source.value)).outcome).toMatchObject({ status: 'miss', stored: true });
  });

  test('that dies after its commit lets nobody fill what a replica has that is behind', async () => {
    const { clock, source, store, cache, a, b } = two();
    source.replica = { value: 'v1', lsn: 1 };
    store.before = (operation) => {
      if (operation === 'purgeKey') throw new CacheError('E_SHARED_UNAVAILABLE', 'gone');
    };
    await strictly(cache, [a.entry('1')], { timeoutMs: 1000 }, async () => source.write('v2')).catch(() => {});
    await clock.advance(3001);
    expect(await b.read('1', async () => source.value)).toMatchObject({ value: 'v2', outcome: { stored: true } });
    expect(source.loads.at(-1)).toEqual({ minVersion: version(2) });
  });

  test('is not committed where it could not be announced, and takes its announcements back', async () => {
    const { source, store, cache, a } = two();
    store.before = (operation, key) => {
      if (operation === 'intend' && key.endsWith('2')) throw new CacheError('E_SHARED_UNAVAILABLE', 'gone');
    };
    const commit = jest.fn();
    await expect(strictly(cache, [a.entry('1'), a.entry('2')], {}, commit)).rejects.toMatchObject({
      code: 'E_SHARED_UNAVAILABLE',
    });
    expect(commit).not.toHaveBeenCalled();
    expect((await a.read('1', async () => source.value)).outcome.stored).toBe(true);
  });

  test('that fails is purged too, since nobody knows how it ended', async () => {
    const { source, cache, a } = two();
    await expect(
      strictly(cache, [a.entry('1')], {}, async () => {
        throw new Error('connection lost');
      }),
    ).rejects.toThrow('connection lost');
    expect((await a.read('1', async () => source.value)).outcome.stored).toBe(true);
  });

  test('of two writers at once ends with the second', async () => {
    const { source, cache, a, b } = two();
    await strictly(cache, [a.entry('1')], {}, async () => {
      await strictly(cache, [a.entry('1')], {}, async () => source.write('v2'));
      expect((await b.read('1', async () => source.value)).outcome.reason).toBe('write-intent');
    });
    expect((await b.read('1', async () => source.value)).outcome.stored).toBe(true);
  });

  test.each([0, -1, Number.NaN, 1e9])('fails with a timeout of %p', async (timeoutMs) => {
    const { cache } = two();
    await expect(strictly(cache, [], { timeoutMs }, async () => 1)).rejects.toThrow("'timeoutMs' must be more than 0");
  });
});
