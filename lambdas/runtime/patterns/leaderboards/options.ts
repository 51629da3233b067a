import type { RedisConnection } from '../../connection/redis-connection';
import type { PatternMetrics } from '../metrics';
import type { Period } from './period';

/** Order of a board's scores. */
export type Order = 'high-to-low' | 'low-to-high';

/** Order of equal scores. */
export interface Ties {
  /** Member that comes first: the one that reached the score `first`, or `last`. */
  readonly first: 'first' | 'last';
  /**
   * Seconds within which equal scores count as reached at one time; then names decide. A fraction is a part of a second.
   * @default 1
   */
  readonly resolutionSeconds?: number;
}

/** Options of a `Leaderboard`. */
export interface LeaderboardOptions {
  /** Connection to the tier with the board; it is state, so that it should evict nothing. */
  readonly connection: RedisConnection;
  /** Name of the board, of letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  /** Greatest score; the least is 0, and all are whole numbers. */
  readonly maxScore: number;
  /**
   * Order of scores.
   * @default 'high-to-low'
   */
  readonly order?: Order;
  /**
   * Score that is kept of a member that submits again: the best one, or the last one.
   * @default 'best'
   */
  readonly keep?: 'best' | 'last';
  /**
   * Period that a board is of, in UTC; the next one begins empty.
   * @default 'week'
   */
  readonly period?: Period;
  /**
   * Periods after its own that a board can still be read in.
   * @default 1
   */
  readonly keepPeriods?: number;
  /**
   * Order of equal scores.
   * @default - by name
   */
  readonly ties?: Ties;
  /**
   * Sorted sets that a board is divided into, for more writes than one master takes.
   * @default 1
   */
  readonly shards?: number;
  /**
   * Members that each shard keeps; those behind them are forgotten. 0 keeps all.
   * @default 0
   */
  readonly maxMembers?: number;
  /**
   * Seconds for which the id of an operation is remembered.
   * @default 600
   */
  readonly rememberSeconds?: number;
  /**
   * True to return from a write once a replica has it, too, or 100 ms have passed.
   * @default false
   */
  readonly waitForReplica?: boolean;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Member of a board. */
export interface Entry {
  /** Its name. */
  readonly member: string;
  /** Its score. */
  readonly score: number;
  /** Place, from 1. */
  readonly rank: number;
}

/** Place of a member. */
export interface Position {
  /** Place, from 1. */
  readonly rank: number;
  /** Its score. */
  readonly score: number;
  /** Members of the board. */
  readonly total: number;
  /** The member and its neighbours, in order. */
  readonly around: readonly Entry[];
}

/** Part of a board. */
export interface Page {
  /** Members, in order. */
  readonly entries: readonly Entry[];
  /**
   * Begin of the next page.
   * @default - this is the last one
   */
  readonly cursor?: string;
}

/** Answer to a change of a score. */
export interface Counted {
  /**
   * False where the board is as it was: the score isn't better than the one that is kept, or the operation was counted before.
   */
  readonly changed: boolean;
  /** True where a failover doesn't lose the change; false where that isn't known, as without `waitForReplica`. */
  readonly replicated: boolean;
}

/** Answer of `rebuildLeaderboard`. */
export interface Rebuilt {
  /** Members that were given. */
  readonly entries: number;
  /** False where another rebuild began meanwhile, whose board will be the one. */
  readonly published: boolean;
}

/** Score that a board is made of anew. */
export interface KnownScore {
  /** Name of the member. */
  readonly member: string;
  /** Its score. */
  readonly score: number;
  /**
   * Time when it was reached, in epoch milliseconds.
   * @default - the end of the period
   */
  readonly at?: number;
}
