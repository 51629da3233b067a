import type { PoolClient } from 'pg';
import type { LedgerPurge } from './ledger';

/**
 * Items of one batch. CloudFront takes 3000 in progress; a tag has at most 256 characters, and the batch must fit into one event of
 * 256 KiB.
 */
const MAX_ITEMS = 500;

/** An invalidation item that names a tag. @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html */
const tagItem = (tag: string): string => `#${tag}`;

/**
 * Joins purges to the batch that is open, and seals it when its time has come. What is in a sealed batch never changes, so that it can be
 * sent any number of times under one reference.
 *
 * @param windowSeconds for how long a batch stays open to other purges; 0 seals it at once.
 * @returns the outbox rows that are to be sent.
 */
export async function joinEdgeBatch(
  client: PoolClient,
  purges: readonly LedgerPurge[],
  windowSeconds: number,
): Promise<string[]> {
  const outboxIds: string[] = [];
  for (const group of groups(purges)) {
    const batchId = await openBatch(client);
    await client.query(
      'INSERT INTO cachement.edge_batch_item (batch_id, item) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
      [batchId, [...new Set(group.flatMap(({ tags }) => tags.map(tagItem)))]],
    );
    await client.query('INSERT INTO cachement.edge_batch_purge (batch_id, purge_id) SELECT $1, unnest($2::uuid[])', [
      batchId,
      group.map(({ purgeId }) => purgeId),
    ]);
    outboxIds.push(...(await sealBatches(client, windowSeconds)));
  }
  return outboxIds;
}

/** Seals the open batch where its window is over or it is full. @returns the outbox rows that are to be sent. */
async function sealBatches(client: PoolClient, windowSeconds: number): Promise<string[]> {
  const { rows } = await client.query<{ outbox_id: string }>(
    `WITH sealed AS (
       UPDATE cachement.edge_batch AS b SET sealed_at = clock_timestamp()
       WHERE sealed_at IS NULL AND (
         opened_at + make_interval(secs => $1) <= clock_timestamp()
         OR (SELECT count(*) FROM cachement.edge_batch_item AS i WHERE i.batch_id = b.batch_id) >= $2)
       RETURNING batch_id
     )
     INSERT INTO cachement.outbox (purge_id, batch_id) SELECT NULL, batch_id FROM sealed RETURNING outbox_id`,
    [windowSeconds, MAX_ITEMS],
  );
  return rows.map((row) => row.outbox_id);
}

/** The open batch, locked; there is one at most, so that concurrent transactions take turns here. */
async function openBatch(client: PoolClient): Promise<string> {
  for (;;) {
    await client.query('INSERT INTO cachement.edge_batch DEFAULT VALUES ON CONFLICT ((true)) WHERE sealed_at IS NULL DO NOTHING');
    const { rows } = await client.query<{ batch_id: string }>(
      'SELECT batch_id FROM cachement.edge_batch WHERE sealed_at IS NULL FOR UPDATE',
    );
    // None where somebody sealed it between the two statements.
    if (rows[0]) return rows[0].batch_id;
  }
}

/** Splits purges so that no group has more items than a batch takes; one purge has far fewer. */
function groups(purges: readonly LedgerPurge[]): LedgerPurge[][] {
  const result: LedgerPurge[][] = [];
  let items = new Set<string>();
  for (const purge of purges) {
    const joined = new Set([...items, ...purge.tags]);
    const last = result.at(-1);
    if (last && joined.size <= MAX_ITEMS) {
      last.push(purge);
      items = joined;
    } else {
      result.push([purge]);
      items = new Set(purge.tags);
    }
  }
  return result;
}
