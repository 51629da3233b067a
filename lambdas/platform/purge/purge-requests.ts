import type { PoolClient } from 'pg';
import type { PurgeRequest } from '../../../lib/contract/events';

/** Options of a purge. */
export type PurgeOptions = Partial<Omit<PurgeRequest, 'purgeId' | 'tags'>>;

/**
 * Asks for a purge, in the transaction of the change that it is for: both are committed, or neither.
 *
 * @returns the purge's id.
 */
export async function requestPurge(client: PoolClient, tags: readonly string[], options: PurgeOptions = {}): Promise<string> {
  const { paths = [], mode = 'delete', prompt = false, urgent = false } = options;
  const { rows } = await client.query<{ purge_id: string }>(
    'INSERT INTO cachement.outbox (tags, paths, mode, prompt, urgent) VALUES ($1, $2, $3, $4, $5) RETURNING purge_id',
    [tags, paths, mode, prompt, urgent],
  );
  return rows[0]?.purge_id as string;
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
