import type { Place } from '../../../test/support/redis-cluster';
import { serve, tell } from '../../support/serve';
import { openCache } from '../subject';

let items: ReturnType<typeof openCache>['items'];

serve({
  async open(place: Place): Promise<void> {
    ({ items } = openCache({
      place,
      policy: { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 600 } },
      // A busy machine makes reads miss their budget, which then load without a lease; it is the lease that is measured.
      store: { budgetMs: 1000 },
    }));
    await items.getOrSet(`warm-${process.pid}`, async () => 1);
  },

  /** Reads a key so many times at once. Says when a load begins. @returns milliseconds until the last read had its value */
  async stampede(key: string, reads: number, loadMs: number): Promise<number> {
    const began = performance.now();
    const load = async () => {
      tell({ pid: process.pid, key });
      await new Promise((resolve) => setTimeout(resolve, loadMs));
      return { key };
    };
    const values = await Promise.all(Array.from({ length: reads }, () => items.getOrSet(key, load)));
    if (values.some((value) => value?.key !== key)) throw new Error(`a read of '${key}' got something else`);
    return performance.now() - began;
  },
});
