import type { Pool, PoolClient } from 'pg';
import { read } from '../database';
import { isEdgeDue, lockPace, nextEdgeWake, releaseEdgeBatches } from './edge-batches';
import { closeGatewayCommands, isGatewayDue, nextGatewayWake } from './gateway-commands';
import type { Pacing } from './pacing';

/** Work that follows a commit. */
export interface Advance {
  /** Outbox rows to be sent. */
  readonly outboxIds: string[];
  /**
   * Time of the relay's next wake-up, in epoch milliseconds; undefined where an earlier one is pending, or nothing waits for its
   * time.
   */
  readonly wakeAt: number | undefined;
}

/**
 * Advances what waits for its time: closes flushes that have been open for long enough, seals batches whose window is over,
 * releases batches that a slot is free for. Every transaction that may have changed one of these ends with it, and so does every
 * run of the relay, so that a lost message costs time and nothing else.
 */
export async function advance(client: PoolClient, pacing: Pacing): Promise<Advance> {
  await lockPace(client);
  const outboxIds = [...(await closeGatewayCommands(client, pacing)), ...(await releaseEdgeBatches(client, pacing))];
  const times = [await nextGatewayWake(client, pacing.gatewayWindowMs), await nextEdgeWake(client, pacing)];
  const next = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
  return { outboxIds, wakeAt: Number.isFinite(next) && (await requestWake(client, next)) ? next : undefined };
}

/** Tells whether {@link advance} would find something that is due, or a wake-up that got lost. Takes no lock. */
export async function isSomethingDue(pool: Pool, pacing: Pacing): Promise<boolean> {
  const rows = await read<{ due: boolean }>(
    pool,
    `SELECT ${isGatewayDue('$1::float8')} OR ${isEdgeDue('$2::float8')}
       OR (wake_at IS NULL OR wake_at < clock_timestamp())
         AND (EXISTS (SELECT FROM cachement.gateway_command WHERE closed_at IS NULL)
           OR EXISTS (SELECT FROM cachement.edge_batch WHERE released_at IS NULL)) AS due
     FROM cachement.pace`,
    [pacing.gatewayWindowMs / 1000, pacing.edgeWindowMs / 1000],
  );
  return rows[0]?.due ?? true;
}

/** Tells whether a wake-up must be scheduled; false if an earlier one is pending, which schedules the next by itself. */
async function requestWake(client: PoolClient, at: number): Promise<boolean> {
  const { rowCount } = await client.query(
    'UPDATE cachement.pace SET wake_at = $1 WHERE wake_at IS NULL OR wake_at > $1 OR wake_at < clock_timestamp()',
    [new Date(at)],
  );
  return rowCount === 1;
}

/** Forgets a wake-up that the bus refused, so that the next {@link advance} schedules it again. */
export async function wakeLost(pool: Pool): Promise<void> {
  await pool.query('UPDATE cachement.pace SET wake_at = NULL');
}
