import type { PoolClient } from 'pg';
import type { PurgeMode, PurgeRequest } from '../../../lib/contract/events';

/** Options of a purge. */
export interface PurgeOptions {
  /**
   * Paths of the edge, such as `/products*`; the gateway is flushed for them, and the shared tier knows nothing of paths. At most
   * 10.
   * @default - none
   */
  readonly paths?: readonly string[];

  /**
   * `delete` makes entries misses, `expire` makes those stale whose route allows it.
   * @default 'delete'
   */
  readonly mode?: PurgeMode;

  /**
   * True for the outer tiers at once, and again after the drain.
   * @default false
   */
  readonly prompt?: boolean;

  /**
   * True where it goes whatever the edge's budget says.
   * @default false
   */
  readonly urgent?: boolean;
}

/** Client of PostgreSQL in a transaction: one of `pg`, or of whatever runs a statement with its values. */
export interface TransactionClient {
  /** Runs one statement. */
  // biome-ignore lint/suspicious/noExplicitAny: rows have the shape that the query gives them
  query(text: string, values: any[]): Promise<{ rows: any[] }>;
}

/** Purge that is in the outbox once its transaction is committed. */
export interface CommittedPurge {
  readonly purgeId: string;
  readonly tags: readonly string[];
  readonly mode: PurgeMode;
}

/** Lists of purges by the client whose transaction they are requested in. */
const gathering = new WeakMap<TransactionClient, CommittedPurge[]>();

/** Adds to `purges` what is requested by the client while `work` runs. */
export async function gatherPurges<T>(client: TransactionClient, purges: CommittedPurge[], work: () => Promise<T>): Promise<T> {
  gathering.set(client, purges);
  try {
    return await work();
  } finally {
    gathering.delete(client);
  }
}

/**
 * Asks for a purge, in the transaction of the change that it is for: both are committed, or neither. In the `transaction` of a
 * `Writer` nothing else is to be done; after any other one, its `afterCommit` makes the purge go at once.
 *
 * @param client client whose transaction it is, as the role of a writer.
 * @param tags at most 50, such as `routeTags` gives; may be empty where there are paths.
 * @returns the purge's id, by which `/purges/{purgeId}` says what became of it.
 * @throws what the database refuses, such as a tag that isn't valid in every tier.
 */
export async function requestPurge(
  client: TransactionClient,
  tags: readonly string[],
  options: PurgeOptions = {},
): Promise<string> {
  const { paths = [], mode = 'delete', prompt = false, urgent = false } = options;
  const { rows } = await client.query(
    'INSERT INTO cachement.outbox (tags, paths, mode, prompt, urgent) VALUES ($1, $2, $3, $4, $5) RETURNING purge_id',
    [tags, paths, mode, prompt, urgent],
  );
  const { purge_id: purgeId } = rows[0] as { purge_id: string };
  gathering.get(client)?.push({ purgeId, tags, mode });
  return purgeId;
}

/**
 * Writes a purge that came over the bus into the outbox, unless it is there or was there.
 *
 * @returns the outbox rows to be sent.
 */
export async function submitPurge(client: PoolClient, purge: PurgeRequest): Promise<string[]> {
  const { purgeId, tags, paths = [], mode, prompt = false, urgent = false } = purge;
  const { rows } = await client.query<{ outbox_id: string }>(
    `INSERT INTO cachement.outbox (purge_id, tags, paths, mode, prompt, urgent)
     SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM cachement.purge WHERE purge_id = $1)
     ON CONFLICT DO NOTHING RETURNING outbox_id`,
    [purgeId, tags, paths, mode, prompt, urgent],
  );
  return rows.map((row) => row.outbox_id);
}

/**
 * Purges again what was committed between two times, under new ids: whatever was purged since is purged once more, and nothing
 * older can come back, since each purge is stamped with a version of its own. Parked rows are sent again.
 *
 * @param replayId makes the new ids, so that a repeated message adds nothing.
 */
export async function replayPurges(client: PoolClient, replayId: string, from: Date, to: Date): Promise<number> {
  const { rowCount } = await client.query(
    // The first of each, which is never one of the replay's own: the message may come again, when those are in the ledger too.
    `INSERT INTO cachement.outbox (purge_id, tags, paths, mode, urgent)
     SELECT id, tags, paths, mode, urgent FROM (
       SELECT DISTINCT ON (tags, paths, mode) md5($1 || purge_id::text)::uuid AS id, tags, paths, mode, urgent
       FROM cachement.purge WHERE committed_at BETWEEN $2 AND $3 ORDER BY tags, paths, mode, urgent DESC, committed_at, purge_id
     ) AS again
     WHERE NOT EXISTS (SELECT FROM cachement.purge WHERE purge_id = id) ON CONFLICT DO NOTHING`,
    [replayId, from, to],
  );
  await client.query(
    `UPDATE cachement.outbox SET parked_at = NULL, attempts = 0, due_at = now()
     WHERE parked_at IS NOT NULL AND created_at BETWEEN $1 AND $2`,
    [from, to],
  );
  return rowCount ?? 0;
}
