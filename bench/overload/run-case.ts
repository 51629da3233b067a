import Redis from 'ioredis';
import type { ClientConfig } from 'pg';
import type { RedisCluster } from '../../test/support/redis-cluster';
import { withChildren } from '../support/child';
import { halveProcessor, keepOffFirstProcessor } from '../support/cpu-share';
import type { Roles } from '../support/roles';
import { monotonicMs } from '../support/time';
import type { Case } from './cases';
import type { BurstResult, ReaderOptions, Recovery } from './roles/reader';

/** Testbed of the bursts. */
export interface Testbed {
  readonly cluster: RedisCluster;
  readonly database: ClientConfig;
  readonly roles: Roles;
}

/** Figures of one burst. */
export interface CaseResult {
  readonly case: string;
  readonly keys: number;
  readonly processes: number;
  readonly burstMs: number;
  /** Loads from the burst's begin to the end of what is watched, divided by the keys. */
  readonly loadsPerKey: number;
  /** The most loads that ran at one time, in all processes together. */
  readonly databaseConcurrencyMax: number;
  /** The sum of all processes' `fallbackConcurrency`. */
  readonly databaseConcurrencyBar: number;
  /** Time from the last read of the burst until the last process began a pass of hits only; the limit if one never did. */
  readonly recoveredAfterMs: number;
  readonly bypassesAfterRecovery: number;
  readonly reads: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
}

const FALLBACK_CONCURRENCY = 8;
/** Connections of a process: with 8 processes just below PostgreSQL's default limit of 100. */
const POOL_SIZE = FALLBACK_CONCURRENCY + 3;
/**
 * A burst takes as long as loads of which so many may run at once need, whatever that is on this machine: its length isn't what
 * is judged. One that isn't over by then has reads that don't end.
 */
const BURST_LIMIT_MS = 240_000;
const RECOVERY_LIMIT_MS = 4000;
const WATCH_MS = 1000;
/** Time between the order and the burst, in which it reaches every process, in milliseconds. */
const START_MS = 300;

export async function runCase(testbed: Testbed, burst: Case): Promise<CaseResult> {
  const { cluster, database, roles } = testbed;
  const { name, processes, readersPerKey, valueBytes, watched, watchedAtOnce } = burst;
  await emptyCluster(cluster);
  return withChildren(async (start) => {
    const readers = Array.from({ length: processes }, () => start(roles.file('reader')));
    const options: ReaderOptions = {
      place: cluster.place,
      namespace: name,
      database,
      poolSize: POOL_SIZE,
      fallbackConcurrency: FALLBACK_CONCURRENCY,
      valueBytes,
    };
    const warm = Array.from({ length: 10 }, (_, i) => `warm-${i}`);
    await Promise.all(readers.map((reader) => reader.call('open', options, warm)));
    const pids = readers.map(({ pid }) => pid);
    keepOffFirstProcessor(pids);
    const endShare = burst.cpu === 'half' ? halveProcessor(pids) : () => {};
    try {
      const keys = Array.from({ length: burst.keys }, (_, i) => `key-${i}`);
      const at = monotonicMs() + START_MS;
      const shares = readers.map((_, process) => keys.filter((_, i) => (i + process) % processes < readersPerKey));
      const bursts = await Promise.all(
        readers.map((reader, process) => reader.call<BurstResult>('burst', shares[process], at, BURST_LIMIT_MS)),
      );
      const endedAt = Math.max(...bursts.map((result) => result.endedAt));
      const recoveries = await Promise.all(
        readers.map((reader, process) => {
          const own = spread(shares[process] as string[], watched, process);
          return reader.call<Recovery>('recover', own, watchedAtOnce, RECOVERY_LIMIT_MS, WATCH_MS);
        }),
      );
      const loads = (await Promise.all(readers.map((reader) => reader.call<number[]>('loads')))).flatMap(pairs);
      const recovered = recoveries.map(({ recoveredAt }) => recoveredAt ?? endedAt + RECOVERY_LIMIT_MS);
      return {
        case: name,
        keys: burst.keys,
        processes,
        burstMs: Math.round(endedAt - at),
        loadsPerKey: loads.length / burst.keys,
        databaseConcurrencyMax: mostAtOnce(loads),
        databaseConcurrencyBar: processes * FALLBACK_CONCURRENCY,
        recoveredAfterMs: Math.max(0, Math.round(Math.max(...recovered) - endedAt)),
        bypassesAfterRecovery: recoveries.reduce((sum, { bypasses }) => sum + bypasses, 0),
        reads: bursts.map(({ reads }) => reads).reduce(added, {}),
        reasons: bursts.map(({ reasons }) => reasons).reduce(added, {}),
      };
    } finally {
      endShare();
    }
  });
}

/** Removes the entries of earlier bursts, which would be evicted during the next one. */
async function emptyCluster({ engines }: RedisCluster): Promise<void> {
  const masters = (await engines.processes()).filter(({ role }) => role === 'primary');
  for (const { name } of masters) {
    const client = new Redis(engines.cacheAdministrator(name));
    await client.flushall();
    client.disconnect();
  }
}

/** Picks evenly spaced keys, others for each process. */
function spread(keys: readonly string[], count: number, process: number): string[] {
  const step = Math.max(1, Math.floor(keys.length / count));
  return keys.filter((_, i) => i % step === process % step).slice(0, count);
}

const pairs = (times: readonly number[]): [number, number][] =>
  times.flatMap((time, i) => (i % 2 === 0 ? [[time, times[i + 1] as number] as [number, number]] : []));

function mostAtOnce(spans: readonly (readonly [number, number])[]): number {
  const changes = spans.flatMap(([began, ended]) => [[began, 1] as const, [ended, -1] as const]);
  // One that ends when another begins isn't beside it.
  changes.sort(([a, first], [b, second]) => a - b || first - second);
  let now = 0;
  let most = 0;
  for (const [, change] of changes) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

function added(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}
