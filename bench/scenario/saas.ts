import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resource } from '../../examples/saas/routes';
import { round } from '../support/benchmark';
import { remote, withChildren } from '../support/child';
import { tiersOf } from './runner/tiers';
import { type Answered, allowed, exceeded, limitKeys, overBudget, UPSTREAMS } from './saas/plan';
import type { Answers, methods } from './saas/worker';
import type { Scenario, ScenarioRun } from './scenario';

const REQUESTS = 300_000;
const PROCESSES = 4;
const TWICE = 0.1;
const CHANGES = 100;
/** Questions to each upstream a second, and the lives of an answer for which they are asked. */
const ASKS_PER_SECOND = 20;
const LIVES = 10;
/** Every so many calls of an upstream are answered by 429. */
const REFUSED_EVERY = 6;

const { requests: LIMIT, windowSeconds } = resource.limit!;

export const scenario: Scenario = {
  name: 'saas',
  what: `300,000 requests of 200 tenants from ${PROCESSES} processes with the example's code, a tenth of the tenants at five times their limit; each counted, 10 % twice; ${CHANGES} changes of settings; upstreams asked ${ASKS_PER_SECOND} times a second for ${LIVES} lives of an answer`,
  bars: [
    { figure: 'limitExceeded', what: 'windows in which more than the limit was admitted', atMost: 0 },
    {
      figure: 'admittedOfLimit',
      what: 'admitted of those who asked for more, by what the limit allows of their requests',
      atLeast: 0.9,
    },
    { figure: 'billedVsTrue', what: 'units of the bill, by requests that were answered', atLeast: 1, atMost: 1 },
    {
      figure: 'upstreamCallsSaved',
      what: 'answered questions that neither of two upstreams was called for',
      atLeast: 0.99,
      small: { atLeast: 0.97 },
    },
    {
      figure: 'upstreamAnswered',
      what: 'questions to those two that got an answer, fresh or stale',
      atLeast: 0.99,
    },
    { figure: 'budgetExceeded', what: "calls beyond an upstream's budget of a minute", atMost: 0 },
    { figure: 'failed', what: 'requests that were answered neither 200 nor 429', atMost: 0 },
  ],
  data: async ({ primary }) => {
    // Quotas of a day are beside the limits that are measured here.
    await primary.query('UPDATE plans SET requests_per_day = 1000000000');
  },
  play,
};

async function play(run: ScenarioRun): Promise<Record<string, unknown>> {
  const { scale, seed, note } = run;
  const tiers = await tiersOf(run, 'saas');
  const upstream = await startUpstream();
  try {
    return await withChildren(async (start) => {
      const workers = Array.from({ length: PROCESSES }, () => {
        const child = start(path.join(__dirname, 'saas/worker.ts'), { execArgv: ['--import', 'tsx'] });
        return remote<typeof methods>(child);
      });
      await Promise.all(workers.map((worker) => worker.open(tiers)));
      note(`${PROCESSES} processes have the example's code and its tiers`);

      const perSecond = (limitKeys().load * LIMIT) / windowSeconds;
      const count = (REQUESTS * scale) / PROCESSES;
      const began = performance.now();
      const asked = Promise.all(
        workers.map((worker, index) =>
          worker.requests({ seed: seed * 100 + index * 10, perSecond: perSecond / PROCESSES, count, twice: TWICE }),
        ),
      );
      const asksCount = (ASKS_PER_SECOND * LIVES * UPSTREAMS[0]!.ttlSeconds * scale) / PROCESSES;
      const told = Promise.all(
        workers.map((worker, index) =>
          worker.asks({
            url: upstream.url,
            perSecond: ASKS_PER_SECOND / PROCESSES,
            count: asksCount,
            seed: seed * 1000 + index * 10,
          }),
        ),
      );
      const configSeenMs = await changesSettings(run, workers);
      const answers = await told;
      note('upstreams were asked');
      const results = await asked;
      const seconds = (performance.now() - began) / 1000;
      note(`${REQUESTS * scale} requests in ${seconds.toFixed(0)} s`);

      // As its schedule does, twice at once.
      await Promise.all(workers.slice(0, 2).map((worker) => worker.flush()));
      const { rows } = await run.primary.query(
        `SELECT coalesce(sum(units), 0)::float8 AS units FROM usage_hours WHERE name = 'api'`,
      );
      const answeredBy = byKey(results.map(({ journal }) => journal));
      const admitted = new Map([...answeredBy].map(([key, of]) => [key, of.filter((each) => each.admitted)]));
      const sizeOf = (of: ReadonlyMap<number, readonly Answered[]>) =>
        [...of.values()].reduce((sum, { length }) => sum + length, 0);
      const [all, granted] = [sizeOf(answeredBy), sizeOf(admitted)];
      const total = (value: (result: (typeof results)[number]) => number) => results.reduce((sum, each) => sum + value(each), 0);
      // One that nobody could answer has saved nothing.
      const valuesOf = (which: number) => answers.reduce((sum, of) => sum + of[which]!.values, 0);
      const questions = valuesOf(0) + valuesOf(1);
      const calls = (name: string) => upstream.calls.get(name)?.length ?? 0;
      return {
        requests: REQUESTS * scale,
        perSecond: Math.round((REQUESTS * scale) / seconds),
        perSecondPlanned: Math.round(perSecond),
        admitted: granted,
        denied: all - granted,
        failed: total(({ failed }) => failed),
        countedTwice: total(({ repeated }) => repeated),
        limitExceeded: [...admitted.values()].reduce((sum, of) => sum + exceeded(of, LIMIT, windowSeconds * 1000), 0),
        admittedOfLimit: round(admittedOfLimit(answeredBy)),
        billed: rows[0].units,
        billedVsTrue: rows[0].units / granted,
        configChanges: configSeenMs.length / PROCESSES,
        configSeenP50Ms: Math.round(percentile(configSeenMs, 0.5)),
        configSeenP99Ms: Math.round(percentile(configSeenMs, 0.99)),
        upstreamQuestions: questions,
        upstreamCalls: calls('weather') + calls('exchange'),
        upstreamRefusals: upstream.refused(),
        upstreamCallsSaved: round(1 - (calls('weather') + calls('exchange')) / questions),
        upstreamAnswered: round(questions / (2 * asksCount * PROCESSES)),
        scarceCalls: calls('scarce'),
        scarceAnswered: round(valuesOf(2) / (asksCount * PROCESSES)),
        upstreamUnavailable: unavailable(answers),
        budgetExceeded: UPSTREAMS.reduce(
          (sum, { name, calls: budget }) => sum + (budget ? overBudget(upstream.calls.get(name) ?? [], budget) : 0),
          0,
        ),
      };
    });
  } finally {
    upstream.close();
  }
}

