import keySlot = require('cluster-key-slot');

import type { Place } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';
import { openCache } from '../subject';

let items: ReturnType<typeof openCache>['items'];

const load = () => new Promise<number>((resolve) => setTimeout(resolve, LOAD_MS, 1));
const LOAD_MS = 10;

serve({
  async open(place: Place): Promise<void> {
    // As an application has it: a second of memory would answer for the shared tier here, so there is none.
    ({ items } = openCache({ place, policy: { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } } }));
    for (let i = 0; i < 300; i++) await items.getOrSet(`warm-${i}`, async () => i);
  },

  /** Reads a key. @returns milliseconds that the read took besides its load */
  async overLoader(key: string): Promise<number> {
    const began = performance.now();
    let loaded = 0;
    await items.getOrSet(key, async () => {
      const start = performance.now();
      const value = await load();
      loaded = performance.now() - start;
      return value;
    });
    return performance.now() - began - loaded;
  },

  /** Reads the warm keys, one after another. @returns of each third of the slots, how many percent were hits */
  async hitsByThird(): Promise<number[]> {
    const all = [0, 0, 0];
    const hits = [0, 0, 0];
    for (let i = 0; i < 300; i++) {
      const third = Math.floor(keySlot(items.entry(`warm-${i}`).entryName) / Math.ceil(16_384 / 3));
      const { outcome } = await items.read(`warm-${i}`, async () => i);
      all[third]!++;
      if (outcome.status === 'hit') hits[third]!++;
    }
    return hits.map((count, third) => (count * 100) / (all[third] as number));
  },
});
