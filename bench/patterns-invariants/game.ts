import type { Pool } from 'pg';
import type { Cache, RedisConnection } from '../../lambdas/runtime';
import type { Handle } from '../../lambdas/runtime/versions/postgres';
import type { Random } from '../consistency/random';
import type { Part } from './parts';

/** Surroundings of a game in one process. */
export interface GameContext {
  /** Connection of this process, which all games share. */
  readonly connection: RedisConnection;
  /** Cache over that connection, whose source is the primary. */
  readonly cache: Cache<Handle>;
  /** The primary of the database. */
  readonly pool: Pool;
  readonly random: Random;
  /** A text that no other process, and no later one in its place, has. */
  readonly process: string;
  /** Part that is left out, so that the bench shows what it is for. */
  readonly without: Part | undefined;
  /** Writes down what was done. @param began time before the operation, of `monotonic`. */
  note(kind: string, began: number, data?: unknown): void;
  /** Counts operations of a turn beyond its last one. */
  more(operations: number): void;
}

/** A pattern as one process uses it. */
export interface Game {
  /**
   * Does one operation, or a few that belong together, and notes it. One that throws `E_SHARED_UNAVAILABLE` or loses a connection
   * counts as a failure.
   */
  turn(): Promise<void>;
  /** Notes by public means how everything stands; by one process, after everything has settled. */
  finish?(): Promise<void>;
}

/** Makes a game. */
export type MakeGame = (context: GameContext) => Game;
