import type { PoolClient } from 'pg';
import type { LedgerPurge } from './ledger';
import { CALLS_AT_ONCE, MAX_ITEMS, MAX_ITEMS_IN_PROGRESS, MAX_WILDCARDS_IN_PROGRESS, type Pacing } from './pacing';
import { sealBatch } from './seal';

/*
 * A batch is open, then sealed, then released. While it is open, purges join it, each item once. What is in a sealed batch never
 * changes, so that it can be sent any number of times under one reference. A released batch takes slots in progress until its
 * completion is reported. All of this happens under the lock of the one row of `pace`.
 */

/** Wildcards have a limit of their own, and so a lane of their own: the many others needn't wait behind them. */
type Lane = 'exact' | 'wildcard';

/**
 * An invalidation item that names a tag.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html
 */
const tagItem = (tag: string): string => `#${tag}`;

const isWildcard = (item: string): boolean => item.endsWith('*');

/** Takes the lock of everything below; held until the end of the transaction. */
export async function lockPace(client: PoolClient): Promise<void> {
  await client.query('SELECT FROM cachement.pace FOR UPDATE');
}

/**
 * Joins purges to the batches that are open. Those that were `prompt` leave their items only: they come again after the drain,
 * and are complete with that batch.
 */
export async function joinEdgeBatch(client: PoolClient, purges: readonly LedgerPurge[], pacing: Pacing): Promise<void> {
  for (const lane of ['exact', 'wildcard'] as const) {
    for (const group of groups(purges.filter((purge) => laneOf(purge) === lane))) {
      const batchId = await openBatch(client, lane, group, pacing);
      await client.query(
        `INSERT INTO cachement.edge_batch_item AS i (batch_id, item, urgent)
         SELECT $1, item, bool_or(urgent) FROM unnest($2::text[], $3::boolean[]) AS joined (item, urgent) GROUP BY item
         ON CONFLICT (batch_id, item) DO UPDATE SET urgent = i.urgent OR excluded.urgent`,
        [batchId, group.flatMap(itemsOf), group.flatMap((purge) => itemsOf(purge).map(() => purge.urgent))],
      );
      await client.query('INSERT INTO cachement.edge_batch_purge (batch_id, purge_id) SELECT $1, unnest($2::uuid[])', [
        batchId,
        group.filter((purge) => !purge.prompt).map(({ purgeId }) => purgeId),
      ]);
    }
  }
}

/**
 * Seals the batches whose window is over, and releases sealed ones as far as there are slots and tokens, the oldest first.
 *
 * @returns the outbox rows that are to be sent.
 */
export async function releaseEdgeBatches(client: PoolClient, pacing: Pacing): Promise<string[]> {
  const { rows: due } = await client.query<{ batch_id: string }>(
    // While another batch waits for its turn there is no hurry, and the longer this one is open, the fewer items it costs.
    `SELECT batch_id FROM cachement.edge_batch AS b WHERE sealed_at IS NULL
       AND opened_at + make_interval(secs => $1) <= clock_timestamp()
       AND NOT EXISTS (SELECT FROM cachement.edge_batch AS w
         WHERE w.lane = b.lane AND w.sealed_at IS NOT NULL AND w.released_at IS NULL)`,
    [pacing.edgeWindowMs / 1000],
  );
  for (const { batch_id } of due) await sealBatch(client, batch_id, pacing);

  const { rows: waiting } = await client.query<{ batch_id: string; lane: Lane; items: number; wildcards: number }>(
    `SELECT batch_id, lane, items, wildcards FROM cachement.edge_batch
     WHERE sealed_at IS NOT NULL AND released_at IS NULL ORDER BY sealed_at, batch_id`,
  );
  if (waiting.length === 0) return [];
  const { rows: taken } = await client.query<{ tokens: number; items: number; wildcards: number }>(
    `UPDATE cachement.pace SET
       tokens = least($1::float8, tokens + $2::float8 * extract(epoch FROM clock_timestamp() - refilled_at)), refilled_at = clock_timestamp()
     RETURNING tokens,
       (SELECT coalesce(sum(items), 0)::integer FROM cachement.edge_batch AS b WHERE ${IN_PROGRESS}) AS items,
       (SELECT coalesce(sum(wildcards), 0)::integer FROM cachement.edge_batch AS b WHERE ${IN_PROGRESS}) AS wildcards`,
    [CALLS_AT_ONCE, pacing.callsPerSecond],
  );
  let { tokens, items, wildcards } = taken[0] as { tokens: number; items: number; wildcards: number };
  const released: string[] = [];
  const full = new Set<Lane>();
  for (const batch of waiting) {
    if (tokens < 1) break;
    if (full.has(batch.lane)) continue;
    if (items + batch.items > MAX_ITEMS_IN_PROGRESS || wildcards + batch.wildcards > MAX_WILDCARDS_IN_PROGRESS) {
      full.add(batch.lane);
      continue;
    }
    tokens -= 1;
    items += batch.items;
    wildcards += batch.wildcards;
    released.push(batch.batch_id);
  }
  if (released.length === 0) return [];
  await client.query('UPDATE cachement.pace SET tokens = $1', [tokens]);
  await client.query('UPDATE cachement.edge_batch SET released_at = clock_timestamp() WHERE batch_id = ANY($1)', [released]);
  const { rows } = await client.query<{ outbox_id: string }>(
    'INSERT INTO cachement.outbox (purge_id, batch_id) SELECT NULL, unnest($1::uuid[]) RETURNING outbox_id',
    [released],
  );
  return rows.map((row) => row.outbox_id);
}

