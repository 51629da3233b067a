import { type BenchmarkContext, percentile, round } from '../support/benchmark';
import { monotonicMs, sleep } from '../support/time';
import type { PlatformHarness } from './platform-harness';
import { completed } from './storm';
import type { Change, Made } from './writer';

/** Warm-up before changes are counted, in seconds: connections are made, and every function has its environments. */
const WARM_UP_SECONDS = 5;

/**
 * Time from the commit until the shared tier has acknowledged the purge of the writer or of the pipeline, whichever was first.
 */
export async function commitToShared(
  harness: PlatformHarness,
  { seconds, perSecond }: { readonly seconds: number; readonly perSecond: number },
): Promise<Record<'commitToSharedP50Ms' | 'commitToSharedP99Ms' | 'pipelineToSharedP99Ms' | 'writerPurged', number>> {
  const places = await harness.places(200);
  const writer = await harness.writer();
  const changes = (count: number, population: number): Change[] =>
    Array.from({ length: count }, (_, n) => {
      const { id, country } = places[n % places.length] as { id: number; country: string };
      return { id, population: population + n, tags: [`place:${id}`, `country:${country.toLowerCase()}`] };
    });
  await writer.call('changes', changes(WARM_UP_SECONDS * perSecond, 4_000_000), perSecond);
  const made = await writer.call<Made[]>('changes', changes(seconds * perSecond, 4_500_000), perSecond);
  await completed(harness);
  const { rows } = await harness.administrator.query<{ purge_id: string; ms: number }>(
    `SELECT purge_id, extract(epoch FROM s.at - p.committed_at)::float8 * 1000 AS ms FROM cachement.purge AS p
     JOIN cachement.purge_step AS s USING (purge_id) WHERE s.step = 'shared' AND purge_id = ANY($1)`,
    [made.map(({ purgeId }) => purgeId)],
  );
  const pipeline = new Map(rows.map(({ purge_id, ms }) => [purge_id, ms]));
  const took = made.map(({ purgeId, committedAt, sharedPurgedAt = Number.POSITIVE_INFINITY }) =>
    Math.min(sharedPurgedAt - committedAt, pipeline.get(purgeId) ?? Number.POSITIVE_INFINITY),
  );
  return {
    commitToSharedP50Ms: round(percentile(took, 50)),
    commitToSharedP99Ms: round(percentile(took, 99)),
    pipelineToSharedP99Ms: round(percentile([...pipeline.values()], 99)),
    writerPurged: made.filter(({ sharedPurgedAt }) => sharedPurgedAt !== undefined).length / made.length,
  };
}

/** Time between two looks at the edge, in milliseconds; what is measured is too large by half of it. */
const LOOK_EVERY_MS = 20;

/** Time from the commit until the edge has the new value, less the drain; the services' own delays are switched off. */
export async function overheadToEdge(
  harness: PlatformHarness,
  changes: number,
  { log }: Pick<BenchmarkContext, 'log'>,
): Promise<{ overheadToEdgeP50Ms: number; overheadToEdgeP99Ms: number }> {
  const drainMs = 1000 * Number(harness.variable('PurgeInvalidator', 'DRAIN_SECONDS'));
  const places = await harness.places(changes);
  const writer = await harness.writer();
  const overheads: number[] = [];
  let population = 5_000_000;
  const one = async (id: number): Promise<void> => {
    const path = `/places/${id}`;
    const expected = population++;
    await harness.see('edge', path);
    const change: Change = { id, population: expected, tags: [`place:${id}`] };
    const { committedAt } = await writer.call<Made>('change', change);
    await sleep(drainMs - (monotonicMs() - committedAt));
    while ((await harness.see('edge', path))?.get(id) !== expected) {
      if (monotonicMs() - committedAt > 60_000) throw new Error(`the edge never showed ${expected}`);
      await sleep(LOOK_EVERY_MS);
    }
    overheads.push(monotonicMs() - committedAt - drainMs);
  };
  const all = async (count: number): Promise<void> => {
    const running: Promise<void>[] = [];
    for (const { id } of places.slice(0, count)) {
      running.push(one(id));
      await sleep(1_000);
    }
    await Promise.all(running);
  };
  // The first ones meet cold functions.
  await all(Math.min(WARM_UP_SECONDS, changes));
  overheads.length = 0;
  await all(changes);
  await completed(harness);
  log(`overhead: ${overheads.map(Math.round).join(' ')}`);
  return { overheadToEdgeP50Ms: round(percentile(overheads, 50)), overheadToEdgeP99Ms: round(percentile(overheads, 99)) };
}
