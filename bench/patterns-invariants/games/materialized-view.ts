import { setTimeout as sleep } from 'node:timers/promises';
import { MaterializedView } from 'cachement/patterns/materialized-view';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

/** Pause after an answer that this process had, which would be most of what is counted, and let nothing else run. */
const KNOWN_PAUSE_MS = 20;

/** A view that every process refreshes as often as it can; what is due once a second. */
export const materializedView: MakeGame = ({ cache, random, note }) => {
  let computing: { began: number; ended: number } | undefined;
  const view = new MaterializedView<number, Handle>({
    cache,
    name: 'revenue',
    everySeconds: 1,
    keepSeconds: 600,
    compute: async (handle) => {
      const began = monotonic();
      const { rows } = await handle.query<{ now: string }>('SELECT extract(epoch FROM clock_timestamp()) AS now');
      await sleep(random.between(20, 200));
      computing = { began, ended: monotonic() };
      return Number(rows[0]?.now);
    },
  });
  return {
    async turn() {
      const began = monotonic();
      const result = random.chance(0.5) ? (await view.get()) && 'fresh' : await view.refresh();
      if (result === 'computed') note('computed', began, computing);
      if (result === 'fresh') await sleep(KNOWN_PAUSE_MS);
    },
  };
};
