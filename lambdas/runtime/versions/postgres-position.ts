import { ReplicaUnfit } from './postgres-errors';
import { formatVersion, type Version } from './version';

/**
 * Statement of the version. On a primary: the insert position, which is past every commit that has returned; a file name of the
 * log begins with the timeline. On a standby: what is replayed, and the timeline of its last restart point, which errs towards
 * the older.
 */
export const VERSION_STATEMENT = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text AS lsn,
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END AS timeline_hex,
  CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint()) END AS timeline,
  pg_is_in_recovery() AS standby`;

/** Row of {@link VERSION_STATEMENT}. */
export interface VersionRow {
  lsn: string | null;
  timeline_hex: string | null;
  timeline: number | null;
  standby: boolean;
}

/** Position of a server in the log. */
export interface Position {
  readonly version: Version;
  standby: boolean;
}

/** @throws {ReplicaUnfit} where a standby has replayed nothing yet. */
export function toPosition(row: VersionRow | undefined): Position {
  if (!row?.lsn) throw new ReplicaUnfit('has replayed nothing yet');
  const timeline = row.timeline_hex ? Number.parseInt(row.timeline_hex, 16) : (row.timeline ?? 0);
  return { version: formatVersion(timeline, row.lsn), standby: row.standby };
}
