import type { Place, RedisCluster } from '../../test/support/redis-cluster';
import { median } from '../support/benchmark';
import type { Build } from './build';

/** Environment of a measurement. */
export interface Bench {
  readonly build: Build;
  /** The cluster, started when it is first asked for: three masters with a replica each, TLS and a user. */
  cluster(): Promise<RedisCluster>;
  /** Prints a line for a person. */
  log(line: string): void;
}

/** Place of the shared tier, for clients that must be told whether it is a cluster. */
export interface BenchPlace extends Place {
  readonly singleNode?: boolean;
}

/** Measures some of the table's keys; may add figures beside them. */
export type Measure = (bench: Bench) => Promise<Readonly<Record<string, unknown>>>;

/** Reader through one library. */
export interface Subject {
  readonly name: string;
  /** Prepares a turn; not measured. */
  prepare(turn: number): Promise<void>;
  /** @returns operations per second of a part of a turn */
  run(): Promise<number>;
}

/** Pairs of turns; the figures are the medians of as many. */
export const PAIRS = 9;

/** Parts of a turn: a machine changes its speed within seconds, which must meet all subjects alike. */
const PARTS = 5;

/** Rates of subjects that take turns, one at a time. */
export async function takeTurns(subjects: readonly Subject[], turns = PAIRS): Promise<Map<string, number[]>> {
  const rates = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const { prepare } of subjects) await prepare(turn);
    const sums = new Map<string, number>();
    for (let part = 0; part < PARTS; part++) {
      // Now one first, now the other.
      const order = part % 2 === 0 ? subjects : [...subjects].reverse();
      for (const { name, run } of order) sums.set(name, (sums.get(name) ?? 0) + (await run()));
    }
    for (const [name, sum] of sums) rates.get(name)?.push(sum / PARTS);
  }
  return rates;
}

/** Median of the ratios of the pairs. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((rate, pair) => rate / (theirs[pair] as number)));
}
