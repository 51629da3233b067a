import { Cache, PostgresVersions, RedisStore } from '../../lambdas/runtime';
import { createBus } from '../../lambdas/runtime/bus';
import { transaction } from '../../lambdas/runtime/database';
import { requestPurge } from '../../lambdas/runtime/purge/outbox';
import { afterCommit } from '../../lambdas/runtime/purge/purge-path';
import { type BenchmarkContext, percentile, round } from '../support/benchmark';
import { caOf, type Fleet, secretOf, sleep } from './fleet';
import { completed } from './storm';

/** From the commit until the shared tier has acknowledged, as a writer with the library sees it, and as the ledger says of the pipeline. */
export async function commitToShared(
  fleet: Fleet,
  { seconds, perSecond }: { readonly seconds: number; readonly perSecond: number },
): Promise<{ commitToSharedP99Ms: number; pipelineToSharedP99Ms: number }> {
  const store = new RedisStore({
    endpoint: fleet.variable('FunctionsWriter', 'SHARED_ENDPOINT'),
    namespace: fleet.variable('FunctionsWriter', 'CACHE_NAMESPACE'),
    credentials: () => secretOf(fleet.platform, 'SHARED_SECRET_ARN', 'FunctionsWriter'),
    tls: { ca: caOf(fleet.platform) },
  });
  const cache = new Cache({ source: new PostgresVersions({ writer: fleet.writer.writer, readers: [] }), shared: store });
  process.env.AWS_ENDPOINT_URL = fleet.platform.urls.endpoint;
  process.env.AWS_REGION = 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID = 'operator';
  process.env.AWS_SECRET_ACCESS_KEY = 'operator';
  const bus = createBus({ name: fleet.variable('PurgeRelay', 'BUS_NAME') });
  const places = await fleet.places(200);
  const took = new Map<string, number>();
  const changeAt = async (n: number): Promise<void> => {
    const { id } = places[n % places.length] as { id: number };
    const tags = [`place:${id}`];
    const purgeId = await transaction(fleet.writer.writer, async (client) => {
      await client.query('UPDATE places SET population = $2 WHERE id = $1', [id, 4_000_000 + n]);
      return requestPurge(client, tags);
    });
    const committedAt = performance.now();
    const shared = {
      purgeTags: async (names: string[], options: Parameters<typeof cache.purgeTags>[1]) => {
        await cache.purgeTags(names, options);
        took.set(purgeId, performance.now() - committedAt);
      },
    };
    await afterCommit({ primary: fleet.writer.writer, bus, shared }, purgeId, tags);
  };
  // Connections, and cold functions.
  for (let n = 0; n < 5; n++) await changeAt(n);
  await sleep(3_000);
  took.clear();
  await fleet.administrator.query('CREATE TABLE IF NOT EXISTS measured AS SELECT clock_timestamp() AS at');
  const started = performance.now();
  const changes: Promise<void>[] = [];
  for (let n = 0; n < seconds * perSecond; n++) {
    const ahead = started + (n * 1000) / perSecond - performance.now();
    if (ahead > 0) await sleep(ahead);
    changes.push(changeAt(n));
  }
  await Promise.all(changes);
  await completed(fleet);
  await store.close();
  const { rows } = await fleet.administrator.query(
    `SELECT purge_id, extract(epoch FROM s.at - p.committed_at)::float8 * 1000 AS ms FROM cachement.purge AS p
     JOIN cachement.purge_step AS s USING (purge_id) WHERE s.step = 'shared' AND p.committed_at > (SELECT at FROM measured)`,
  );
  const pipeline = rows.map(({ ms }) => ms as number);
  // Whoever was first: the writer's own attempt is there for speed, the pipeline for certainty.
  const first = rows.map(({ purge_id, ms }) => Math.min(ms, took.get(purge_id) ?? ms));
  return { commitToSharedP99Ms: round(percentile(first, 99)), pipelineToSharedP99Ms: round(percentile(pipeline, 99)) };
}

/** From the commit until the edge has the new value, less the drain; the services' own delays are switched off. */
export async function overheadToEdge(
  fleet: Fleet,
  changes: number,
  { say }: Pick<BenchmarkContext, 'say'>,
): Promise<{ overheadToEdgeP50Ms: number; overheadToEdgeP99Ms: number }> {
  const settleMs = 1000 * Number(fleet.variable('PurgeInvalidator', 'SETTLE_SECONDS'));
  const places = await fleet.places(changes);
  const overheads: number[] = [];
  const one = async (id: number, n: number): Promise<void> => {
    const path = `/places/${id}`;
    await fleet.see('edge', path);
    const committedAt = await fleet.change(id, 5_000_000 + n, [`place:${id}`]);
    await fleet.publish('OutboxKicked');
    await sleep(settleMs);
    while ((await fleet.see('edge', path))?.get(id) !== 5_000_000 + n) {
      if (Date.now() - committedAt > 60_000) throw new Error(`the edge never showed change ${n}`);
      await sleep(10);
    }
    overheads.push(Date.now() - committedAt - settleMs);
  };
  // The first ones meet cold functions.
  await one(places[0]?.id as number, 0);
  overheads.length = 0;
  const running: Promise<void>[] = [];
  for (const [n, { id }] of places.entries()) {
    running.push(one(id, n + 1));
    await sleep(1_000);
  }
  await Promise.all(running);
  await completed(fleet);
  say(`overhead: ${overheads.map(Math.round).join(' ')}`);
  return { overheadToEdgeP50Ms: round(percentile(overheads, 50)), overheadToEdgeP99Ms: round(percentile(overheads, 99)) };
}
