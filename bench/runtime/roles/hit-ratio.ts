import { serve } from '../../support/serve';
import { type TRACES, trace } from '../traces';

interface Lru {
  get(key: string): true | undefined;
  set(key: string, value: true): void;
}

let create: (size: number) => Lru;

serve({
  async open(peers: string): Promise<void> {
    create = ((await import(peers)) as { lruCache: (size: number) => Lru }).lruCache;
  },

  /** @returns hits in percent */
  lruCache(name: (typeof TRACES)[number], seed: number, capacity: number): number {
    const keys = trace(name, seed);
    const cache = create(capacity);
    let hits = 0;
    for (const key of keys) {
      if (cache.get(key)) hits++;
      else cache.set(key, true);
    }
    return (hits * 100) / keys.length;
  },
});
