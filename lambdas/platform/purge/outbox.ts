import type { Pool, PoolClient } from 'pg';
import type { EventDetails } from '../../../lib/contract/events';
import { currentVersion } from '../../runtime/versions/postgres';
import type { Bus, Message } from '../bus';
import { transaction } from '../database';
import { log } from '../log';
import { recordEvents } from './ledger';

/** Rows of one transaction: five calls to the bus at once, which is fast enough to hold the rows for. */
const ROWS_PER_TRANSACTION = 50;

/** Time that a step may take before its row is overdue, in seconds: well beyond a normal run, below the interval of the sweep. */
const OVERDUE_SECONDS = 30;

/** Time after which a row that the bus refused is due again, in seconds; the sweep that finds it may be a minute away anyway. */
const RETRY_SECONDS = 5;

/** Attempt from which on each one waits twice as long as the one before, up to {@link MAX_BACKOFF_SECONDS}. */
const BACKOFF_FROM_ATTEMPT = 5;
const MAX_BACKOFF_SECONDS = 600;

/**
 * Attempt from which on a row is parked: after about two hours of attempts somebody has to look at it, and the others shouldn't
 * wait.
 */
export const MAX_ATTEMPTS = 20;

/** Time from acceptance to completion after which a batch is sent again, in seconds: CloudFront takes 25 at P95, says AWS. */
export const EDGE_COMPLETION_SECONDS = 120;

/** Result of a run of the outbox. */
export interface Sent {
  readonly sent: number;
  readonly failed: number;
}

interface Row {
  outbox_id: string;
  purge_id: string | null;
  command_id: string | null;
  batch_id: string | null;
  tags: string[] | null;
  paths: string[];
  mode: 'delete' | 'expire';
  prompt: boolean;
  urgent: boolean;
  version: string | null;
  attempts: number;
}

/** Rows of the outbox that are due; publishes them as events. */
export class Outbox {
  readonly #pool: Pool;
  readonly #bus: Bus;

  constructor(pool: Pool, bus: Bus) {
    this.#pool = pool;
    this.#bus = bus;
  }

  /** Sends every row that is due. @param outOfTime ends the run between two transactions; what is left is still due. */
  async sendDue(outOfTime: () => boolean = () => false): Promise<Sent> {
    let sent = 0;
    let failed = 0;
    while (!outOfTime()) {
      const run = await this.#send('due_at <= clock_timestamp() AND parked_at IS NULL', []);
      sent += run.sent;
      failed += run.failed;
      // A row that failed is due later, so that this ends.
      if (run.sent + run.failed < ROWS_PER_TRANSACTION) break;
    }
    return { sent, failed };
  }

  /** Sends these rows now; a row that somebody else is sending is left to them. */
  async send(outboxIds: readonly string[]): Promise<Sent> {
    let sent = 0;
    let failed = 0;
    for (let from = 0; from < outboxIds.length; from += ROWS_PER_TRANSACTION) {
      const run = await this.#send('outbox_id = ANY($1)', [outboxIds.slice(from, from + ROWS_PER_TRANSACTION)]);
      sent += run.sent;
      failed += run.failed;
    }
    return { sent, failed };
  }

  /**
   * One transaction holds the rows while they are sent. Dying in it, before or after the bus took them, leaves them due; the
   * consumers don't mind a second time.
   */
  #send(condition: string, values: unknown[]): Promise<Sent> {
    return transaction(this.#pool, async (client) => {
      const { rows } = await client.query<Row>(
        `SELECT outbox_id, purge_id, command_id, batch_id, tags, paths, mode, prompt, urgent, version, attempts FROM cachement.outbox
         WHERE ${condition} ORDER BY due_at LIMIT ${ROWS_PER_TRANSACTION} FOR UPDATE SKIP LOCKED`,
        values,
      );
      if (rows.length === 0) return { sent: 0, failed: 0 };

      // In a statement after the one that saw the rows, so that the version is past their commit.
      const version = rows.some((row) => row.purge_id && !row.version) ? await currentVersion(client) : undefined;
      for (const row of rows) if (row.purge_id) row.version ??= version ?? null;

      const refused = await this.#bus.publish(await messages(client, rows));
      const sent = rows.filter((_, index) => !refused.has(index));
      await reschedule(client, rows, refused);
      await recordEvents(
        client,
        sent.flatMap((row) => (row.purge_id ? [purgeOf(row)] : [])),
      );
      return { sent: sent.length, failed: refused.size };
    });
  }
}

