import type { Testbed } from '../consistency/testbed';
import type { Note } from './journal';

/** Everything that a judge may look at. */
export interface Evidence {
  readonly notes: readonly Note[];
  /** True where servers of the cluster failed over, so that what wasn't replicated may be lost. */
  readonly failovers: boolean;
  /** Begin of every key. */
  readonly namespace: string;
  readonly testbed: Testbed;
}

/** Judge of one game, which imports nothing of the library. */
export interface Judge {
  /** Name of the game. */
  readonly game: string;
  /** Figures that it finds; each must be 0. */
  readonly invariants: readonly string[];
  /** Keys in use, whose slots are moved. */
  keys(namespace: string): readonly string[];
  /** Makes tables and the like. */
  prepare?(testbed: Testbed): Promise<void>;
  /** Figures that aren't about right and wrong; the larger of both halves counts. */
  measure?(evidence: Evidence): Readonly<Record<string, number>>;
  judge(evidence: Evidence): Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>;
}
