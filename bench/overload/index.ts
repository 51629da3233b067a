import * as path from 'node:path';
import { clientConfig, startPostgres } from '../../test/support/postgres';
import { startRedisCluster } from '../../test/support/redis-cluster';
import type { Benchmark, BenchmarkContext } from '../support/benchmark';
import { chosen, runCases } from '../support/cases';
import { describe, type Figure, isMissed } from '../support/figures';
import { buildRoles } from '../support/roles';
import { CASES } from './cases';
import { PURGES, purgesBesideBusyProcesses } from './purges';
import { type CaseResult, runCase } from './run-case';

const LOADS_PER_KEY: Figure = { key: 'loadsPerKey', what: 'loads of a burst and its aftermath, for each key', atMost: 1.05 };
const RECOVERED: Figure = {
  key: 'recoveredAfterMs',
  what: 'end of the burst until reads are hits only, in ms',
  atMost: 2000,
};
const BYPASSES: Figure = { key: 'bypassesAfterRecovery', what: 'reads that bypass the shared tier after that', atMost: 0 };

/** `databaseConcurrencyMax` has another bar where there are more processes. */
const figuresOf = ({ databaseConcurrencyBar }: CaseResult): Figure[] => [
  LOADS_PER_KEY,
  { key: 'databaseConcurrencyMax', what: 'loads at one time', atMost: databaseConcurrencyBar },
  RECOVERED,
  BYPASSES,
];

/** Time limit, in milliseconds: cases that haven't begun by then are skipped, and count as missed. */
const LIMIT_MS = 900_000;

const ORDERLY = ['hit', 'miss', 'stale', 'bypass'];

const PARTS = ['bursts', 'purges'] as const;

/**
 * `npm run bench -- overload [--json] [--part PART] [--only case,case]`. Part `bursts`: bursts of reads of cold keys on a healthy
 * cluster, by processes that have half a processor each, or one; where the machine has several, the first is kept free for the
 * servers. Part `purges`: the purge path at 100 changes a second beside two busy processes.
 */
export const benchmark: Benchmark = async (context) => {
  const { options, log } = context;
  const parts = PARTS.filter((part) => part === (options.part ?? part));
  if (parts.length === 0) throw new Error(`'--part' must be one of ${PARTS.join(', ')}, got: '${options.part}'`);
  const missed: string[] = [];
  const result: Record<string, unknown> = {};
  if (parts.includes('bursts')) Object.assign(result, await bursts(context, missed));
  if (parts.includes('purges')) {
    const purges = await purgesBesideBusyProcesses();
    for (const figure of PURGES) {
      if (isMissed(figure, purges[figure.key as keyof typeof purges])) missed.push(`purges: ${figure.key}`);
      log(`${figure.key}: ${figure.what}: ${describe(figure)}`);
    }
    Object.assign(result, purges);
  }
  return { ...result, missed };
};

async function bursts({ options, log }: BenchmarkContext, missed: string[]): Promise<Record<string, unknown>> {
  const cases = chosen(CASES, options.only);
  const roles = buildRoles(path.join(__dirname, 'roles'));
  const cluster = await startRedisCluster();
  const postgres = await startPostgres();
  const results: CaseResult[] = [];
  try {
    const skipped = await runCases(cases, LIMIT_MS, async (each) => {
      const result = await runCase({ cluster, database: clientConfig(postgres), roles }, each);
      results.push(result);
      const own = figuresOf(result).filter((figure) => isMissed(figure, result[figure.key as keyof CaseResult]));
      const lost = Object.keys(result.reads).filter((end) => !ORDERLY.includes(end));
      const bad = [...own.map(({ key }) => key), ...lost];
      missed.push(...bad.map((key) => `${each.name}: ${key}`));
      log(`${bad.length > 0 ? 'MISSED' : 'ok    '}  ${JSON.stringify(result)}`);
    });
    missed.push(...skipped.map((name) => `${name}: skipped`));
  } finally {
    await Promise.all([cluster.dispose(), postgres.dispose()]);
    roles.dispose();
  }
  const worst = (key: 'loadsPerKey' | 'databaseConcurrencyMax' | 'recoveredAfterMs' | 'bypassesAfterRecovery') =>
    Math.max(...results.map((result) => result[key]));
  for (const figure of [LOADS_PER_KEY, RECOVERED, BYPASSES]) log(`${figure.key}: ${figure.what}: ${describe(figure)}`);
  return {
    loadsPerKey: worst('loadsPerKey'),
    databaseConcurrencyMax: worst('databaseConcurrencyMax'),
    recoveredAfterMs: worst('recoveredAfterMs'),
    bypassesAfterRecovery: worst('bypassesAfterRecovery'),
    cases: results,
  };
}
