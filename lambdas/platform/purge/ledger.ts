import type { Pool, PoolClient } from 'pg';
import type { EventDetails } from '../../../lib/contract/events';
import { reportAfterCommit } from './metrics';

/** A purge, and what its tiers have to be told. */
export interface LedgerPurge {
  readonly purgeId: string;
  readonly tags: readonly string[];
  readonly paths: readonly string[];
  readonly urgent: boolean;
  /** Before the drain; the purge comes again after it. */
  readonly prompt: boolean;
}

/** Purges, for one statement: arrays of different lengths don't fit into one array of PostgreSQL. */
const PURGES = `SELECT (p ->> 'purgeId')::uuid AS purge_id, ARRAY(SELECT json_array_elements_text(p -> 'tags')) AS tags,
  p ->> 'mode' AS mode, p ->> 'version' AS version,
  ARRAY(SELECT json_array_elements_text(coalesce(p -> 'paths', '[]'))) AS paths,
  coalesce((p ->> 'prompt')::boolean, false) AS prompt, coalesce((p ->> 'urgent')::boolean, false) AS urgent
  FROM json_array_elements($1::json) AS p`;

/**
 * The ledger's first entry: the bus took the purge. A purge that came to the bus without an outbox was committed now at the
 * latest.
 */
export async function recordEvents(client: PoolClient, purges: readonly EventDetails['PurgeRequested'][]): Promise<void> {
  if (purges.length === 0) return;
  const json = JSON.stringify(purges);
  await client.query(
    `INSERT INTO cachement.purge (purge_id, tags, paths, mode, version, prompt, urgent, committed_at)
     SELECT p.purge_id, p.tags, p.paths, p.mode, p.version, p.prompt, p.urgent, coalesce(o.created_at, clock_timestamp())
     FROM (${PURGES}) AS p LEFT JOIN cachement.outbox AS o USING (purge_id) ORDER BY p.purge_id
     ON CONFLICT DO NOTHING`,
    [json],
  );
  await client.query(
    `INSERT INTO cachement.purge_step (purge_id, step, at)
     SELECT purge_id, 'event', clock_timestamp() FROM (${PURGES}) AS p ORDER BY purge_id ON CONFLICT DO NOTHING`,
    [json],
  );
}

/** Those of the purges that the shared tier has acknowledged. */
export async function sharedAlready(pool: Pool, purgeIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ purge_id: string }>(
    `SELECT purge_id FROM cachement.purge_step WHERE purge_id = ANY($1) AND step = 'shared' AND at IS NOT NULL`,
    [purgeIds],
  );
  return new Set(rows.map((row) => row.purge_id));
}

/**
 * Records that the shared tier has acknowledged these purges.
 *
 * @returns those for which that is news; they are to join a flush of the gateway.
 */
export async function recordShared(
  client: PoolClient,
  purges: readonly EventDetails['PurgeRequested'][],
): Promise<{ purgeId: string; prompt: boolean }[]> {
  const purgeIds = purges.map((purge) => purge.purgeId);
  // Outbox rows first, in their order, as everywhere: the relay may hold one while it writes the same line of the ledger.
  await client.query('SELECT FROM cachement.outbox WHERE purge_id = ANY($1) ORDER BY outbox_id FOR UPDATE', [purgeIds]);
  // From here on the flush carries on; this row only waits for the end.
  await client.query(`UPDATE cachement.outbox SET due_at = 'infinity' WHERE purge_id = ANY($1)`, [purgeIds]);
  await recordEvents(client, purges);
  const { rows } = await client.query<{ purge_id: string; prompt: boolean; took_ms: number }>(
    `WITH acknowledged AS (
       INSERT INTO cachement.purge_step (purge_id, step, at)
       SELECT purge_id, 'shared', clock_timestamp() FROM cachement.purge WHERE purge_id = ANY($1) ORDER BY purge_id
       ON CONFLICT DO NOTHING RETURNING purge_id, at
     )
     SELECT purge_id, prompt, extract(epoch FROM at - committed_at)::float8 * 1000 AS took_ms
     FROM acknowledged JOIN cachement.purge USING (purge_id)`,
    [purgeIds],
  );
  reportAfterCommit(client, { CommitToShared: rows.map((row) => row.took_ms) });
  return rows.map(({ purge_id, prompt }) => ({ purgeId: purge_id, prompt }));
}

/** Outcome of recording a report. */
export type Recorded = 'recorded' | 'known' | 'unknown' | 'too-early';

/**
 * The stage cache was flushed. A flush serves only purges that the shared tier had acknowledged, and that had drained, before it
 * was requested.
 *
 * @returns for which purges that is news.
 */
