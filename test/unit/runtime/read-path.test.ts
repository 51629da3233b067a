import { Cache, CacheError } from '../../../lambdas/runtime';
import { defineRoute } from '../../../lib/route';
import { version } from '../../contract/shared-store';
import { type OneValue, pausedLoader, platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

const item = defineRoute({
  name: 'item',
  path: '/items/{id}',
  freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 600, negativeTtlSeconds: 10, gatewayTtlSeconds: 60, edgeTtlSeconds: 300 },
  tags: ['item:{id}'],
});

const id = { id: '1' };
const read = (cache: Cache<undefined>, source: OneValue) => cache.getOrSet(item, id, async () => source.value);

describe('the read path', () => {
  test('loads a cold key once, then hits memory, then the shared tier', async () => {
    const { clock, source, a, b } = platform();
    expect((await read(a, source)).outcome).toMatchObject({ tier: 'database', status: 'miss', stored: true });
    expect((await read(a, source)).outcome).toMatchObject({ tier: 'memory', status: 'hit' });
    expect((await read(b, source)).outcome).toMatchObject({ tier: 'shared', status: 'hit' });
    await clock.advance(1001);
    expect((await read(a, source)).outcome).toMatchObject({ tier: 'shared', status: 'hit', ageSeconds: 1 });
    expect(source.loads).toHaveLength(1);
  });

  test('a copy in memory keeps the clock of its entry', async () => {
    const { clock, source, a, b } = platform();
    await read(a, source);
    await clock.advance(100_000);
    await read(b, source);
    const { outcome } = await read(b, source);
    expect(outcome).toMatchObject({ tier: 'memory', ageSeconds: 100 });
    expect(outcome.ttlSeconds).toBeLessThanOrEqual(500);
  });

  test.each([[0], [''], [false], [null], [[]]])('serves %j from the cache like any other value', async (value) => {
    const { source, a, b } = platform();
    source.value = value;
    await read(a, source);
    const again = await read(b, source);
    expect(again.value).toEqual(value);
    expect(again.outcome.status).toBe('hit');
    expect(source.loads).toHaveLength(1);
  });

  test('an absent value is a negative entry, with a TTL of its own', async () => {
    const { clock, source, a, b } = platform();
    source.value = undefined;
    await read(a, source);
    const again = await read(b, source);
    expect(again.value).toBeUndefined();
    expect(again.outcome).toMatchObject({ tier: 'shared', status: 'hit' });
    await clock.advance(10_001);
    expect((await read(b, source)).outcome.status).toBe('miss');
  });

  test('a thousand reads of a cold key in one turn load once', async () => {
    const { source, a } = platform();
    const reads = await Promise.all(Array.from({ length: 1000 }, () => read(a, source)));
    expect(source.loads).toHaveLength(1);
    expect(reads.filter(({ outcome }) => outcome.collapsed)).toHaveLength(999);
  });

  test('two processes load a cold key once: the second waits and hits', async () => {
    const { clock, source, a, b } = platform();
    const paused = pausedLoader(source);
    const first = a.getOrSet(item, id, paused.loader);
    await paused.started;
    const second = read(b, source);
    await settled();
    paused.letGo();
    await first;
    await clock.advance(100);
    expect((await second).outcome).toMatchObject({ tier: 'shared', status: 'hit' });
    expect(source.loads).toHaveLength(1);
  });

  test('a reader who has waited long enough loads from the primary and fills nothing', async () => {
    const { clock, source, store, a, b } = platform();
    const paused = pausedLoader(source);
    const first = a.getOrSet(item, id, paused.loader);
    await paused.started;
    const second = read(b, source);
    for (let i = 0; i < 20; i++) await clock.advance(100);
    const outcome = (await Promise.race([second, settled().then(() => undefined)]))?.outcome;
    // The lease of the first (1.5 s) may have ended by then, in which case the second loads under a lease of its own.
    expect(outcome?.tier).toBe('database');
    paused.letGo();
    await first;
    expect(store.values.size).toBeLessThanOrEqual(1);
  });

  test('a reader whose process is too busy to ask again has not waited for it', async () => {
    const { clock, source, a, b } = platform({ leaseMs: 60_000 });
    const { loader, started, letGo } = pausedLoader(source);
    const first = a.getOrSet(item, id, loader);
    await started;
    const second = read(b, source);
    // It sleeps for some milliseconds at a time, each of which takes a second here.
    for (let i = 0; i < 10; i++) await clock.advance(1000);
    letGo();
    await first;
    await clock.advance(1000);
    expect((await second).outcome).toMatchObject({ tier: 'shared', status: 'hit' });
    expect(source.loads).toHaveLength(1);
  });

  test('the lease of a process that died passes to another', async () => {
    const { clock, source, a, b } = platform();
    const paused = pausedLoader(source);
    void a.getOrSet(item, id, paused.loader).catch(() => {});
    await paused.started;
    const second = read(b, source);
    for (let i = 0; i < 16; i++) await clock.advance(100);
    expect((await second).value).toBe('v1');
    expect(source.loads.length).toBe(2);
  });

  test('a failed load gives up its lease and keeps nothing', async () => {
    const { source, a, b } = platform();
    const failing = a.getOrSet(item, id, async () => {
      throw new Error('no such table');
    });
    await expect(failing).rejects.toThrow('no such table');
    expect((await read(b, source)).outcome).toMatchObject({ status: 'miss', stored: true });
  });

  test('refuses a route that is never cached', async () => {
    const { a } = platform();
    const bare = defineRoute({ name: 'bare', path: '/bare' });
    await expect(a.getOrSet(bare, {}, async () => 1)).rejects.toThrow("route 'bare' has no 'freshness'");
  });
});

