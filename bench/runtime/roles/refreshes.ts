import type { Place } from '../../../test/support/redis-cluster';
import { serve, tell } from '../../support/serve';
import { openCache } from '../subject';

let items: ReturnType<typeof openCache>['items'];

serve({
  async open(place: Place, ttlSeconds: number): Promise<void> {
    ({ items } = openCache({
      place,
      policy: { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: ttlSeconds } },
      // A process that lives on: an early refresh runs beside the answer. The budget is that of a machine that isn't shared.
      cache: { background: true },
      store: { budgetMs: 1000 },
    }));
    await items.getOrSet(`warm-${process.pid}`, async () => 1);
  },

  /** Reads a key at a steady rate. Says when a load begins. @returns how many reads there were, and how many waited for a load */
  async read(key: string, perSecond: number, seconds: number, loadMs: number) {
    const began = performance.now();
    let [reads, stalled] = [0, 0];
    const load = async () => {
      tell({ at: performance.timeOrigin + performance.now() });
      await new Promise((resolve) => setTimeout(resolve, loadMs));
      return 1;
    };
    const running = new Set<Promise<void>>();
    const one = async () => {
      const { outcome } = await items.read(key, load);
      reads++;
      if (outcome.tier === 'database') stalled++;
    };
    for (let due = 0; due < perSecond * seconds; due++) {
      const wait = began + (due * 1000) / perSecond - performance.now();
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      const read = one().finally(() => running.delete(read));
      running.add(read);
    }
    await Promise.all(running);
    return { reads, stalled };
  },
});
