import { type ClientConfig, Pool } from 'pg';
import { Cache, type RedisConnection } from '../../../lambdas/runtime';
import { type KindName, patternKey } from '../../../lambdas/runtime/patterns/keys';
import { slotOf } from '../../../lambdas/runtime/shared/hash-slot';
import { valueKey } from '../../../lambdas/runtime/shared/redis-keys';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';

/**
 * What an operation comes to: `E_SHARED_UNAVAILABLE` and certainly nothing was done, the same and nobody knows, another error, or
 * an answer that has at least this.
 */
export type Outcome = 'refused' | 'unavailable' | 'fails' | { readonly answers: unknown };

/** Operation of a pattern, and what its page says of it. It may be called again. */
export interface PatternOperation {
  run(): Promise<unknown>;
  /** Where memory is full, or the server may not write. */
  readonly unwritable: Outcome;
  /** Where its server is stopped, by whatever means. */
  readonly down: Outcome;
  /** What it answers once a replica that had everything has taken over; left out where it may be anything. */
  readonly kept?: unknown;
  /** Longest time that it waits for the tier, in milliseconds, with the budgets that a connection has by default. */
  readonly waitsMs: number;
  /** True where each server is asked by itself, and no breaker keeps it from that. */
  readonly asksServers?: boolean;
}

/** Tiers that operations use. */
export interface OperationsContext {
  readonly connection: RedisConnection;
  /** Over the connection; its source is the database. */
  readonly cache: Cache<Handle>;
  readonly pool: Pool;
}

/** Pool whose tables are in a schema of their own, so that others' of the same names are not in the way. */
export async function operationsPool(database: ClientConfig): Promise<Pool> {
  const pool = new Pool({ ...database, max: 8, options: '-c search_path=operations' });
  await pool.query('CREATE SCHEMA IF NOT EXISTS operations');
  return pool;
}

/** Operations of one pattern by their names. */
export type OpenOperations = (context: OperationsContext) => Promise<Readonly<Record<string, PatternOperation>>>;

/** Folders that have no operation on the tier. */
export const WITHOUT_OPERATIONS = ['fenced-set', 'metrics'];

/** First slot of the shard that all operations are on, the last of three; an upstream's own keys are there, whatever its name. */
export const FIRST_SLOT = 10_923;
/** Budgets of a connection by default. */
export const [READ_MS, WRITE_MS] = [50, 250];

export const reads = (unwritable: Outcome, down: Outcome, waitsMs = READ_MS) => ({ unwritable, down, waitsMs });
/** A read that the tier alone can answer. */
export const ofTier = (value: unknown, waitsMs = READ_MS) => ({ ...reads(answers(value), 'unavailable', waitsMs), kept: value });
/** An answer whatever becomes of the tier. */
export const always = (value: unknown, waitsMs = READ_MS) => ({ ...reads(answers(value), answers(value), waitsMs), kept: value });
/** A write that the tier alone can take. */
export const toTier = (waitsMs = WRITE_MS) => ({ unwritable: 'refused', down: 'unavailable', waitsMs }) as const;
export const answers = (value: unknown): Outcome => ({ answers: value });

/** First of `<prefix>-0`, `<prefix>-1` and so on whose key is on the shard. */
export function onShard(prefix: string, keyOf: (id: string) => string): string {
  for (let n = 0; n < 1000; n++) if (slotOf(keyOf(`${prefix}-${n}`)) >= FIRST_SLOT) return `${prefix}-${n}`;
  throw new Error(`no key of '${prefix}' is on the shard: its slot doesn't follow from the id`);
}

/** Names of keys of a namespace of the cache, and of a pattern. */
export function namesOf({ connection, cache }: OperationsContext) {
  const names = new Cache<Handle>({ source: cache.internals.read.source });
  const entry = (name: string, key: string) =>
    valueKey(connection.namespace, names.namespace(name, { freshness: { sharedTtlSeconds: 1 } }).entry(key).entryName);
  return {
    entry,
    key: (kind: KindName, name: string, id: string, rest?: string) => patternKey(connection.namespace, kind, name, id, rest),
  };
}