export async function recordGateway(
  client: PoolClient,
  report: EventDetails['GatewayPurged'],
): Promise<{ outcome: Recorded; purges: LedgerPurge[] }> {
  const { rows } = await client.query<{ not_before: Date; acknowledged_at: Date | null; prompt: boolean }>(
    'SELECT not_before, acknowledged_at, prompt FROM cachement.gateway_command WHERE command_id = $1 FOR UPDATE',
    [report.commandId],
  );
  const command = rows[0];
  if (!command) return { outcome: 'unknown', purges: [] };
  if (command.acknowledged_at) return { outcome: 'known', purges: [] };
  // Both by this server's clock. `Date` has milliseconds and the message was made from it, so both sides are cut alike.
  if (report.requestedAt < command.not_before.getTime()) return { outcome: 'too-early', purges: [] };
  await client.query('UPDATE cachement.gateway_command SET requested_at = $2, acknowledged_at = $3 WHERE command_id = $1', [
    report.commandId,
    new Date(report.requestedAt),
    new Date(report.acknowledgedAt),
  ]);
  await client.query('DELETE FROM cachement.outbox WHERE command_id = $1', [report.commandId]);
  // Before the drain it is no step, and has no place in the ledger.
  const acknowledged = command.prompt
    ? 'SELECT purge_id FROM cachement.gateway_command_purge WHERE command_id = $1 AND $2::timestamptz IS NOT NULL'
    : `INSERT INTO cachement.purge_step (purge_id, step, at)
       SELECT purge_id, 'gateway', $2 FROM cachement.gateway_command_purge WHERE command_id = $1 ORDER BY purge_id
       ON CONFLICT DO NOTHING RETURNING purge_id`;
  const { rows: purges } = await client.query<{
    purge_id: string;
    tags: string[];
    paths: string[];
    urgent: boolean;
    took_ms: number;
  }>(
    `WITH acknowledged AS (${acknowledged})
     SELECT purge_id, tags, paths, urgent, extract(epoch FROM $2::timestamptz - committed_at)::float8 * 1000 AS took_ms
     FROM cachement.purge JOIN acknowledged USING (purge_id) ORDER BY purge_id`,
    [report.commandId, new Date(report.acknowledgedAt)],
  );
  if (!command.prompt) reportAfterCommit(client, { CommitToGateway: purges.map((row) => row.took_ms) });
  return {
    outcome: 'recorded',
    purges: purges.map(({ purge_id, took_ms: _, ...purge }) => ({ purgeId: purge_id, ...purge, prompt: command.prompt })),
  };
}

/**
 * CloudFront took the batch. May come after {@link recordEdgeCompleted}.
 *
 * @param overdueSeconds when the batch is to be sent again.
 */
export async function recordEdgeAccepted(
  client: PoolClient,
  report: EventDetails['EdgePurgeAccepted'],
  overdueSeconds: number,
): Promise<Recorded> {
  const at = new Date(report.acceptedAt);
  const { rowCount } = await client.query(
    'UPDATE cachement.edge_batch SET invalidation_id = $2, accepted_at = least(accepted_at, $3) WHERE batch_id = $1 AND sealed_at IS NOT NULL',
    [report.batchId, report.invalidationId, at],
  );
  if (rowCount === 0) return 'unknown';
  await recordEdgeStep(client, report.batchId, at, null);
  await client.query('UPDATE cachement.outbox SET due_at = clock_timestamp() + make_interval(secs => $2) WHERE batch_id = $1', [
    report.batchId,
    overdueSeconds,
  ]);
  return 'recorded';
}

/** CloudFront is done with the batch: its purges are complete, and nothing of them is left to be sent. */
export async function recordEdgeCompleted(client: PoolClient, report: EventDetails['EdgePurgeCompleted']): Promise<Recorded> {
  const at = new Date(report.completedAt);
  const { rows: known } = await client.query<{ completed_at: Date | null }>(
    'SELECT completed_at FROM cachement.edge_batch WHERE batch_id = $1 FOR UPDATE',
    [report.batchId],
  );
  const { rowCount } = await client.query(
    `UPDATE cachement.edge_batch SET invalidation_id = $2, completed_at = least(completed_at, $3), accepted_at = least(accepted_at, $3)
     WHERE batch_id = $1 AND sealed_at IS NOT NULL`,
    [report.batchId, report.invalidationId, at],
  );
  if (rowCount === 0) return 'unknown';
  await recordEdgeStep(client, report.batchId, at, at);
  const purges = 'SELECT purge_id FROM cachement.edge_batch_purge WHERE batch_id = $1';
  const { rows } = await client.query<{ took_ms: number }>(
    `UPDATE cachement.purge SET completed_at = least(completed_at, $2) WHERE purge_id IN (${purges})
     RETURNING extract(epoch FROM completed_at - committed_at)::float8 * 1000 AS took_ms`,
    [report.batchId, at],
  );
  if (!known[0]?.completed_at) reportAfterCommit(client, { CommitToFresh: rows.map((row) => row.took_ms) });
  await client.query(`DELETE FROM cachement.outbox WHERE batch_id = $1 OR purge_id IN (${purges})`, [report.batchId]);
  return 'recorded';
}

/** The earliest report counts, so that repeated and reordered ones change nothing. */
async function recordEdgeStep(client: PoolClient, batchId: string, acceptedAt: Date, at: Date | null): Promise<void> {
  await client.query(
    `INSERT INTO cachement.purge_step AS s (purge_id, step, accepted_at, at)
     SELECT purge_id, 'edge', $2, $3::timestamptz FROM cachement.edge_batch_purge WHERE batch_id = $1 ORDER BY purge_id
     ON CONFLICT (purge_id, step) DO UPDATE
       SET accepted_at = least(s.accepted_at, excluded.accepted_at), at = least(s.at, excluded.at)`,
    [batchId, acceptedAt, at],
  );
}
