import { type ClientConfig, Pool } from 'pg';
import {
  Cache,
  type CacheOptions,
  type Credentials,
  type Loader,
  type Namespace,
  RedisStore,
  type WriteBehind,
} from '../../../lambdas/runtime';
import { shardedPubSub } from '../../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { currentVersion, type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { writeBehind } from '../../../lambdas/runtime/write-behind/write-behind';
import { type Place, reach } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';
import { sleep } from '../../support/time';
import { THROWN } from '../thrown';

/** Set-up of an application's process. */
export interface ApplicationOptions {
  readonly place: Place;
  readonly namespace: string;
  readonly database: ClientConfig;
  /**
   * Whether entries are stale almost at once, and may be served for long where they can't be loaded.
   * @default false
   */
  readonly shortLived?: boolean;
  /** @default false */
  readonly background?: boolean;
  /**
   * Flushes queued writes to the table `behind`, or never comes to an end.
   * @default - no write-behind
   */
  readonly flush?: 'table' | 'never';
  /** @default false */
  readonly backplane?: boolean;
}

/** One read: of a key, by a loader that behaves in a way. */
export interface Reading {
  readonly key: string;
  /**
   * - `query`: asks the database
   * - `never`: asks the database, and never settles
   * - a number: throws what the list of thrown things has there
   * - a reading: asks the database, and for the value of another key
   */
  readonly loader: 'query' | 'never' | number | Reading;
}

/** Outcome of one operation: `done`, the status of a read, `error`, or `hung` where it didn't settle within the limit. */
export interface End {
  readonly key: string;
  readonly end: string;
  readonly ms: number;
  readonly message?: string;
}

/** Connections to the database, and how many loads may run without a lease. */
const CONNECTIONS = 8;

/** How long a load may take, in milliseconds; an option that the library doesn't have changes nothing. */
const LIMITS = { loadTimeoutMs: 1500 };

const LIVES = {
  long: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 },
  short: { memoryTtlSeconds: 0, sharedTtlSeconds: 0.2, staleIfErrorSeconds: 600, staleWhileRevalidateSeconds: 600 },
};

let pool: Pool;
let cache: Cache<Handle>;
let items: Namespace<Handle>;
let backplane: ReturnType<typeof shardedPubSub> | undefined;
let behind: WriteBehind | undefined;
let user: Credentials | undefined;

function loaderOf({ key, loader }: Reading): Loader<unknown, Handle> {
  if (typeof loader === 'number') return THROWN[loader] as Loader<unknown, Handle>;
  return async (handle) => {
    await handle.query('SELECT 1');
    if (loader === 'never') await new Promise(() => {});
    const inner = typeof loader === 'object' ? await items.getOrSet(loader.key, loaderOf(loader)) : undefined;
    return { key, inner };
  };
}

/** Waits for an operation, for so long at most. */
async function ended(key: string, operation: () => Promise<unknown>, limitMs: number): Promise<End> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('hung'), limitMs);
  });
  const since = () => Math.round(performance.now() - began);
  try {
    const end = await Promise.race([operation().then((value) => (typeof value === 'string' ? value : 'done')), limit]);
    return { key, end, ms: since() };
  } catch (error) {
    return { key, end: 'error', ms: since(), message: String((error as Error | undefined)?.message ?? typeof error) };
  } finally {
    clearTimeout(timer);
  }
}

const RETRY_MS = 50;

/** Repeats an operation until it ends as wanted; `hung` where it doesn't within the limit. */
async function until(key: string, operation: () => Promise<unknown>, wanted: string, limitMs: number): Promise<End> {
  const began = performance.now();
  for (;;) {
    const left = limitMs - (performance.now() - began);
    const last = await ended(key, operation, Math.max(0, left));
    const ms = Math.round(performance.now() - began);
    if (last.end === wanted) return { ...last, ms };
    if (left <= RETRY_MS) return { key, end: 'hung', ms, message: `last: ${last.end} ${last.message ?? ''}` };
    await sleep(RETRY_MS);
  }
}

const read = (reading: Reading) => async () => (await items.read(reading.key, loaderOf(reading))).outcome.status;

const methods = {
  async open({ place, namespace, database, shortLived, background = false, flush, ...more }: ApplicationOptions) {
    user = place.user;
    pool = new Pool({ ...database, max: CONNECTIONS });
    pool.on('error', () => {});
    const way = { ...reach(place, namespace), credentials: () => user as Credentials };
    const source = new PostgresVersions({ writer: pool, readers: [] });
    const shared = new RedisStore(way);
    backplane = more.backplane ? shardedPubSub(way) : undefined;
    const own: Pick<CacheOptions<Handle>, 'backplane'> = backplane ? { backplane } : {};
    cache = new Cache<Handle>({
      source,
      shared,
      fallbackConcurrency: CONNECTIONS,
      background,
      ...own,
      ...LIMITS,
    });
    items = cache.namespace('item', { freshness: shortLived ? LIVES.short : LIVES.long, earlyRefresh: 0 });
    if (!flush) return;
    behind = writeBehind({
      connection: shared.connection,
      source: { current: () => currentVersion(pool) },
      everyMs: 100,
      flush: async (writes) => {
        if (flush === 'never') await new Promise(() => {});
        await pool.query(
          'INSERT INTO behind SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT (key) DO UPDATE SET version = excluded.version',
          [writes.map(({ key }) => key), writes.map(({ rowVersion }) => String(rowVersion))],
        );
      },
    });
  },

  /** Reads at once, each for `limitMs` at most. */
  reads: (readings: readonly Reading[], limitMs: number) =>
    Promise.all(readings.map((reading) => ended(reading.key, read(reading), limitMs))),

  /** Reads each key until it is a hit. */
  readUntilHit: (readings: readonly Reading[], limitMs: number) =>
    Promise.all(readings.map((reading) => until(reading.key, read(reading), 'hit', limitMs))),

  purges: (keys: readonly string[], limitMs: number) =>
    Promise.all(keys.map((key) => ended(key, () => items.delete(key), limitMs))),

  purgeUntilDone: (keys: readonly string[], limitMs: number) =>
    Promise.all(keys.map((key) => until(key, () => items.delete(key), 'done', limitMs))),

  /** Queues a write of each key. */
  writes: (keys: readonly string[], limitMs: number) => {
    const write = (key: string) => () => items.set(key, { key }, { behind: behind as WriteBehind, rowVersion: 1 });
    return Promise.all(keys.map((key) => ended(key, write(key), limitMs)));
  },

  writeUntilDone: (keys: readonly string[], limitMs: number) => {
    const write = (key: string) => () => items.set(key, { key }, { behind: behind as WriteBehind, rowVersion: 2 });
    return Promise.all(keys.map((key) => until(key, write(key), 'done', limitMs)));
  },

  /** Queries of the application's own, through the pool that the cache uses. */
  queries: (count: number, limitMs: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => ended(`query ${i}`, () => pool.query('SELECT 1'), limitMs))),

  backplaneReady: (limitMs: number) => ended('backplane.ready', async () => backplane?.ready, limitMs),

  /** Closes everything, each for `limitMs` at most. */
  async close(limitMs: number): Promise<End[]> {
    const closes = [
      ended('cache.close', () => cache.close(), limitMs),
      ...(behind ? [ended('writeBehind.close', () => (behind as WriteBehind).close({ drainMs: 1000 }), limitMs)] : []),
    ];
    return Promise.all(closes);
  },

  /** From now on `credentials` gives these. */
  rotate(credentials: Credentials): void {
    user = credentials;
  },
};

/** What the benchmark calls from another process. */
export type Application = typeof methods;

serve(methods);
