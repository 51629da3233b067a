import type { BenchmarkContext } from '../support/benchmark';
import type { Fleet } from './fleet';
import { completed } from './storm';
import { sleep } from './time';

/** Purges of a tag that was purged a second earlier and that had no effect. */
export async function swallowed(fleet: Fleet, rounds: number): Promise<number> {
  const [place] = await fleet.places(1);
  if (!place) throw new Error('there are no places');
  const path = `/places/${place.id}`;
  let none = 0;
  let before = 2_000_000;
  const changes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await fleet.see('edge', path);
    changes.push(before);
    await fleet.change(place.id, before++, [`place:${place.id}`]);
    await fleet.publish('OutboxKicked');
    await sleep(1_000);
  }
  await completed(fleet);
  await sleep(3_000);
  const last = changes.at(-1);
  if ((await fleet.see('edge', path))?.get(place.id) !== last) none += 1;
  const { rows } = await fleet.administrator.query(
    `SELECT count(*)::integer AS count FROM cachement.purge LEFT JOIN cachement.edge_batch_purge USING (purge_id)
     WHERE tags = ARRAY[$1] AND (batch_id IS NULL OR completed_at IS NULL)`,
    [`place:${place.id}`],
  );
  return none + rows[0].count;
}

/** Highest numbers in progress that the endpoint saw in a burst of tags and wildcards. */
export async function burst(
  fleet: Fleet,
  { tags, wildcards }: { readonly tags: number; readonly wildcards: number },
): Promise<{ inProgressMax: number; wildcardsMax: number }> {
  await fleet.administrator.query(
    `INSERT INTO cachement.outbox (tags) SELECT array_agg('burst:' || n) FROM generate_series(0, $1 - 1) AS n GROUP BY n / 50`,
    [tags],
  );
  await fleet.administrator.query(
    `INSERT INTO cachement.outbox (tags, paths) SELECT '{}', array_agg('/burst/' || n || '/*') FROM generate_series(0, $1 - 1) AS n GROUP BY n / 10`,
    [wildcards],
  );
  await fleet.publish('OutboxKicked');
  await completed(fleet);
  const { inProgressMax, wildcardsMax } = fleet.platform.edge.stats();
  return { inProgressMax, wildcardsMax };
}

/** Share of the edge's items that a window saves when many changes hit few places. */
export async function coalescing(
  fleet: Fleet,
  options: { readonly changes: number; readonly places: number; readonly seconds: number },
  { say }: Pick<BenchmarkContext, 'say'>,
): Promise<number> {
  const places = await fleet.places(options.places);
  const before = fleet.platform.edge.stats().acceptedItems;
  const started = Date.now();
  for (let n = 0; n < options.changes; n++) {
    const { id } = places[n % places.length] as { id: number };
    await fleet.change(id, 3_000_000 + n, [`place:${id}`]);
    if (n % 20 === 0) await fleet.publish('OutboxKicked');
    const ahead = started + (n * options.seconds * 1000) / options.changes - Date.now();
    if (ahead > 0) await sleep(ahead);
  }
  say(`coalescing: ${options.changes} changes in ${Math.round((Date.now() - started) / 1000)} s`);
  await completed(fleet);
  const items = fleet.platform.edge.stats().acceptedItems - before;
  say(`coalescing: ${items} items`);
  return 1 - items / options.changes;
}
