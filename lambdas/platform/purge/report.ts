import type { Pool } from 'pg';
import type { PurgeReport, PurgeStep, PurgeSummary } from '../../../lib/contract/purge-report';
import { read } from '../database';

/** Most purges of one list. */
const MAX_LISTED = 1000;

interface Row {
  tags: string[];
  mode: 'delete' | 'expire';
  version: string | null;
  committed_at: Date;
  completed_at: Date | null;
  steps: { step: PurgeStep['step']; acceptedAt: string | null; at: string | null }[] | null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Test for a text that could be a purge's id. */
export function isPurgeId(text: string): boolean {
  return UUID.test(text);
}

/**
 * Reads the ledger. A purge whose row still waits for the relay isn't in it yet, but in the outbox.
 *
 * @param primary because the answer changes while it is read.
 * @returns undefined where no such purge was ever committed.
 */
export async function purgeReport(primary: Pool, purgeId: string): Promise<PurgeReport | undefined> {
  const [row] = await read<Row>(
    primary,
    `SELECT tags, mode, version, committed_at, completed_at,
       (SELECT json_agg(json_build_object('step', step, 'acceptedAt', accepted_at, 'at', at)
          ORDER BY array_position(ARRAY['event', 'shared', 'gateway', 'edge'], step))
        FROM cachement.purge_step WHERE purge_id = $1) AS steps
     FROM (
       SELECT tags, mode, version, committed_at, completed_at FROM cachement.purge WHERE purge_id = $1
       UNION ALL
       SELECT tags, mode, version, created_at, NULL FROM cachement.outbox WHERE purge_id = $1
     ) AS known LIMIT 1`,
    [purgeId],
  );
  if (!row) return undefined;
  const completed = row.completed_at;
  return {
    purgeId: purgeId.toLowerCase(),
    tags: row.tags,
    mode: row.mode,
    ...(row.version && { version: row.version }),
    committedAt: row.committed_at.toISOString(),
    steps: (row.steps ?? []).map(({ step, acceptedAt, at }) => ({
      step,
      ...(acceptedAt && { acceptedAt: iso(acceptedAt) }),
      ...(at && { at: iso(at) }),
    })),
    ...(completed && {
      completedAt: completed.toISOString(),
      commitToFreshMs: completed.getTime() - row.committed_at.getTime(),
    }),
  };
}

/**
 * The purges that were committed between two times, the latest first, at most a thousand. Those that wait for the relay are in it
 * too.
 */
export async function listPurges(primary: Pool, from: Date, to: Date): Promise<PurgeSummary[]> {
  const rows = await read<{
    purge_id: string;
    tags: string[];
    paths: string[];
    committed_at: Date;
    completed_at: Date | null;
    left_to_ttl: boolean;
  }>(
    primary,
    `SELECT purge_id, tags, paths, committed_at, completed_at, left_to_ttl FROM cachement.purge WHERE committed_at BETWEEN $1 AND $2
     UNION ALL
     SELECT purge_id, tags, paths, created_at, NULL, false FROM cachement.outbox AS o WHERE purge_id IS NOT NULL AND created_at BETWEEN $1 AND $2
       AND NOT EXISTS (SELECT FROM cachement.purge AS p WHERE p.purge_id = o.purge_id)
     ORDER BY committed_at DESC, purge_id LIMIT ${MAX_LISTED}`,
    [from, to],
  );
  return rows.map((row) => ({
    purgeId: row.purge_id,
    tags: row.tags,
    paths: row.paths,
    committedAt: row.committed_at.toISOString(),
    ...(row.completed_at && { completedAt: row.completed_at.toISOString() }),
    ...(row.left_to_ttl && { leftToTtl: true }),
  }));
}

const iso = (text: string): string => new Date(text).toISOString();
