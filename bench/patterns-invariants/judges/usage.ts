import type { Judge } from '../judge';

/** Tenants who used more than there were events, or less than was answered. */
export const usage: Judge = {
  game: 'usage',
  invariants: ['doubledCounts', 'lostCounts', 'lostReplicated'],
  keys: (namespace) => [`${namespace}:us:api:{p0-1}`],
  judge({ notes, failovers }) {
    const used = notes.map(({ data }) => data as { events: number; complete: number; kept: number; total: number });
    return {
      doubledCounts: used.filter(({ total, events }) => total > events).length,
      lostCounts: failovers ? 0 : used.filter(({ total, complete }) => total < complete).length,
      lostReplicated: used.filter(({ total, kept }) => total < kept).length,
    };
  },
};