/** The least that a limit admitted of what it allows, of those limits that were to be asked for more. */
function admittedOfLimit(answered: ReadonlyMap<number, readonly Answered[]>): number {
  const endsAt = [...answered.values()].flat().reduce((last, { sent }) => Math.max(last, sent), 0);
  return Math.min(
    ...limitKeys()
      .saturated()
      .map((key) => {
        const of = answered.get(key) ?? [];
        const times = of.map(({ sent }) => sent);
        return of.filter(({ admitted }) => admitted).length / allowed(times, LIMIT, windowSeconds * 1000, endsAt);
      }),
  );
}

function byKey(journals: readonly Float64Array[]): Map<number, Answered[]> {
  const found = new Map<number, Answered[]>();
  for (const journal of journals) {
    for (let at = 0; at < journal.length; at += 4) {
      const [key, sent, answered, admitted] = journal.subarray(at, at + 4) as unknown as [number, number, number, number];
      const of = found.get(key) ?? [];
      found.set(key, of);
      of.push({ sent, answered, admitted: admitted === 1 });
    }
  }
  return found;
}

/** Changes settings by the API. @returns the time until each process has seen each change, from its answer on. */
async function changesSettings(
  { platform, edge, scale }: ScenarioRun,
  workers: readonly { sees(what: { tenant: string; theme: string }): Promise<number> }[],
): Promise<number[]> {
  const seen: number[] = [];
  for (let change = 0; change < CHANGES * scale; change++) {
    const tenant = `tenant-${1 + (change % 200)}`;
    const theme = `theme-${change}`;
    const { status, body } = await platform.request(`${edge}/tenants/${tenant}/config`, { method: 'PUT', body: { theme } });
    if (status !== 200) throw new Error(`the change of ${tenant} was answered ${status}: ${body}`);
    const answered = performance.timeOrigin + performance.now();
    const times = await Promise.all(workers.map((worker) => worker.sees({ tenant, theme })));
    seen.push(...times.map((time) => Math.max(0, time - answered)));
    await sleep(200);
  }
  return seen;
}

/** Errors of questions, by the upstream and their text. */
function unavailable(answers: readonly (readonly Answers[])[]): Record<string, Record<string, number>> {
  return Object.fromEntries(
    UPSTREAMS.map(({ name }, which) => {
      const texts = new Map<string, number>();
      for (const of of answers)
        for (const [text, count] of of[which]!.unavailable) texts.set(text, (texts.get(text) ?? 0) + count);
      return [name, Object.fromEntries(texts)];
    }),
  );
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Somebody else's APIs, which count who calls them, and refuse some calls. */
async function startUpstream() {
  const calls = new Map<string, number[]>();
  let refused = 0;
  const server = http.createServer((request, response) => {
    const name = request.url!.slice(1);
    const of = calls.get(name) ?? [];
    calls.set(name, of);
    of.push(Date.now());
    if (of.length % REFUSED_EVERY === 0) {
      refused++;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    const maxAge = UPSTREAMS.find((upstream) => upstream.name === name)?.ttlSeconds;
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': `max-age=${maxAge}` });
    response.end(JSON.stringify({ call: of.length }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    refused: () => refused,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