describe('no fill brings an old value back', () => {
  test('a load that was under way during a purge is returned to its caller and not stored, in one process and in two', async () => {
    const { clock, source, store, a, b } = platform();
    const paused = pausedLoader(source);
    const slow = a.getOrSet(item, id, paused.loader);
    await paused.started;
    const written = source.write('v2');
    await a.purgeKey(item, id, { version: written });
    paused.letGo();
    expect((await slow).outcome).toMatchObject({ stored: false, reason: 'fill-rejected', ttlSeconds: 0 });
    expect(store.values.size).toBe(0);
    expect((await read(a, source)).value).toBe('v2');
    expect((await read(b, source)).value).toBe('v2');
    await clock.advance(1001);
    expect((await read(a, source)).value).toBe('v2');
  });

  test('a tag purged during a load makes the entry a miss', async () => {
    const { clock, source, a, b } = platform();
    const paused = pausedLoader(source);
    const slow = a.getOrSet(item, id, paused.loader);
    await paused.started;
    await b.purgeTags(['item:1'], { version: source.write('v2') });
    paused.letGo();
    await slow;
    expect((await read(b, source)).value).toBe('v2');
    await clock.advance(1001);
    expect((await read(a, source)).value).toBe('v2');
  });

  test('a purged tag is a miss in every process once the tag and memory TTLs are over', async () => {
    const { clock, source, a, b } = platform();
    await read(a, source);
    await read(b, source);
    await a.purgeTags(['item:1'], { version: source.write('v2') });
    expect((await read(a, source)).value).toBe('v2');
    await clock.advance(1001);
    expect((await read(b, source)).value).toBe('v2');
  });

  test('a replica behind the purge is not asked, and one that has caught up is', async () => {
    const { source, a, b } = platform();
    source.replica = { value: 'v1', lsn: 1 };
    await read(a, source);
    await a.purgeKey(item, id, { version: source.write('v2') });
    expect((await read(a, source)).value).toBe('v2');
    await a.purgeKey(item, id, { version: source.write('v3') });
    source.replica = { value: 'v3', lsn: source.lsn };
    expect((await read(b, source)).value).toBe('v3');
    expect(source.loads.at(-1)).toEqual({ minVersion: version(source.lsn) });
  });

  test('a tag that was evicted is created with a version that contains the purge it forgot', async () => {
    const { clock, source, store, a } = platform();
    await read(a, source);
    source.replica = { value: 'v1', lsn: 1 };
    await a.purgeTags(['item:1'], { version: source.write('v2') });
    store.tags.clear();
    await clock.advance(2000);
    expect((await read(a, source)).value).toBe('v2');
    expect(source.loads.at(-1)?.minVersion).toBe(version(source.lsn));
  });

  test('a late joiner does not take the result of a load whose fill was refused', async () => {
    const { source, a } = platform();
    const paused = pausedLoader(source);
    const slow = a.getOrSet(item, id, paused.loader);
    await paused.started;
    const written = source.write('v2');
    await a.purgeKey(item, id, { version: written });
    const late = read(a, source);
    await settled();
    paused.letGo();
    expect((await slow).value).toBe('v1');
    expect((await late).value).toBe('v2');
  });

  test('a late joiner does not take the result of a load whose tag was purged before it asked', async () => {
    const { source, a } = platform();
    const paused = pausedLoader(source);
    const slow = a.getOrSet(item, id, paused.loader);
    await paused.started;
    await a.purgeTags(['item:1'], { version: source.write('v2') });
    const late = read(a, source);
    await settled();
    paused.letGo();
    await slow;
    expect((await late).value).toBe('v2');
  });

  test('a reply that was overtaken by a purge of the same process is not kept in memory', async () => {
    const { source, store, a, b } = platform();
    await read(b, source);
    let letGo = () => {};
    const reply = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const get = store.get.bind(store);
    store.get = async (key) => {
      const value = await get(key);
      await reply;
      return value;
    };
    const slow = read(a, source);
    await settled();
    await a.purgeKey(item, id, { version: source.write('v2') });
    letGo();
    await slow;
    store.get = get;
    expect((await read(a, source)).value).toBe('v2');
  });

  test('a clock that is an hour behind changes nothing', async () => {
    const { clock, source, store, a } = platform();
    const behind = new Cache<undefined>({
      shared: store,
      source,
      clock: { now: () => clock.now() - 3_600_000, sleep: clock.sleep },
      random: () => 0.5,
    });
    await read(a, source);
    await behind.purgeTags(['item:1'], { version: source.write('v2') });
    await clock.advance(1001);
    expect((await read(a, source)).value).toBe('v2');
    await behind.purgeTags(['item:1'], { version: source.write('v3') });
    expect((await read(behind, source)).value).toBe('v3');
  });
});

