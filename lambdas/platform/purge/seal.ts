import type { PoolClient } from 'pg';
import { reportAfterCommit } from './metrics';
import { LAST_SHARE, type Pacing, parentOf } from './pacing';

interface Item {
  readonly item: string;
  readonly urgent: boolean;
}

/** Decision on the items of a batch. */
export interface Decision {
  /** Items that are sent to the edge. */
  readonly items: readonly string[];
  /** Items that the budget leaves to their TTL. */
  readonly left: readonly string[];
}

/**
 * Decides what is sent of a batch: many tags of one parent become the parent, and so does every one once the budget is used up.
 *
 * @param share of the month's budget that is used; 0 where there is none.
 */
export function decide(items: readonly Item[], pacing: Pick<Pacing, 'parentTags' | 'escalateFrom'>, share: number): Decision {
  const parentOfTag = parentOf(pacing);
  const parentOfItem = (item: string): string | undefined => {
    const parent = item.startsWith('#') ? parentOfTag(item.slice(1)) : undefined;
    return parent && `#${parent}`;
  };
  const children = new Map<string, number>();
  for (const { item } of items) {
    const parent = parentOfItem(item);
    if (parent) children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  const parents = new Set(Object.values(pacing.parentTags).map((tag) => `#${tag}`));
  const asked = new Set<string>();
  const left: string[] = [];
  for (const { item, urgent } of items) {
    const parent = parentOfItem(item);
    const many = parent !== undefined && (children.get(parent) ?? 0) >= pacing.escalateFrom;
    if (urgent || share < 1) asked.add(many ? parent : item);
    else if (share < LAST_SHARE && (parent || parents.has(item))) asked.add(parent ?? item);
    else left.push(item);
  }
  // A tag that goes along with its parent anyway costs nothing more.
  const needed = [...asked].filter((item) => !asked.has(parentOfItem(item) ?? ''));
  return { items: needed, left: left.filter((item) => !asked.has(parentOfItem(item) ?? item)) };
}

/** Fixes what is in an open batch, and counts it. The caller holds the lock of `pace`. */
export async function sealBatch(client: PoolClient, batchId: string, pacing: Pacing): Promise<void> {
  const { rows: open } = await client.query<Item>('SELECT item, urgent FROM cachement.edge_batch_item WHERE batch_id = $1', [
    batchId,
  ]);
  const used = pacing.monthlyItems > 0 ? (await itemsOfMonth(client)) / pacing.monthlyItems : 0;
  const { items, left } = decide(open, pacing, used);
  await client.query('DELETE FROM cachement.edge_batch_item WHERE batch_id = $1 AND item <> ALL($2)', [batchId, items]);
  await client.query(
    'INSERT INTO cachement.edge_batch_item (batch_id, item) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
    [batchId, items],
  );
  const wildcards = items.filter((item) => item.endsWith('*')).length;
  // Without items there is nothing to send, and nothing that could be reported.
  const done = items.length === 0;
  await client.query(
    `UPDATE cachement.edge_batch SET sealed_at = clock_timestamp(), items = $2, wildcards = $3,
       released_at = CASE WHEN $4 THEN clock_timestamp() END, completed_at = CASE WHEN $4 THEN clock_timestamp() END
     WHERE batch_id = $1`,
    [batchId, items.length - wildcards, wildcards, done],
  );
  await client.query(
    `INSERT INTO cachement.edge_month AS m (month, items) VALUES (date_trunc('month', now() AT TIME ZONE 'UTC'), $1)
     ON CONFLICT (month) DO UPDATE SET items = m.items + excluded.items`,
    [items.length],
  );
  if (left.length > 0) await leaveToTtl(client, batchId, left, done);
  reportAfterCommit(client, {
    EdgeItems: items.length,
    EdgeItemsSaved: open.length - items.length - left.length,
    EdgeItemsLeftToTtl: left.length,
    ...(pacing.monthlyItems > 0 && { EdgeBudgetUsed: 100 * (used + items.length / pacing.monthlyItems) }),
  });
}

async function itemsOfMonth(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ items: number }>(
    "SELECT items FROM cachement.edge_month WHERE month = date_trunc('month', now() AT TIME ZONE 'UTC')",
  );
  return rows[0]?.items ?? 0;
}

/** The ledger says of a purge that it was left to its TTL; one whose batch is empty is complete with that. */
async function leaveToTtl(client: PoolClient, batchId: string, left: readonly string[], done: boolean): Promise<void> {
  await client.query(
    `UPDATE cachement.purge SET left_to_ttl = true, completed_at = CASE WHEN $3 THEN clock_timestamp() ELSE completed_at END
     WHERE purge_id IN (SELECT purge_id FROM cachement.edge_batch_purge WHERE batch_id = $1)
       AND (paths && $2 OR ARRAY(SELECT '#' || tag FROM unnest(tags) AS tag) && $2)`,
    [batchId, left, done],
  );
  if (!done) return;
  await client.query(
    'DELETE FROM cachement.outbox WHERE purge_id IN (SELECT purge_id FROM cachement.edge_batch_purge WHERE batch_id = $1)',
    [batchId],
  );
}
