import { serve } from '../../bench/support/serve';
import { Cache, systemClock } from '../../lambdas/runtime';
import { OneValue } from './cache-processes';
import { retainedBytesOf } from './heap';
import { MemorySharedStore } from './memory-shared-store';

/** A process of its own beside a test, for one measurement, because its heap has nothing else; started with `Child`. */

const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));

const row = (i: number, k = 0) => ({
  id: i,
  name: `name number ${i} ${k}`,
  city: `city ${i}`,
  country: 'DE',
  latitude: i / 7 + k,
  longitude: i / 11 + k,
  population: i * 1000,
  active: true,
  updated: `2026-11-${i}T00:00:00Z`,
  note: null,
});

/** Values of each kind by their number, and the kilobytes of one, about. */
const KINDS = {
  absences: [0.3, () => undefined],
  numbers: [0.3, (i: number) => i / 7],
  'a row each': [0.5, row],
  'lists of rows': [5, (i: number) => list(20, (k) => row(i, k))],
  'lists of doubles': [2, (i: number) => list(100, (k) => i / 7 + k / 3)],
  'lists of pairs': [2, (i: number) => list(20, (k) => [i / 3, k / 7])],
  'empty objects': [6, () => list(100, () => ({}))],
  'empty lists': [4, () => list(100, () => [])],
  'short texts': [3.5, (i: number) => list(100, (k) => `text ${i} ${k}`)],
  'long texts of one byte a character': [1.4, (i: number) => `${i} ${'x'.repeat(1000)}`],
  'long texts of two': [2.4, (i: number) => `${i} ${'Ж'.repeat(1000)}`],
} as const;

serve({
  /**
   * Heap that the memory of a cache takes, by what it counts.
   *
   * @param tags number of tags of each entry.
   * @param tier that another cache has filled before; else the values are loaded.
   */
  async takenByCounted(kind: keyof typeof KINDS, share: 'frozen' | 'copy', tags: number, tier?: 'shared'): Promise<number> {
    const [kilobytes, make] = KINDS[kind];
    const shared = new MemorySharedStore(systemClock);
    const open = () => new Cache({ shared, source: new OneValue() });
    const read = async (cache: Cache<undefined>, memoryTtlSeconds: number) => {
      const freshness = { memoryTtlSeconds, sharedTtlSeconds: tier ? 3600 : 0, negativeTtlSeconds: 3600 };
      const things = cache.namespace('things', { share, freshness });
      // Some megabytes, much more than what else goes on in the process; and fewer tags than are remembered beside memory.
      const count = tier ? Math.min(2000 / kilobytes, 18_000 / tags) : 2000 / (kilobytes + tags / 20);
      for (let i = 0; i < count; i++) {
        await things.getOrSet(`thing-${i}`, async () => make(i), { tags: list(tags, (k) => `tag:${i}:${k}`) });
      }
      return cache.internals.read.memory.bytes;
    };
    if (tier) await read(open(), 0);
    const cache = open();
    // What isn't memory's is there before: compiled code, and what is known of tags.
    await read(cache, tier ? 0 : 3600);
    cache.internals.read.memory.clear();
    let counted = 0;
    const taken = await retainedBytesOf(async () => {
      counted = await read(cache, 3600);
      return cache;
    });
    return taken / counted;
  },
});
