import { TimeSeries } from 'cachement/patterns/time-series';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

/** Batches of a source; batch j has 2^j samples, so that the count tells which of them are there. */
const BATCHES = 6;
/** Attempts of a batch, with its id; some are sent once more though they were answered. */
const ATTEMPTS = 8;
const MINUTE_MS = 60_000;

/** Batches that are sent until they are answered, and sometimes again; each source is then read. */
export const timeSeries: MakeGame = ({ connection, random, process, note, more }) => {
  const series = new TimeSeries({ connection, name: 'sensors', resolutions: { minute: 3600 } });
  let last = 0;
  return {
    async turn() {
      const source = `${process}-${++last}`;
      const at = connection.now() - random.between(0, 2 * MINUTE_MS);
      const began = monotonic();
      let complete = true;
      for (const j of shuffled(random.next)) {
        const samples = Array.from({ length: 2 ** j }, (_, i) => ({
          source,
          metric: 'm',
          value: 100 * j + i,
          at: Math.floor(at),
        }));
        const batchId = `${source}-${j}`;
        let left = random.chance(0.2) ? 2 : 1;
        for (let attempt = 0; left > 0 && attempt < ATTEMPTS; attempt++) {
          const answered = await series.record(samples, { batchId }).then(
            () => true,
            () => false,
          );
          if (!answered) continue;
          more(1);
          left--;
        }
        if (left > 0) complete = false;
      }
      const from = at - MINUTE_MS;
      const points = (await series.query({ sources: [source], metric: 'm', from, to: at + MINUTE_MS, resolution: 'minute' })).get(
        source,
      );
      note('queried', began, { complete, points });
    },
  };
};

function shuffled(next: () => number): number[] {
  return Array.from({ length: BATCHES }, (_, j) => [next(), j] as const)
    .sort(([a], [b]) => a - b)
    .map(([, j]) => j);
}
