import { Cache } from '../../../lambdas/runtime';
import { TimeVersions } from '../../../lambdas/runtime/versions/time';
import { FakeClock } from '../../support/fake-clock';
import { MemorySharedStore } from '../../support/memory-shared-store';

describe('purges by time, of processes whose clocks differ', () => {
  const freshness = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };

  test.each([['a tag'], ['everything']])('hold once they have returned, by whatever clock: %s', async (what) => {
    const clock = new FakeClock();
    const shared = new MemorySharedStore(clock);
    const row = { value: 0 };
    const [ahead, behind] = [900, 0].map((skew) => {
      const own = { now: () => clock.now() + skew, sleep: clock.sleep };
      const cache = new Cache({ shared, clock: own, source: new TimeVersions({ primary: row, clock: own }), tagTtlMs: 0 });
      return { cache, items: cache.namespace('item', { freshness, tags: ['all'], strictTags: true }) };
    }) as [{ cache: Cache<{ value: number }>; items: ReturnType<Cache<{ value: number }>['namespace']> }, never];
    const { cache, items } = behind as typeof ahead;
    const read = () => items.getOrSet('1', async ({ value }) => value);
    const purge = (by: Cache<{ value: number }>) => (what === 'a tag' ? by.purgeTags(['all']) : by.clear());
    await read();
    await purge(ahead.cache);
    await read();
    row.value = 1;
    await clock.advance(50);
    await purge(cache);
    expect(await read()).toBe(1);
  });
});
