import type { Batch } from '../../../examples/iot/measurements';
import { type Random, seeded } from '../../consistency/random';

export const DEVICES = 5000;
/** Readings of a batch, which are of a few devices behind one gateway. */
export const READINGS = 20;
const DEVICES_OF_BATCH = 4;
/** Share of readings that come hours late, and of batches that are sent twice. */
const LATE = 0.05;
const TWICE = 0.01;

const HOUR_MS = 3_600_000;
const LATEST_MS = 16 * HOUR_MS;
const SPREAD_MS = 10 * 60_000;

/** Device that a number stands for. */
export const deviceOf = (number: number): string => `device-${number + 1}`;

/** Batch number `index` of a run, the same in every process: disordered readings, of which some are late. */
export function batchOf(seed: number, index: number, base: number): { readonly batch: Batch; readonly twice: boolean } {
  const random: Random = seeded(seed * 1_000_003 + index);
  const first = Math.floor(random.next() * DEVICES);
  const samples = Array.from({ length: READINGS }, () => ({
    source: deviceOf((first + Math.floor(random.next() * DEVICES_OF_BATCH)) % DEVICES),
    metric: 'energy',
    value: Math.floor(random.next() * 1000),
    at: Math.floor(base - random.next() * (random.chance(LATE) ? LATEST_MS : SPREAD_MS)),
  }));
  return { batch: { batchId: `batch-${seed}-${index}`, samples, reports: [] }, twice: random.chance(TWICE) };
}

/** Aggregate of an hour. */
export interface Expected {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** What must be known in the end, by nothing but the batches: each counts once. */
export class Oracle {
  /** By device and hour. */
  readonly hours = new Map<string, Map<number, Expected>>();
  /** By day and device. */
  readonly boards = new Map<string, Map<string, number>>();
  readonly active = new Set<string>();

  add({ samples }: Batch): void {
    for (const { source, value, at } of samples) {
      const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
      const of = known(this.hours, source, () => new Map<number, Expected>());
      const so = known(of, hour, () => ({ count: 0, sum: 0, min: value, max: value }));
      so.count++;
      so.sum += value;
      so.min = Math.min(so.min, value);
      so.max = Math.max(so.max, value);
      const board = known(this.boards, new Date(at).toISOString().slice(0, 10), () => new Map<string, number>());
      board.set(source, (board.get(source) ?? 0) + value);
      this.active.add(source);
    }
  }

  /** Hours that are missing, too many, or not as they must be. */
  wrongHours(found: ReadonlyMap<string, readonly (Expected & { readonly at: number })[]>): number {
    let wrong = 0;
    for (const [device, expected] of this.hours) {
      const points = new Map((found.get(device) ?? []).map((point) => [point.at, point]));
      for (const [at, { count, sum, min, max }] of expected) {
        const point = points.get(at);
        points.delete(at);
        const isRight =
          point?.count === count && point.min === min && point.max === max && Math.abs(point.sum - sum) <= 1e-9 * Math.abs(sum);
        if (!isRight) wrong++;
      }
      wrong += points.size;
    }
    return wrong;
  }

  /** Members of a day's board with another score, or a place that their score doesn't give them; and those that are missing. */
  wrongRanks(
    day: string,
    entries: readonly { readonly member: string; readonly score: number; readonly rank: number }[],
  ): number {
    const expected = this.boards.get(day) ?? new Map<string, number>();
    const scores = [...expected.values()].sort((a, b) => b - a);
    const wrong = entries.filter(({ member, score, rank }) => expected.get(member) !== score || scores[rank - 1] !== score);
    return wrong.length + Math.abs(expected.size - entries.length);
  }
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const had = map.get(key);
  if (had !== undefined) return had;
  const made = make();
  map.set(key, made);
  return made;
}

/** A computation of the view, in epoch milliseconds. */
export interface Computation {
  readonly began: number;
  readonly ended: number;
}

/** Computations that began while another one ran, or sooner after it began than a refresh may. */
export function computedTwice(computations: readonly Computation[], everyMs: number): number {
  const sorted = [...computations].sort((a, b) => a.began - b.began);
  return sorted.filter(({ began }, index) => {
    const before = sorted[index - 1];
    return before !== undefined && (began < before.ended || began - before.began < 0.9 * everyMs);
  }).length;
}
