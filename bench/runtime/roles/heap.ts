import { serve } from '../../support/serve';
import { openCache } from '../subject';

/** 1 KB as JSON, parsed, so that every entry has objects of its own. */
function value(key: string): unknown {
  return JSON.parse(
    JSON.stringify({ key, text: 'x'.repeat(200), list: Array.from({ length: 20 }, (_, i) => `${key} ${i} ${'y'.repeat(24)}`) }),
  );
}

interface Lru {
  set(key: string, value: unknown): void;
  get(key: string): unknown;
}

serve({
  /** Fills a cache that has room for all, and reads every entry once. @returns bytes in use for each entry */
  async bytesPerEntry(subject: string, peers: string, entries: number): Promise<number> {
    const { lruCache } = (await import(peers)) as { lruCache: (size: number) => Lru };
    const { items } = openCache({ policy: { freshness: { memoryTtlSeconds: 3600 } } });
    const lru = lruCache(entries);
    const pass = async () => {
      for (let i = 0; i < entries; i++) {
        const key = `item-${i}`;
        if (subject === 'ours') await items.getOrSet(key, async () => value(key));
        else if (!lru.get(key)) lru.set(key, value(key));
      }
    };
    const before = bytes();
    await pass();
    await pass();
    const after = bytes();
    // Used after the measurement, so that nothing was collected before it.
    if (subject === 'ours' ? (await items.get('item-0')) === undefined : !lru.get('item-0')) throw new Error('nothing was kept');
    return (after - before) / entries;
  },
});

function bytes(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
