import { type BenchmarkContext, round } from '../support/benchmark';
import { monotonicMs, sleep } from '../support/time';
import type { PlatformHarness } from './platform-harness';
import { completed } from './storm';
import type { Change } from './writer';

/** Purges of a tag that was purged a second earlier and that had no effect. */
export async function swallowed(harness: PlatformHarness, rounds: number): Promise<number> {
  const [place] = await harness.places(1);
  if (!place) throw new Error('there are no places');
  const path = `/places/${place.id}`;
  let none = 0;
  let before = 2_000_000;
  const changes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await harness.see('edge', path);
    changes.push(before);
    await harness.change(place.id, before++, [`place:${place.id}`]);
    await harness.publish('OutboxKicked');
    await sleep(1_000);
  }
  await completed(harness);
  await sleep(3_000);
  const last = changes.at(-1);
  if ((await harness.see('edge', path))?.get(place.id) !== last) none += 1;
  const { rows } = await harness.administrator.query(
    `SELECT count(*)::integer AS count FROM cachement.purge LEFT JOIN cachement.edge_batch_purge USING (purge_id)
     WHERE tags = ARRAY[$1] AND (batch_id IS NULL OR completed_at IS NULL)`,
    [`place:${place.id}`],
  );
  return none + rows[0].count;
}

/** Highest numbers in progress that the endpoint saw in a burst of tags and wildcards. */
export async function burst(
  harness: PlatformHarness,
  { tags, wildcards }: { readonly tags: number; readonly wildcards: number },
): Promise<{ inProgressMax: number; wildcardsMax: number }> {
  await harness.administrator.query(
    `INSERT INTO cachement.outbox (tags) SELECT array_agg('burst:' || n) FROM generate_series(0, $1 - 1) AS n GROUP BY n / 50`,
    [tags],
  );
  await harness.administrator.query(
    `INSERT INTO cachement.outbox (tags, paths) SELECT '{}', array_agg('/burst/' || n || '/*') FROM generate_series(0, $1 - 1) AS n GROUP BY n / 10`,
    [wildcards],
  );
  await harness.publish('OutboxKicked');
  await completed(harness);
  const { inProgressMax, wildcardsMax } = harness.platform.edge.stats();
  return { inProgressMax, wildcardsMax };
}

/** Savings by a coalescing window. */
export interface Coalesced {
  /** Share of the items that needn't be paid. */
  readonly coalescing: number;
  /** Tags of all changes: what would be paid if each purge went to the edge by itself. */
  readonly coalescingItemsAsked: number;
  readonly coalescingItemsPaid: number;
  /** Duration of the changes: on a machine that is too slow for them, longer than planned. */
  readonly coalescingSeconds: number;
  readonly coalescingBatches: number;
}

/** Measures what a window saves when many changes hit few places, each with the tags that the sample's own writer gives it. */
export async function coalescing(
  harness: PlatformHarness,
  options: { readonly changes: number; readonly places: number; readonly seconds: number },
  { log }: Pick<BenchmarkContext, 'log'>,
): Promise<Coalesced> {
  const places = await harness.places(options.places);
  const writer = await harness.writer();
  const batches = async (): Promise<number> =>
    (await harness.administrator.query('SELECT count(*)::integer AS count FROM cachement.edge_batch')).rows[0].count;
  const [itemsBefore, batchesBefore] = [harness.platform.edge.stats().acceptedItems, await batches()];
  const changes = Array.from({ length: options.changes }, (_, n): Change => {
    const { id, country } = places[n % places.length] as { id: number; country: string };
    return { id, population: 3_000_000 + n, tags: [`place:${id}`, `country:${country.toLowerCase()}`] };
  });
  const started = monotonicMs();
  await writer.call('changes', changes, options.changes / options.seconds);
  const coalescingSeconds = round((monotonicMs() - started) / 1000);
  log(`coalescing: ${options.changes} changes in ${coalescingSeconds} s`);
  await completed(harness);
  const asked = changes.reduce((sum, { tags }) => sum + tags.length, 0);
  const paid = harness.platform.edge.stats().acceptedItems - itemsBefore;
  return {
    coalescing: round(1 - paid / asked),
    coalescingItemsAsked: asked,
    coalescingItemsPaid: paid,
    coalescingSeconds,
    coalescingBatches: (await batches()) - batchesBefore,
  };
}
