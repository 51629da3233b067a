import type { Pool } from 'pg';
import type { Cache, RedisConnection } from '../../../lambdas/runtime';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';

/** What a process of a comparison has. */
export interface Tiers {
  readonly connection: RedisConnection;
  /** Cache over that connection and the database. */
  readonly cache: Cache<Handle>;
  readonly pool: Pool;
}

/** Question to a pattern, and the same one to PostgreSQL alone. Each answer is checked, so that nobody is fast by failing. */
export interface Contest {
  /** The n-th operation of the pattern. */
  ours(n: number): Promise<unknown>;
  /** The n-th statement. */
  sql(n: number): Promise<unknown>;
}

/** Pattern that is held against a statement. */
export interface DatabaseSubject {
  /** One of the statement, for the log. */
  readonly statement: string;
  /** Makes tables, their data and the indexes. */
  prepare(database: { readonly owner: Pool; readonly administrator: Pool }): Promise<void>;
  /** Opens both sides, and has them agree. */
  open(tiers: Tiers): Promise<Contest>;
}

/** Runs something for each of many, some of them at once. */
export async function each<T>(all: readonly T[], atOnce: number, work: (one: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < all.length) await work(all[next++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