describe('a shared tier that fails', () => {
  const broken = () => {
    throw new CacheError('E_SHARED_UNAVAILABLE', 'gone');
  };

  test('never fails a read: the primary is asked and nothing is filled', async () => {
    const { source, store, a } = platform();
    store.before = broken;
    const { value, outcome } = await read(a, source);
    expect(value).toBe('v1');
    expect(outcome).toMatchObject({ tier: 'database', status: 'bypass', reason: 'shared-unavailable', stored: false });
    expect(source.loads).toEqual([{ primaryOnly: true }]);
  });

  test.each(['get', 'lease', 'touchTag', 'createTag', 'fill', 'release'])('never fails a read: %s', async (operation) => {
    const { source, store, a } = platform();
    store.before = (name) => {
      if (name === operation) broken();
    };
    expect((await read(a, source)).value).toBe('v1');
  });

  test('a hundred reads of one turn load once', async () => {
    const { source, store, a } = platform();
    store.before = broken;
    await Promise.all(Array.from({ length: 100 }, () => read(a, source)));
    expect(source.loads).toHaveLength(1);
  });

  test('a purge that it did not take is an error of the purge', async () => {
    const { source, store, a } = platform();
    store.before = broken;
    await expect(a.purgeTags(['item:1'], { version: source.write('v2') })).rejects.toMatchObject({
      code: 'E_SHARED_UNAVAILABLE',
    });
  });

  test('bytes that are not an entry are a miss, and are replaced', async () => {
    const { clock, source, store, a } = platform();
    for (const bytes of [
      '',
      'C',
      'C1j',
      '{"a":1}',
      'C9j 0123456789abcdef v 1 2 3\n1',
      'C1j 0123456789abcdef - 1 9999999999999 3\n{',
      '\u0000\n\n',
    ]) {
      store.values.set('item/1/1', { entry: bytes, until: Number.POSITIVE_INFINITY });
      expect((await read(a, source)).value).toBe('v1');
      await clock.advance(2000);
    }
  });
});
