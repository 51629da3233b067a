import type { Pool, PoolClient } from 'pg';
import type { EventDetails } from '../../../lib/contract/events';
import { MAX_REFRESHES, refreshPaths } from './exact-keys';
import { reportMetrics } from './metrics';
import type { Pacing } from './pacing';

/** A purge as it is asked for. */
type PurgeRequest = EventDetails['PurgeRequested'];

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

/** The ledger's first entry: the bus took the purge. A purge that came to the bus without an outbox was committed now at the latest. */
export async function recordEvents(client: PoolClient, purges: readonly PurgeRequest[]): Promise<void> {
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

/** Which of these purges the shared tier has acknowledged. */
export async function sharedAlready(pool: Pool, purgeIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ purge_id: string }>(
    `SELECT purge_id FROM cachement.purge_step WHERE purge_id = ANY($1) AND step = 'shared' AND at IS NOT NULL`,
    [purgeIds],
  );
  return new Set(rows.map((row) => row.purge_id));
}

/**
 * The shared tier has acknowledged these purges. Those for which that is news join the flush of the gateway that is open, which waits for
 * the drain of the last of them; those that are prompt get one more that doesn't wait. The caller holds the lock of `pace`.
 */
export async function recordShared(client: PoolClient, purges: readonly PurgeRequest[], settleSeconds: number): Promise<void> {
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
  if (rows.length === 0) return;
  const join = (command: string, ids: readonly string[], seconds: number) =>
    client.query(
      `WITH command AS (${command} RETURNING command_id)
       INSERT INTO cachement.gateway_command_purge (command_id, purge_id) SELECT command_id, unnest($2::uuid[]) FROM command`,
      [seconds, ids],
    );
  await join(
    `INSERT INTO cachement.gateway_command AS c (not_before) VALUES (clock_timestamp() + make_interval(secs => $1))
     ON CONFLICT ((true)) WHERE closed_at IS NULL AND NOT prompt
     DO UPDATE SET not_before = greatest(c.not_before, excluded.not_before)`,
    rows.map(({ purge_id }) => purge_id),
    settleSeconds,
  );
  const prompt = rows.filter((row) => row.prompt).map(({ purge_id }) => purge_id);
  if (prompt.length > 0) {
    await join(
      'INSERT INTO cachement.gateway_command (not_before, prompt) VALUES (clock_timestamp() + make_interval(secs => $1), true)',
      prompt,
      0,
    );
  }
  reportMetrics({ CommitToShared: rows.map((row) => row.took_ms) });
}

/** Closes the flushes that have been open for long enough: from here on they take nothing more. @returns the outbox rows to be sent. */
export async function closeGatewayCommands(
  client: PoolClient,
  { gatewayWindowMs, exactTags }: Pick<Pacing, 'gatewayWindowMs' | 'exactTags'>,
): Promise<string[]> {
  const { rows } = await client.query<{ outbox_id: string; command_id: string }>(
    `WITH closed AS (
       UPDATE cachement.gateway_command SET closed_at = clock_timestamp()
       WHERE ${toClose('$1')} RETURNING command_id
     )
     INSERT INTO cachement.outbox (purge_id, command_id) SELECT NULL, command_id FROM closed RETURNING outbox_id, command_id`,
    [gatewayWindowMs / 1000],
  );
  for (const { command_id } of rows) await refreshByKey(client, command_id, exactTags);
  return rows.map((row) => row.outbox_id);
}

/**
 * Makes a flush a refresh of some keys, where its purges name them all. Not before the drain: an older value in memory could be what the
 * refresh stores, and nothing would come after it.
 */
async function refreshByKey(client: PoolClient, commandId: string, exactTags: Pacing['exactTags']): Promise<void> {
  const { rows } = await client.query<Pick<LedgerPurge, 'tags' | 'paths'> & { version: string }>(
    `SELECT tags, paths, p.version FROM cachement.gateway_command AS c JOIN cachement.gateway_command_purge USING (command_id)
     JOIN cachement.purge AS p USING (purge_id) WHERE command_id = $1 AND NOT c.prompt LIMIT $2`,
    [commandId, MAX_REFRESHES + 1],
  );
  // A purge names a key at least, so that these aren't all of them.
  const paths = rows.length > MAX_REFRESHES ? undefined : refreshPaths(rows, exactTags);
  if (!paths) return;
  const version = rows
    .map((row) => row.version)
    .sort()
    .at(-1);
  await client.query('UPDATE cachement.gateway_command SET refresh = $2, version = $3 WHERE command_id = $1', [
    commandId,
    paths,
    version,
  ]);
}

/** When the next flush is to be closed. */
export async function nextGatewayWake(client: PoolClient, windowMs: number): Promise<number | undefined> {
  const { rows } = await client.query<{ at: Date | null }>(
    `SELECT min(${closesAt('$1')}) AS at FROM cachement.gateway_command WHERE closed_at IS NULL`,
    [windowMs / 1000],
  );
  return rows[0]?.at?.getTime();
}

/** Half of the drain at most, so that the other half is left for the way to the executor. */
const closesAt = (seconds: string): string =>
  `opened_at + least(make_interval(secs => ${seconds}), (not_before - opened_at) / 2)`;

const toClose = (seconds: string): string => `closed_at IS NULL AND (prompt OR ${closesAt(seconds)} <= clock_timestamp())`;

/** A condition of SQL: some flush has been open for long enough. */
export const isGatewayDue = (seconds: string): string =>
  `EXISTS (SELECT FROM cachement.gateway_command WHERE ${toClose(seconds)})`;

/** What became of a report. */
export type Recorded = 'recorded' | 'known' | 'unknown' | 'too-early';

/**
 * The stage cache was flushed. A flush serves only purges that the shared tier had acknowledged, and that had drained, before it was
 * requested.
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
  // `Date` has milliseconds and the message was made from it, so both sides are cut alike.
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
  if (!command.prompt) reportMetrics({ CommitToGateway: purges.map((row) => row.took_ms) });
  return {
    outcome: 'recorded',
    purges: purges.map(({ purge_id, took_ms: _, ...purge }) => ({ purgeId: purge_id, ...purge, prompt: command.prompt })),
  };
}

/** CloudFront took the batch. May come after {@link recordEdgeCompleted}. @param overdueSeconds when the batch is to be sent again. */
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
  if (!known[0]?.completed_at) reportMetrics({ CommitToFresh: rows.map((row) => row.took_ms) });
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

/** The newest report of a cluster counts. @returns the one that it replaced, which is undefined where this is the first, or an older one. */
export async function recordTopology(
  client: PoolClient,
  report: EventDetails['TopologyReported'],
): Promise<EventDetails['TopologyReported'] | undefined> {
  const { rows } = await client.query<{ report: EventDetails['TopologyReported'] }>(
    'SELECT report FROM cachement.topology WHERE replication_group_id = $1 FOR UPDATE',
    [report.replicationGroupId],
  );
  const { rowCount } = await client.query(
    `INSERT INTO cachement.topology AS t (replication_group_id, report, reported_at) VALUES ($1, $2, $3)
     ON CONFLICT (replication_group_id) DO UPDATE SET report = excluded.report, reported_at = excluded.reported_at
     WHERE t.reported_at < excluded.reported_at`,
    [report.replicationGroupId, JSON.stringify(report), new Date(report.reportedAt)],
  );
  return rowCount === 1 ? rows[0]?.report : undefined;
}
