import * as path from 'node:path';
import { loadConsumption } from '../../examples/iot/devices';
import { round } from '../support/benchmark';
import { remote, withChildren } from '../support/child';
import { batchOf, computedTwice, DEVICES, deviceOf, Oracle, READINGS } from './iot/plan';
import type { methods } from './iot/worker';
import { tiersOf } from './runner/tiers';
import type { Scenario, ScenarioRun } from './scenario';

const EVENTS = 1_000_000;
const ROWS = 2_000_000;
const PROCESSES = 4;
const CONCURRENCY = 8;
/** Time between two refreshes of the view, and for which it is refreshed and read. */
const EVERY_SECONDS = 15;
const VIEW_SECONDS = 120;
const HOUR_MS = 3_600_000;

export const scenario: Scenario = {
  name: 'iot',
  what: `1,000,000 readings of ${DEVICES} devices from ${PROCESSES} processes with the example's code, in batches of ${READINGS}: disordered, 5 % late, 1 % twice; 50 devices and 24 hours beside it; a view over 2,000,000 rows that every process refreshes`,
  bars: [
    { figure: 'aggregatesWrong', what: 'hours of a device whose count, sum, least or greatest value is wrong', atMost: 0 },
    { figure: 'historyWrong', what: 'hours of the database that are wrong', atMost: 0 },
    { figure: 'ranksWrong', what: "members of a day's board with a wrong score or place", atMost: 0 },
    { figure: 'uniquesErrorPercent', what: 'error of the estimate of different devices', atMost: 2 },
    {
      figure: 'dashboardVsQuery',
      what: "time of the view's query, by that of a read of the view from the shared tier",
      atLeast: 533,
      small: { atLeast: 30 },
    },
    { figure: 'viewComputedTwice', what: 'computations of the view that overlap or come too soon', atMost: 0 },
    { figure: 'viewHits', what: 'reads of the view that computed nothing', atLeast: 0.99 },
    { figure: 'pageUnderLoad.failed', what: "failed answers of a site's page while batches come in", atMost: 0 },
  ],
  data,
  play,
};

/** Hours of devices before those that are measured here. */
async function data({ primary, scale }: ScenarioRun): Promise<void> {
  await primary.query('TRUNCATE device_hours');
  await primary.query(
    `INSERT INTO device_hours (device, metric, at, sum, count, min, max)
    SELECT id, 'energy', date_trunc('hour', now()) - h * interval '1 hour', wh, 60, 0, wh / 30
    FROM devices, generate_series(30, 29 + $1::integer) AS h,
      LATERAL (SELECT 100 + abs(hashtext(id || h)) % 900 AS wh) AS measured`,
    [(ROWS * scale) / DEVICES],
  );
  await primary.query('ANALYZE device_hours');
}

