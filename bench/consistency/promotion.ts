import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from './ground';

const LIMIT_MS = 20_000;

/** What a promotion adds to every number, so that a number of the old primary that was lost can't come again as another write's. */
const EPOCH = 1_000_000;

/**
 * Kills the primary and promotes a standby. The standby is made synchronous before, because a write that was acknowledged and then lost is the
 * database's violation and not the cache's; the other standby follows the new primary afterwards.
 */
export async function promote(ground: Ground): Promise<void> {
  const { primary, standbys } = ground.roles;
  const [next, other] = standbys as [string, string];
  const slot = slotOf(next);
  for (const standby of standbys) await setDelay(ground, standby, 0);

  await ground.sql(primary, `ALTER SYSTEM SET synchronous_standby_names = '${slot}'`);
  await ground.sql(primary, 'SELECT pg_reload_conf()');
  const state = "SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND sync_state = 'sync'";
  await until('the standby is synchronous', async () => (await ground.sql(primary, state, [slot])).length > 0);
  const [{ lsn }] = (await ground.sql(primary, 'SELECT pg_current_wal_insert_lsn()::text AS lsn')) as [{ lsn: string }];
  const flushed = `${state} AND flush_lsn >= $2::pg_lsn`;
  await until('it has all that was written before', async () => (await ground.sql(primary, flushed, [slot, lsn])).length > 0);

  // The other one stops receiving first: one that is ahead of the promoted standby couldn't follow it.
  const [{ info }] = (await ground.sql(other, "SELECT current_setting('primary_conninfo') AS info")) as [{ info: string }];
  await followWith(ground, other, '');
  await until(
    'the other standby receives nothing',
    async () => (await ground.sql(other, 'SELECT 1 FROM pg_stat_wal_receiver')).length === 0,
  );

  await ground.engines.kill(primary);
  await ground.sql(next, 'SELECT pg_promote(true, 20)');
  await ground.sql(next, `SET search_path = public; UPDATE item SET n = n + ${EPOCH}`);
  await ground.sql(next, 'SELECT pg_create_physical_replication_slot($1, true)', [slotOf(other)]);
  const port = ground.engines.databaseAdministrator(next).port;
  await followWith(ground, other, info.replace(/port='\d+'/, `port='${port}'`));
  ground.roles.primary = next;
  ground.roles.standbys = [other];
}

/** Has a standby on the new timeline say so: it names the timeline of its last restart point. */
export async function settleTimeline(ground: Ground): Promise<void> {
  await ground.sql(ground.roles.primary, 'CHECKPOINT');
  for (const standby of ground.roles.standbys) {
    const [{ lsn }] = (await ground.sql(ground.roles.primary, 'SELECT pg_current_wal_lsn()::text AS lsn')) as [{ lsn: string }];
    await until('the standby follows the new primary', async () => {
      const [row] = await ground.sql(standby, 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done', [lsn]);
      return row?.done;
    });
    await ground.sql(standby, 'CHECKPOINT');
  }
}

/** Has a standby apply each commit so long after it was made, in milliseconds. */
export async function setDelay(ground: Ground, standby: string, milliseconds: number): Promise<void> {
  await ground.sql(standby, `ALTER SYSTEM SET recovery_min_apply_delay = '${Math.round(milliseconds)}ms'`);
  await ground.sql(standby, 'SELECT pg_reload_conf()');
}

async function followWith(ground: Ground, standby: string, info: string): Promise<void> {
  await ground.sql(standby, `ALTER SYSTEM SET primary_conninfo = '${info.replace(/'/g, "''")}'`);
  await ground.sql(standby, 'SELECT pg_reload_conf()');
}

function slotOf(server: string): string {
  return server
    .replace('postgres:', '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '_');
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it takes too long until ${what}`);
    await sleep(20);
  }
}
