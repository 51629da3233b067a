import type { PoolClient } from 'pg';
import { MAX_REFRESHES, refreshPaths } from './exact-keys';
import type { Pacing } from './pacing';

/*
 * A command is one flush of the stage cache, or a refresh of some of its keys. While it is open, purges join it; once it is
 * closed, it is sent, any number of times. All of this happens under the lock of the one row of `pace`.
 */

/**
 * Joins purges that the shared tier has acknowledged to the flush that is open, which waits for the drain of the last of them.
 * Those that are prompt get one more flush that doesn't wait.
 */
export async function joinGatewayCommand(
  client: PoolClient,
  purges: readonly { readonly purgeId: string; readonly prompt: boolean }[],
  drainSeconds: number,
): Promise<void> {
  if (purges.length === 0) return;
  const join = (command: string, joining: readonly { readonly purgeId: string }[], seconds: number) =>
    client.query(
      `WITH command AS (${command} RETURNING command_id)
       INSERT INTO cachement.gateway_command_purge (command_id, purge_id) SELECT command_id, unnest($2::uuid[]) FROM command`,
      [seconds, joining.map(({ purgeId }) => purgeId)],
    );
  await join(
    `INSERT INTO cachement.gateway_command AS c (not_before) VALUES (clock_timestamp() + make_interval(secs => $1))
     ON CONFLICT ((true)) WHERE closed_at IS NULL AND NOT prompt
     DO UPDATE SET not_before = greatest(c.not_before, excluded.not_before)`,
    purges,
    drainSeconds,
  );
  const prompt = purges.filter((purge) => purge.prompt);
  if (prompt.length > 0) {
    await join(
      'INSERT INTO cachement.gateway_command (not_before, prompt) VALUES (clock_timestamp() + make_interval(secs => $1), true)',
      prompt,
      0,
    );
  }
}

/**
 * Closes the flushes that have been open for long enough: from here on they take nothing more.
 *
 * @returns the outbox rows to be sent.
 */
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
 * Makes a flush a refresh of some keys, where its purges name them all. Not before the drain: an older value in memory could be
 * what the refresh stores, and nothing would come after it.
 */
async function refreshByKey(client: PoolClient, commandId: string, exactTags: Pacing['exactTags']): Promise<void> {
  const { rows } = await client.query<{ tags: string[]; paths: string[]; version: string }>(
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

/** Time at which the next flush is to be closed. */
export async function nextGatewayWake(client: PoolClient, windowMs: number): Promise<number | undefined> {
  const { rows } = await client.query<{ at: Date | null }>(
    `SELECT min(${closesAt('$1')}) AS at FROM cachement.gateway_command WHERE closed_at IS NULL`,
    [windowMs / 1000],
  );
  return rows[0]?.at?.getTime();
}

/**
 * Time at which a flush closes, in SQL: half of the drain at most, so that the other half is left for the way to the executor.
 */
const closesAt = (seconds: string): string =>
  `opened_at + least(make_interval(secs => ${seconds}), (not_before - opened_at) / 2)`;

const toClose = (seconds: string): string => `closed_at IS NULL AND (prompt OR ${closesAt(seconds)} <= clock_timestamp())`;

/** A condition of SQL: some flush has been open for long enough. */
export const isGatewayDue = (seconds: string): string =>
  `EXISTS (SELECT FROM cachement.gateway_command WHERE ${toClose(seconds)})`;
