import type { Judge } from '../judge';

/** Computations that began while another one ran, both of which counted. */
export const materializedView: Judge = {
  game: 'materialized-view',
  invariants: ['viewComputedTwice'],
  keys: (namespace) => [`${namespace}:v:{revenue/1/value}`],
  judge({ notes, failovers }) {
    // A lease that no replica had may be given twice by a failover.
    if (failovers) return { viewComputedTwice: 0 };
    const times = notes
      .flatMap(({ data }) => (data ? [data as { began: number; ended: number }] : []))
      .sort((a, b) => a.began - b.began);
    return {
      viewComputedTwice: times.filter(({ began }, i) => i > 0 && began < (times[i - 1] as { ended: number }).ended).length,
    };
  },
};
