import type { Cache, NamespacePolicy } from '../../lambdas/runtime';
import { pausedLoader, platform } from '../support/cache-processes';

/**
 * Holds a writer's operations to one contract, whatever tiers the namespace has: what a writer has in hand never brings back what
 * a later one has replaced or purged.
 */
export function writesContract(policy: NamespacePolicy, options: Parameters<typeof platform>[0] = {}): void {
  const one = () => {
    const { a, source, clock } = platform(options);
    return { cache: a as Cache<undefined>, things: a.namespace('things', policy), source, clock };
  };

  test('a value in hand is stored', async () => {
    const { things, source } = one();
    expect(await things.set('1', 'v2', { rowVersion: 2, version: source.write('v2') })).toBe(true);
    expect(await things.get('1')).toBe('v2');
  });

  test('an older version of its row is not stored, nor does it purge the newer one', async () => {
    const { things, source } = one();
    await things.set('1', 'v3', { rowVersion: 3, version: source.write('v3') });
    expect(await things.set('1', 'v2', { rowVersion: 2 })).toBe(false);
    expect(await things.get('1')).toBe('v3');
  });

  test('a newer one is stored, however many digits it has', async () => {
    const { things, source } = one();
    for (const rowVersion of [9, 10, 2n ** 64n - 1n]) {
      expect(await things.set('1', String(rowVersion), { rowVersion, version: source.write('v') })).toBe(true);
    }
    expect(await things.get('1')).toBe(String(2n ** 64n - 1n));
  });

  test('an older version is not stored after a delete with a newer one, and the deleted one is', async () => {
    const { things, source } = one();
    await things.delete('1', { rowVersion: 3, version: source.write('v3') });
    expect(await things.set('1', 'v2', { rowVersion: 2 })).toBe(false);
    expect(await things.get('1')).toBeUndefined();
    expect(await things.set('1', 'v3', { rowVersion: 3 })).toBe(true);
  });

  test('nothing is stored after a delete that knew no version of the row, until its fence has ended', async () => {
    const { things, source, clock } = one();
    await things.delete('1', { version: source.write('v3') });
    expect(await things.set('1', 'v2', { rowVersion: 2 })).toBe(false);
    expect(await things.getOrSet('1', async () => source.value)).toBe('v3');
    await things.purge({ keys: ['2'] });
    expect(await things.set('2', 'v2', { rowVersion: 2 })).toBe(false);
    await clock.advance(60_001);
    expect(await things.set('2', 'v3', { rowVersion: 3 })).toBe(true);
  });

  test('a value that is older than a purge of its tags is not stored', async () => {
    const { cache, things, source } = one();
    // A first one makes the tags.
    await things.set('0', 'v1', { rowVersion: 1 });
    const version = source.write('v2');
    await cache.clear({ version: source.write('v3') });
    expect(await things.set('1', 'v2', { rowVersion: 2, version })).toBe(false);
    expect(await things.set('2', 'v2', { rowVersion: 2 })).toBe(true);
  });

  test('a value that was held for longer than half a fence lives is not stored', async () => {
    const { things, source, clock } = one();
    const held = { rowVersion: 2, version: source.write('v2'), committedAt: clock.now() };
    await clock.advance(30_001);
    expect(await things.set('1', 'v2', held)).toBe(false);
    expect(await things.get('1')).toBeUndefined();
    expect(await things.set('1', 'v3', { rowVersion: 3 })).toBe(false);
  });

  test('a load that began before a value in hand does not replace it', async () => {
    const { things, source } = one();
    const paused = pausedLoader(source);
    const slow = things.getOrSet('1', paused.loader);
    await paused.started;
    await things.set('1', 'v2', { rowVersion: 2, version: source.write('v2') });
    paused.letGo();
    expect(await slow).toBe('v1');
    expect(await things.get('1')).toBe('v2');
  });

  test('of writers that come at once the newest remains, whatever their order', async () => {
    for (const order of [
      [1, 2, 3],
      [3, 2, 1],
      [2, 3, 1],
    ]) {
      const { things } = one();
      await Promise.all(order.map((rowVersion) => things.set('1', rowVersion, { rowVersion })));
      const left = await things.get('1');
      expect(left === undefined || left === 3).toBe(true);
      expect(await things.set('1', 2, { rowVersion: 2 })).toBe(false);
    }
  });
}
