import * as path from 'node:path';
import { round } from '../../support/benchmark';
import { remote, withChildren } from '../../support/child';
import { tiersOf } from '../runner/tiers';
import type { ScenarioRun } from '../scenario';
import { loadPage, popularityOf } from './data';
import type { methods } from './layers-worker';

const LAYERS = { processes: 4, concurrency: 16, writes: 0.02, products: 1000 };
/** Each part ends after so many requests, or so many seconds; the first one fills the tiers. */
const FILLING = { count: 150_000, seconds: 70 };
const COUNTED = { count: 400_000, seconds: 80 };

/** Pages by whose length memory is measured, and bytes that an entry needs besides its text. */
const SAMPLE = 20;
const BESIDES = 300;

/** Loads of pages by whoever is in the tiers as an administrator, as these processes are, and functions never. */
const LOADS = `SELECT coalesce(sum(calls), 0)::float8 AS calls FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
  WHERE rolsuper AND query ~* 'from reviews'`;

/**
 * The library alone, without outer tiers: which tier answered. Every read that isn't answered by memory is one `GET` of the
 * shared tier, and those that aren't answered there are loads, so that both are counted by the servers.
 */
export async function playLayers(run: ScenarioRun): Promise<Record<string, unknown>> {
  const { primary, standby, scale, seed, note } = run;
  const loads = async () => {
    const servers = primary === standby ? [primary] : [primary, standby];
    const counts = await Promise.all(servers.map((server) => server.query<{ calls: number }>(LOADS)));
    return counts.reduce((sum, { rows }) => sum + rows[0]!.calls, 0);
  };
  const gets = async () => (await run.sharedCommands()).get ?? 0;
  const { processes, concurrency, writes } = LAYERS;
  const tiers = await tiersOf(run, 'layers');
  return withChildren(async (start) => {
    const workers = Array.from({ length: processes }, () =>
      remote<typeof methods>(start(path.join(__dirname, 'layers-worker.ts'), { execArgv: ['--import', 'tsx'] })),
    );
    const popular = popularityOf(run);
    let bytes = 0;
    for (const id of popular.slice(-SAMPLE)) bytes += Buffer.byteLength((await loadPage(primary, String(id))) ?? '');
    const memoryMaxBytes = Math.ceil(LAYERS.products * (bytes / SAMPLE + BESIDES));
    await Promise.all(workers.map((worker) => worker.open({ tiers, memoryMaxBytes, popular })));
    const play = ({ count, seconds }: typeof COUNTED, first: number) =>
      Promise.all(
        workers.map((worker, index) =>
          worker.play({ count: (count * scale) / processes, seconds, concurrency, writes, seed: first + index }),
        ),
      );
    note(`layers: ${processes} processes fill their tiers`);
    await play(FILLING, seed * 100);
    note(`layers: ${COUNTED.count * scale} reads`);
    const [loadsBefore, getsBefore, began] = [await loads(), await gets(), performance.now()];
    const done = await play(COUNTED, seed * 100 + processes);
    const took = (performance.now() - began) / 1000;
    const reads = done.reduce((sum, of) => sum + of.reads, 0);
    const database = ((await loads()) - loadsBefore) / reads;
    const memory = 1 - ((await gets()) - getsBefore) / reads;
    return {
      layers: {
        memory: round(memory),
        shared: round(1 - memory - database),
        database: round(database),
        reads,
        of: Math.round(COUNTED.count * scale * (1 - writes)),
        perSecond: Math.round(reads / took),
      },
    };
  });
}
