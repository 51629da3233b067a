import { setTimeout as sleep } from 'node:timers/promises';
import { loadConsumption, writeHours } from '../../../examples/iot/devices';
import { measurementsOf } from '../../../examples/iot/measurements';
import { MaterializedView } from '../../../lambdas/runtime/patterns/materialized-view';
import type { Point } from '../../../lambdas/runtime/patterns/time-series';
import { serve, tell } from '../../support/serve';
import { openTiers, type Tiers } from '../runner/tiers';
import { batchOf, type Computation } from './plan';

/** Batches of one process: every `step`th from `first` on. */
export interface IngestArgs {
  readonly seed: number;
  readonly base: number;
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly concurrency: number;
}

let opened: ReturnType<typeof open>;
const computations: Computation[] = [];

/** The example's own code with its tiers; of its view the query, computed as often as the scenario says. */
function open(tiers: Tiers, everySeconds: number) {
  const { cache, state, database } = openTiers(tiers);
  const view = new MaterializedView({
    cache,
    name: 'scenario',
    everySeconds,
    keepSeconds: 3600,
    compute: async (handle) => {
      const began = Date.now();
      const rows = await loadConsumption(handle);
      computations.push({ began, ended: Date.now() });
      return rows;
    },
  });
  return { view, database, measurements: measurementsOf(state) };
}

/** Sends batches again where they failed, or are to come twice. @returns how many were sent. */
async function ingest({ seed, base, first, step, count, concurrency }: IngestArgs) {
  let next = 0;
  let [sent, again, failures] = [0, 0, 0];
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) {
        const index = first + step * next++;
        const { batch, twice } = batchOf(seed, index, base);
        for (let left = twice ? 2 : 1; left > 0; ) {
          try {
            await opened.measurements.record(batch);
            sent++;
            left--;
          } catch {
            failures++;
            await sleep(100);
          }
        }
        if (twice) again++;
        if (next % 1000 === 0) tell({ batches: next });
      }
    }),
  );
  return { sent, again, failures };
}

/** Refreshes the view as a schedule does, and by hand; reads it meanwhile, past memory. */
async function looks(args: { readonly seconds: number; readonly everySeconds: number; readonly offsetMs: number }) {
  const end = performance.now() + args.seconds * 1000;
  const outcomes: Record<string, number> = {};
  const refresh = async () => {
    await opened.view.refresh().then(
      (outcome) => {
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      },
      () => {
        outcomes.failed = (outcomes.failed ?? 0) + 1;
      },
    );
  };
  const times: number[] = [];
  let reads = 0;
  await Promise.all([
    (async () => {
      await sleep(args.offsetMs);
      while (performance.now() < end) {
        await Promise.all([refresh(), refresh()]);
        await sleep(args.everySeconds * 1000);
      }
    })(),
    (async () => {
      while (performance.now() < end) {
        await opened.view.get();
        reads++;
        if (reads % 20 === 0) {
          // Memory has forgotten it by then.
          await sleep(1100);
          const from = performance.now();
          await opened.view.get();
          times.push(performance.now() - from);
        }
        await sleep(20);
      }
    })(),
  ]);
  return { outcomes, reads, sharedReadMs: times };
}

const dashboardMs: number[] = [];

export const methods = {
  open: (tiers: Tiers, everySeconds: number) => {
    opened = open(tiers, everySeconds);
  },
  ingest,
  looks,
  computations: () => computations,
  /** A day of devices by hours, again and again. @returns milliseconds of each. */
  async dashboards(sources: string[], from: number, to: number, seconds: number): Promise<number[]> {
    for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(50)) {
      const began = performance.now();
      await opened.measurements.series.query({ sources, metric: 'energy', from, to, resolution: 'hour' });
      dashboardMs.push(performance.now() - began);
    }
    return dashboardMs;
  },
  hours: (sources: string[], from: number, to: number): Promise<Map<string, Point[]>> =>
    opened.measurements.series.query({ sources, metric: 'energy', from, to, resolution: 'hour' }),
  async board(day: string) {
    const of = opened.measurements.board.at(new Date(day));
    const all = [];
    for (let page = await of.page(undefined, { limit: 500 }); ; page = await of.page(page.cursor, { limit: 500 })) {
      all.push(...page.entries);
      if (page.cursor === undefined) return all;
    }
  },
  active: (from: number, to: number) => opened.measurements.series.uniques.count('active', from, to),
  writeHours: (now: number) => writeHours(opened.database.writer, opened.measurements.series, now),
};

serve(methods);
