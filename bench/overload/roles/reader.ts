import { type ClientConfig, Pool } from 'pg';
import { Cache, type Namespace, type Read, RedisStore } from '../../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { type Place, reach } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';
import { monotonicMs, sleep } from '../../support/time';

/** Set-up of a reading process. */
export interface ReaderOptions {
  readonly place: Place;
  readonly namespace: string;
  readonly database: ClientConfig;
  /** More than the cache may use at once, so that the pool isn't what bounds it. */
  readonly poolSize: number;
  readonly fallbackConcurrency: number;
  readonly valueBytes: number;
}

/** Outcome of one process's part in a burst. Times are of the machine's monotonic clock, in milliseconds. */
export interface BurstResult {
  readonly endedAt: number;
  /** Reads by how they ended: an outcome's status, `failed`, `wrong` for another key's value, or `unsettled`. */
  readonly reads: Readonly<Record<string, number>>;
  /** Outcomes' reasons, and messages of errors. */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface Recovery {
  /** When the first pass began in which every read was a hit; undefined where none was within the limit. */
  readonly recoveredAt: number | undefined;
  /** Reads that bypassed the shared tier afterwards. */
  readonly bypasses: number;
}

interface Item {
  readonly key: string;
  readonly body: string;
}

/** Text that differs from key to key, of about the length that is asked for. */
const LOAD = 'SELECT $1::text AS key, left(repeat(md5($1), $2 / 32 + 1), $2) AS body';

let options: ReaderOptions;
let items: Namespace<Handle>;
/** When each load began and ended. */
let loads: number[] = [];

async function load(handle: Handle, { key }: { readonly key: string }): Promise<Item> {
  const began = monotonicMs();
  try {
    const { rows } = await handle.query<Item>(LOAD, [key, options.valueBytes]);
    return rows[0] as Item;
  } finally {
    loads.push(began, monotonicMs());
  }
}

const count = (counts: Record<string, number>, name: string) => {
  counts[name] = (counts[name] ?? 0) + 1;
};

/** Reads all keys, so many at once, and counts how the reads ended. */
async function pass(keys: readonly string[], atOnce: number): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  const queue = keys[Symbol.iterator]();
  const work = async () => {
    for (const key of queue) count(ends, await endOf(key, items.read(key, load)));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return ends;
}

async function endOf(key: string, read: Promise<Read<Item>>, reasons: Record<string, number> = {}): Promise<string> {
  try {
    const { value, outcome } = await read;
    if (outcome.reason) count(reasons, outcome.reason);
    return value?.key === key ? outcome.status : 'wrong';
  } catch (error) {
    count(reasons, (error as Error).message.replaceAll(key, 'KEY'));
    return 'failed';
  }
}

serve({
  async open(given: ReaderOptions, warm: readonly string[]): Promise<void> {
    options = given;
    const { place, namespace, database, poolSize, fallbackConcurrency } = options;
    const pool = new Pool({ ...database, max: poolSize });
    pool.on('error', () => {});
    const cache = new Cache<Handle>({
      source: new PostgresVersions({ writer: pool, readers: [] }),
      // The machine is busy with other processes that start.
      shared: new RedisStore({ ...reach(place, namespace), connectBudgetMs: 10_000 }),
      fallbackConcurrency,
    });
    // Without memory every read shows how the shared tier is; nothing is loaded before its time.
    items = cache.namespace('item', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 }, earlyRefresh: 0 });
    await pass(warm, 1);
    loads = [];
  },

  /** Asks for all keys in one turn, at the given time. */
  async burst(keys: readonly string[], at: number, limitMs: number): Promise<BurstResult> {
    await sleep(Math.max(0, at - monotonicMs()));
    const reads: Record<string, number> = {};
    const reasons: Record<string, number> = {};
    let settled = 0;
    const all = keys.map(async (key) => {
      const end = await endOf(key, items.read(key, load), reasons);
      count(reads, end);
      settled++;
    });
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([Promise.all(all), limit]);
    clearTimeout(timer);
    if (settled < keys.length) reads.unsettled = keys.length - settled;
    return { endedAt: monotonicMs(), reads: { ...reads }, reasons: { ...reasons } };
  },

  /** Reads on until one pass has hits only, for `limitMs` at most, and then for `watchMs`. */
  async recover(keys: readonly string[], atOnce: number, limitMs: number, watchMs: number): Promise<Recovery> {
    const deadline = monotonicMs() + limitMs;
    let recoveredAt: number | undefined;
    while (recoveredAt === undefined && monotonicMs() < deadline) {
      const began = monotonicMs();
      const ends = await pass(keys, atOnce);
      if (ends.hit === keys.length) recoveredAt = began;
    }
    let bypasses = 0;
    for (const end = monotonicMs() + watchMs; monotonicMs() < end; ) bypasses += (await pass(keys, atOnce)).bypass ?? 0;
    return { recoveredAt, bypasses };
  },

  /** When each load began and ended, one after another. */
  loads: () => loads,
});
