import type { Judge } from '../judge';

/** Reads of half a generation, of another one's value, or of a generation that the process had left. */
export const generations: Judge = {
  game: 'generations',
  invariants: ['generationsTorn'],
  keys: (namespace) => [`${namespace}:gp:recommended:{recommended}`],
  judge({ notes, failovers }) {
    const of = (kind: string) => notes.filter((note) => note.kind === kind).length;
    // A failover may lose entries that no replica had, and so a part of a generation.
    return { generationsTorn: of('torn') + of('went-back') + (failovers ? 0 : of('missing')) };
  },
};