/**
 * Batches that take slots: those released, until their completion was reported. A parked batch that was never accepted takes
 * none, since CloudFront doesn't have it.
 */
const IN_PROGRESS = `released_at IS NOT NULL AND completed_at IS NULL AND (accepted_at IS NOT NULL
  OR NOT EXISTS (SELECT FROM cachement.outbox AS o WHERE o.batch_id = b.batch_id AND o.parked_at IS NOT NULL))`;

/** A condition of SQL: some batch has been open for long enough, or is sealed and waits for a slot or a token. */
export const isEdgeDue = (seconds: string): string =>
  `EXISTS (SELECT FROM cachement.edge_batch WHERE released_at IS NULL
     AND (sealed_at IS NOT NULL OR opened_at + make_interval(secs => ${seconds}) <= clock_timestamp()))`;

/** Time of the next batch to seal, or of a token for one that waits; undefined where only a report can change anything. */
export async function nextEdgeWake(client: PoolClient, pacing: Pacing): Promise<number | undefined> {
  const { rows } = await client.query<{ at: Date | null }>(
    `SELECT least(
       (SELECT min(opened_at) + make_interval(secs => $1) FROM cachement.edge_batch AS b WHERE sealed_at IS NULL
          AND NOT EXISTS (SELECT FROM cachement.edge_batch AS w
            WHERE w.lane = b.lane AND w.sealed_at IS NOT NULL AND w.released_at IS NULL)),
       (SELECT refilled_at + make_interval(secs => (1 - tokens) / $2::float8) FROM cachement.pace WHERE tokens < 1
          AND EXISTS (SELECT FROM cachement.edge_batch WHERE sealed_at IS NOT NULL AND released_at IS NULL))) AS at`,
    [pacing.edgeWindowMs / 1000, pacing.callsPerSecond],
  );
  return rows[0]?.at?.getTime();
}

/** The open batch of a lane with room for these purges; a batch without is sealed, whatever its window says. */
async function openBatch(client: PoolClient, lane: Lane, purges: readonly LedgerPurge[], pacing: Pacing): Promise<string> {
  const { rows: open } = await client.query<{ batch_id: string; items: string[] }>(
    `SELECT batch_id, ARRAY(SELECT item FROM cachement.edge_batch_item AS i WHERE i.batch_id = b.batch_id) AS items
     FROM cachement.edge_batch AS b WHERE sealed_at IS NULL AND lane = $1`,
    [lane],
  );
  if (open[0]) {
    if (fits([...open[0].items, ...purges.flatMap(itemsOf)])) return open[0].batch_id;
    await sealBatch(client, open[0].batch_id, pacing);
  }
  const { rows } = await client.query<{ batch_id: string }>(
    'INSERT INTO cachement.edge_batch (lane) VALUES ($1) RETURNING batch_id',
    [lane],
  );
  return rows[0]?.batch_id as string;
}

/** Splits purges so that no group has more than a batch takes; one purge has far fewer. */
function groups(purges: readonly LedgerPurge[]): LedgerPurge[][] {
  const result: LedgerPurge[][] = [];
  let items: string[] = [];
  for (const purge of purges) {
    const joined = [...new Set([...items, ...itemsOf(purge)])];
    const last = result.at(-1);
    if (last && fits(joined)) {
      last.push(purge);
      items = joined;
    } else {
      result.push([purge]);
      items = itemsOf(purge);
    }
  }
  return result;
}

function fits(items: readonly string[]): boolean {
  const different = [...new Set(items)];
  return different.length <= MAX_ITEMS && different.filter(isWildcard).length <= MAX_WILDCARDS_IN_PROGRESS;
}

const itemsOf = ({ tags, paths }: LedgerPurge): string[] => [...new Set([...tags.map(tagItem), ...paths])];

const laneOf = (purge: LedgerPurge): Lane => (purge.paths.some(isWildcard) ? 'wildcard' : 'exact');
