import type { Pool } from 'pg';
import { reportMetrics } from './metrics';

/** Age up to which a complete purge stays in the ledger, in days: replays and questions go back as far. */
const RETENTION_DAYS = 30;

/** Age up to which it is known who purged what by hand, in days. */
const AUDIT_DAYS = 365;

/** Rows of one run, so that it ends in time; the next one is a minute away. */
const ROWS_PER_RUN = 5_000;

/**
 * Time for which a row may be due before it counts as late, in seconds: what was sent and got lost is due again after half of it.
 */
const LATE_SECONDS = 60;

/** Forgets complete purges, flushes and batches that are old, and reports what is late. */
export async function housekeeping(pool: Pool): Promise<void> {
  const old = `now() - interval '${RETENTION_DAYS} days'`;
  await pool.query(
    `DELETE FROM cachement.purge WHERE purge_id IN (
       SELECT purge_id FROM cachement.purge WHERE completed_at < ${old} AND committed_at < ${old} ORDER BY committed_at LIMIT $1)`,
    [ROWS_PER_RUN],
  );
  await pool.query(
    `DELETE FROM cachement.gateway_command WHERE command_id IN (
       SELECT command_id FROM cachement.gateway_command WHERE acknowledged_at < ${old} LIMIT $1)`,
    [ROWS_PER_RUN],
  );
  await pool.query(
    `DELETE FROM cachement.edge_batch WHERE batch_id IN (
       SELECT batch_id FROM cachement.edge_batch WHERE completed_at < ${old} LIMIT $1)`,
    [ROWS_PER_RUN],
  );
  await pool.query(
    `DELETE FROM cachement.cache_purge WHERE cache_purge_id IN (
       SELECT cache_purge_id FROM cachement.cache_purge WHERE requested_at < now() - interval '${AUDIT_DAYS} days' LIMIT $1)`,
    [ROWS_PER_RUN],
  );
  const { rows } = await pool.query<{ late: number; parked: number }>(
    `SELECT count(*) FILTER (WHERE parked_at IS NULL)::integer AS late, count(parked_at)::integer AS parked FROM cachement.outbox
     WHERE parked_at IS NOT NULL OR due_at < clock_timestamp() - make_interval(secs => $1)`,
    [LATE_SECONDS],
  );
  const { late = 0, parked = 0 } = rows[0] ?? {};
  reportMetrics({ OutboxOverdue: late, PurgesParked: parked });
}
