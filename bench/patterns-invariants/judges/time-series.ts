import type { Judge } from '../judge';

const BATCHES = 6;

interface Point {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** Aggregates that aren't those of the batches whose number the count tells, or lack one that was answered. */
export const timeSeries: Judge = {
  game: 'time-series',
  invariants: ['aggregatesWrong'],
  keys: (namespace) => [`${namespace}:ts:sensors:{p0-1}`],
  judge({ notes, failovers }) {
    let aggregatesWrong = 0;
    for (const { data } of notes) {
      const [point, ...more] = data.points as Point[];
      const count = point?.count ?? 0;
      const there = Array.from({ length: BATCHES }, (_, j) => j).filter((j) => count & (1 << j));
      // What a failover loses may be missing, but nothing may be there twice or in part.
      const lacks = data.complete && !failovers && there.length < BATCHES;
      if (more.length > 0 || count >= 1 << BATCHES || lacks || (point && !isOf(point, there))) aggregatesWrong++;
    }
    return { aggregatesWrong };
  },
};

function isOf({ sum, min, max }: Point, batches: readonly number[]): boolean {
  const values = batches.flatMap((j) => Array.from({ length: 2 ** j }, (_, i) => 100 * j + i));
  return sum === values.reduce((all, each) => all + each, 0) && min === Math.min(...values) && max === Math.max(...values);
}
