import { setTimeout as sleep } from 'node:timers/promises';
import type { Testbed } from './testbed';

const LIMIT_MS = 20_000;

/**
 * Number that a promotion adds to every row, so that one that was lost with the old primary isn't used again for another write.
 */
const EPOCH = 1_000_000;

/**
 * Kills the primary and promotes a standby. The standby is made synchronous before, because a write that was acknowledged and
 * then lost is the database's violation and not the cache's; the other standby follows the new primary afterwards.
 */
export async function promote(testbed: Testbed): Promise<void> {
  const { primary, standbys } = testbed.roles;
  const [next, other] = standbys as [string, string];
  const slot = slotOf(next);
  for (const standby of standbys) await setDelay(testbed, standby, 0);

  await testbed.sql(primary, `ALTER SYSTEM SET synchronous_standby_names = '${slot}'`);
  await testbed.sql(primary, 'SELECT pg_reload_conf()');
  const state = "SELECT 1 FROM pg_stat_replication WHERE application_name = $1 AND sync_state = 'sync'";
  await until('the standby is synchronous', async () => (await testbed.sql(primary, state, [slot])).length > 0);
  const [{ lsn }] = (await testbed.sql(primary, 'SELECT pg_current_wal_insert_lsn()::text AS lsn')) as [{ lsn: string }];
  const flushed = `${state} AND flush_lsn >= $2::pg_lsn`;
  await until('it has all that was written before', async () => (await testbed.sql(primary, flushed, [slot, lsn])).length > 0);

  // The other one stops receiving first: one that is ahead of the promoted standby couldn't follow it.
  const [{ info }] = (await testbed.sql(other, "SELECT current_setting('primary_conninfo') AS info")) as [{ info: string }];
  await followWith(testbed, other, '');
  await until(
    'the other standby receives nothing',
    async () => (await testbed.sql(other, 'SELECT 1 FROM pg_stat_wal_receiver')).length === 0,
  );

  await testbed.engines.kill(primary);
  await testbed.sql(next, 'SELECT pg_promote(true, 20)');
  await testbed.sql(next, `SET search_path = public; UPDATE item SET n = n + ${EPOCH}`);
  await testbed.sql(next, 'SELECT pg_create_physical_replication_slot($1, true)', [slotOf(other)]);
  const port = testbed.engines.databaseAdministrator(next).port;
  await followWith(testbed, other, info.replace(/port='\d+'/, `port='${port}'`));
  testbed.roles.primary = next;
  testbed.roles.standbys = [other];
}

/** Makes a standby report the new timeline: it names the timeline of its last restart point. */
export async function settleTimeline(testbed: Testbed): Promise<void> {
  await testbed.sql(testbed.roles.primary, 'CHECKPOINT');
  for (const standby of testbed.roles.standbys) {
    const [{ lsn }] = (await testbed.sql(testbed.roles.primary, 'SELECT pg_current_wal_lsn()::text AS lsn')) as [{ lsn: string }];
    await until('the standby follows the new primary', async () => {
      const [row] = await testbed.sql(standby, 'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS done', [lsn]);
      return row?.done;
    });
    await testbed.sql(standby, 'CHECKPOINT');
  }
}

/** Delays the replay of a standby, in milliseconds after the commit. */
export async function setDelay(testbed: Testbed, standby: string, milliseconds: number): Promise<void> {
  await testbed.sql(standby, `ALTER SYSTEM SET recovery_min_apply_delay = '${Math.round(milliseconds)}ms'`);
  await testbed.sql(standby, 'SELECT pg_reload_conf()');
}

async function followWith(testbed: Testbed, standby: string, info: string): Promise<void> {
  await testbed.sql(standby, `ALTER SYSTEM SET primary_conninfo = '${info.replace(/'/g, "''")}'`);
  await testbed.sql(standby, 'SELECT pg_reload_conf()');
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