async function play(run: ScenarioRun): Promise<Record<string, unknown>> {
  const { seed, scale, note, primary } = run;
  const tiers = await tiersOf(run, 'iot');
  return withChildren(async (start) => {
    const workers = Array.from({ length: PROCESSES }, () => {
      const child = start(path.join(__dirname, 'iot/worker.ts'), { execArgv: ['--import', 'tsx'] });
      return remote<typeof methods>(child);
    });
    await Promise.all(workers.map((worker) => worker.open(tiers, EVERY_SECONDS)));

    const base = Date.now();
    const batches = (EVENTS * scale) / READINGS;
    const sources = Array.from({ length: 50 }, (_, number) => deviceOf(number * 10));
    const [from, to] = [base - 24 * HOUR_MS, base];
    let done = false;
    const pages = pagesOf(run, () => done);
    const began = performance.now();
    const ingested = await Promise.all(
      workers.map((worker, first) =>
        worker.ingest({ seed, base, first, step: PROCESSES, count: batches / PROCESSES, concurrency: CONCURRENCY }),
      ),
    );
    const seconds = (performance.now() - began) / 1000;
    done = true;
    const dashboards = await pages;
    note(`${EVENTS * scale} readings in ${seconds.toFixed(0)} s`);

    const oracle = new Oracle();
    for (let index = 0; index < batches; index++) oracle.add(batchOf(seed, index, base).batch);
    const judge = workers[0]!;
    const all = Array.from({ length: DEVICES }, (_, number) => deviceOf(number));
    const hours = await judge.hours(all, from, to);
    const days = [...oracle.boards.keys()];
    const boards = await Promise.all(days.map((day) => judge.board(day)));
    const active = await judge.active(from, to);
    // As its schedule does, twice at once.
    await Promise.all(workers.slice(0, 2).map((worker) => worker.writeHours(base)));
    const { rows } = await primary.query(
      `SELECT device, extract(epoch FROM at)::float8 * 1000 AS at, sum, count::float8 AS count, min, max FROM device_hours
      WHERE at > to_timestamp($1::float8 / 1000)`,
      [base - 26 * HOUR_MS],
    );
    const history = new Map<string, typeof rows>(all.map((device) => [device, []]));
    for (const row of rows) history.get(row.device)?.push(row);
    note('compared with what was sent');

    const dashboardMs = await judge.dashboards(sources, from, to, 5);
    const queryMs: number[] = [];
    for (let time = 0; time < 5; time++) {
      const from = performance.now();
      await loadConsumption(primary as never);
      queryMs.push(performance.now() - from);
    }
    note(`the query of the view takes ${Math.round(median(queryMs))} ms`);
    const looked = await Promise.all(
      workers.map((worker, index) =>
        worker.looks({ seconds: Math.max(30, VIEW_SECONDS * scale), everySeconds: EVERY_SECONDS, offsetMs: index * 700 }),
      ),
    );
    const computations = (await Promise.all(workers.map((worker) => worker.computations()))).flat();
    const reads = looked.reduce((sum, each) => sum + each.reads, 0);
    const computedByRefreshes = looked.reduce((sum, { outcomes }) => sum + (outcomes.computed ?? 0), 0);
    const sharedReadMs = looked.flatMap((each) => each.sharedReadMs);
    await callHistory(run);
    const requestMs = await requestsOf(run, '/analytics/consumption', 50);
    return {
      events: EVENTS * scale,
      eventsPerSecond: Math.round((EVENTS * scale) / seconds),
      batchesTwice: ingested.reduce((sum, { again }) => sum + again, 0),
      failures: ingested.reduce((sum, { failures }) => sum + failures, 0),
      hours: [...oracle.hours.values()].reduce((sum, of) => sum + of.size, 0),
      aggregatesWrong: oracle.wrongHours(hours),
      historyWrong: oracle.wrongHours(history),
      ranksWrong: days.reduce((sum, day, index) => sum + oracle.wrongRanks(day, boards[index]!), 0),
      uniques: { estimate: active, true: oracle.active.size },
      uniquesErrorPercent: round((Math.abs(active - oracle.active.size) / oracle.active.size) * 100),
      dashboardOf50Ms: round(median(dashboardMs)),
      pageUnderLoad: dashboards,
      queryMs: Math.round(median(queryMs)),
      viewReadMs: round(median(sharedReadMs)),
      viewRequestMs: round(median(requestMs)),
      dashboardVsQuery: round(median(queryMs) / median(sharedReadMs)),
      viewComputations: computations.length,
      viewComputedTwice: computedTwice(computations, EVERY_SECONDS * 1000),
      viewReads: reads,
      viewHits: round(1 - Math.max(0, computations.length - computedByRefreshes) / reads),
    };
  });
}

/** The dashboard's page, five times a second while batches come in. */
async function pagesOf({ platform, edge }: ScenarioRun, isDone: () => boolean) {
  const times: number[] = [];
  let failed = 0;
  while (!isDone()) {
    const began = performance.now();
    const { status } = await platform.get(`${edge}/dashboard?site=oslo`);
    times.push(performance.now() - began);
    if (status !== 200) failed++;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { count: times.length, failed, p50Ms: Math.round(median(times)), maxMs: Math.round(Math.max(0, ...times)) };
}

/** Calls the function of the schedule, which computes the example's own view. */
async function callHistory({ platform: { lambda, model } }: ScenarioRun): Promise<void> {
  const history = model.resources('AWS::Lambda::Function').find(({ logicalId }) => logicalId.startsWith('History'))!;
  const { FunctionError, Payload } = (await lambda.operations.lambda!.Invoke!.handle(
    { FunctionName: model.attribute(history, 'Arn') },
    {},
  )) as { FunctionError?: string; Payload?: unknown };
  if (FunctionError) throw new Error(`the history function failed: ${Payload}`);
}

/** Milliseconds of requests through every tier, one after the other. */
async function requestsOf({ platform, edge }: ScenarioRun, url: string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    const { status, body } = await platform.get(`${edge}${url}`);
    if (status !== 200) throw new Error(`${url} was answered ${status}: ${body}`);
    times.push(performance.now() - began);
  }
  return times;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