/** A message a row, in their order. */
async function messages(client: PoolClient, rows: readonly Row[]): Promise<Message[]> {
  const commandIds = rows.flatMap((row) => row.command_id ?? []);
  const commands = new Map(
    commandIds.length === 0
      ? []
      : (
          await client.query<{
            command_id: string;
            not_before: Date;
            now: Date;
            purge_ids: string[];
            refresh: string[] | null;
            version: string | null;
          }>(
            `SELECT command_id, not_before, clock_timestamp() AS now, refresh, version, array_agg(purge_id::text ORDER BY purge_id) AS purge_ids
             FROM cachement.gateway_command JOIN cachement.gateway_command_purge USING (command_id)
             WHERE command_id = ANY($1) GROUP BY command_id`,
            [commandIds],
          )
        ).rows.map((command) => [command.command_id, command]),
  );
  const batchIds = rows.flatMap((row) => row.batch_id ?? []);
  const batches = new Map(
    batchIds.length === 0
      ? []
      : (
          await client.query<{ batch_id: string; items: string[] }>(
            // Always in the same order: CloudFront compares a repeated reference with what it had.
            `SELECT batch_id, array_agg(item ORDER BY item) AS items FROM cachement.edge_batch_item
             WHERE batch_id = ANY($1) GROUP BY batch_id`,
            [batchIds],
          )
        ).rows.map((batch) => [batch.batch_id, batch]),
  );
  return rows.map((row): Message => {
    if (row.command_id) {
      const command = commands.get(row.command_id);
      return {
        type: 'GatewayPurgeRequested',
        detail: {
          commandId: row.command_id,
          purgeIds: command?.purge_ids ?? [],
          notBefore: command?.not_before.getTime() ?? 0,
          sentAt: command?.now.getTime() ?? 0,
          ...(command?.refresh && { refresh: { paths: command.refresh, version: command.version ?? '' } }),
        },
      };
    }
    if (row.batch_id) {
      return { type: 'EdgePurgeRequested', detail: { batchId: row.batch_id, items: batches.get(row.batch_id)?.items ?? [] } };
    }
    return { type: 'PurgeRequested', detail: purgeOf(row) };
  });
}

function purgeOf(row: Row): EventDetails['PurgeRequested'] {
  return {
    purgeId: row.purge_id ?? '',
    tags: row.tags ?? [],
    mode: row.mode,
    version: row.version ?? '',
    ...(row.paths.length > 0 && { paths: row.paths }),
    ...(row.prompt && { prompt: true }),
    ...(row.urgent && { urgent: true }),
  };
}

/**
 * Sets when each row is due again, should no report of it come. A command that waits for the drain isn't overdue before its end.
 */
async function reschedule(client: PoolClient, rows: readonly Row[], refused: ReadonlySet<number>): Promise<void> {
  await client.query(
    `UPDATE cachement.outbox AS o
     SET version = sent.version, attempts = attempts + 1,
       parked_at = CASE WHEN attempts + 1 >= ${MAX_ATTEMPTS} THEN clock_timestamp() END,
       due_at = greatest(clock_timestamp(), (SELECT not_before FROM cachement.gateway_command AS c WHERE c.command_id = o.command_id))
         + make_interval(secs => sent.wait_seconds)
     FROM unnest($1::bigint[], $2::text[], $3::float8[]) AS sent (outbox_id, version, wait_seconds)
     WHERE o.outbox_id = sent.outbox_id`,
    [
      rows.map((row) => row.outbox_id),
      rows.map((row) => row.version),
      rows.map((row, index) => waitSeconds(row.attempts, refused.has(index))),
    ],
  );
  const parked = rows.filter((row) => row.attempts + 1 >= MAX_ATTEMPTS);
  if (parked.length === 0) return;
  log.error('parked: sent too often without a report', { outboxIds: parked.map((row) => row.outbox_id) });
}

/** @param attempts how often the row was sent before. */
export function waitSeconds(attempts: number, refused: boolean): number {
  const least = refused ? RETRY_SECONDS : OVERDUE_SECONDS;
  return Math.min(MAX_BACKOFF_SECONDS, least * 2 ** Math.max(0, attempts - BACKOFF_FROM_ATTEMPT));
}
