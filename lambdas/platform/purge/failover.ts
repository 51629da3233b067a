import type { PoolClient } from 'pg';
import type { EventDetails } from '../../../lib/contract/events';

/** Cluster as ElastiCache describes it. */
type Report = EventDetails['TopologyReported'];

/** Tells whether some shard has another primary than before. */
export function failedOver(before: Report, after: Report): boolean {
  const primaries = primariesOf(before);
  return [...primariesOf(after)].some(([shard, node]) => primaries.has(shard) && primaries.get(shard) !== node);
}

function primariesOf({ shards }: Report): Map<string, string> {
  return new Map(
    shards.flatMap(({ id, nodes }) => nodes.filter(({ role }) => role === 'primary').map((node) => [id, node.id] as const)),
  );
}

/**
 * The newest report of a cluster counts.
 *
 * @returns the one that it replaced, which is undefined where this is the first, or an older one.
 */
export async function recordTopology(client: PoolClient, report: Report): Promise<Report | undefined> {
  const { rows } = await client.query<{ report: Report }>(
    'SELECT report FROM cachement.topology WHERE replication_group_id = $1 FOR UPDATE',
    [report.replicationGroupId],
  );
  const { rowCount } = await client.query(
    // By a clock that is ahead of this server's, what was committed meanwhile would be left out of a replay.
    `INSERT INTO cachement.topology AS t (replication_group_id, report, reported_at) VALUES ($1, $2, least($3, clock_timestamp()))
     ON CONFLICT (replication_group_id) DO UPDATE SET report = excluded.report, reported_at = excluded.reported_at
     WHERE t.reported_at < excluded.reported_at`,
    [report.replicationGroupId, JSON.stringify(report), new Date(report.reportedAt)],
  );
  return rowCount === 1 ? rows[0]?.report : undefined;
}
