import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import type { Pool } from 'pg';
import { Cache, RedisStore, type SharedStore, type VersionSource } from '../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../lambdas/runtime/versions/postgres';
import { type Part, replacing, withoutCapture, withoutJoinerRule, withoutLsn, withoutToken } from './ablations';
import { ITEMS, type Item, type Space, TTL_SECONDS } from './items';
import { REASONS, type ReadRecord, type Reason } from './journal';
import type { Random } from './random';

/** The primary and the standbys as a process knows them now; the pools change when a standby is promoted. */
export interface Servers {
  writer: Pool;
  readers: Pool[];
}

/** Protocol under test, in one process: reading an item, and purging after a write. */
export interface Protocol {
  read(item: Item): Promise<Omit<ReadRecord, 'item' | 'at'>>;
  purgeItem(item: Item, version: string): Promise<void>;
  purgeTag(tag: string, version: string): Promise<void>;
}

export interface ProtocolOptions {
  readonly endpoint: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly namespace: string;
  readonly servers: Servers;
  readonly random: Random;
  readonly counters: Counters;
}

/** Counters of a process besides its journal. */
export interface Counters {
  loads: { primary: number; replica: number };
  rejects: number;
}

/**
 * Short, so that fences end while a replica is paused, which is for up to 5 s. That a fence outlives the lag of a replica isn't
 * assumed: the floor takes its place.
 */
export const FENCE_MS = 800;
/** Shorter than the longest time for which a process is frozen, so that leases are lost. */
const LEASE_MS = 300;
const WAIT_MS = 500;
/** A machine that runs all of this is late; the default of 50 ms would have most reads go to the database. */
const BUDGET_MS = 200;

/** The loader takes some time after its query now and then, as one that computes does: that is when a purge overtakes it. */
const SLOW_LOADS = 0.3;
const SLOWEST_LOAD_MS = 25;

function rawClient({ endpoint, credentials }: ProtocolOptions): Cluster {
  const [host, port] = endpoint.split(':') as [string, string];
  const client = new Cluster([{ host, port: Number(port) }], {
    redisOptions: { ...credentials, maxRetriesPerRequest: 1 },
    slotsRefreshInterval: 1000,
  });
  client.on('error', () => {});
  return client;
}

async function query(handle: Pick<Handle, 'query'>, item: Item, random: Random): Promise<number> {
  const { rows } = await handle.query<{ n: number }>('SELECT n FROM item WHERE id = $1', [item.id]);
  if (random.chance(SLOW_LOADS)) await sleep(random.between(0, SLOWEST_LOAD_MS));
  return rows[0]!.n;
}

/** The library on a strict route: tag versions are read with every hit, nothing is kept in memory. */
export function guarded(options: ProtocolOptions, without?: Part): Protocol {
  const { endpoint, credentials, namespace, servers, random, counters } = options;
  let store: SharedStore = new RedisStore({
    endpoint,
    credentials: () => credentials,
    tls: false,
    namespace,
    budgetMs: BUDGET_MS,
    connectBudgetMs: 5000,
  });
  let source: VersionSource<Handle> = new PostgresVersions(servers, {
    fenceMs: without === 'floor' ? Number.MAX_SAFE_INTEGER : FENCE_MS,
    replicaBudgetMs: 100,
    replicaRestMs: 500,
  });
  if (without === 'token') store = withoutToken(store, rawClient(options), namespace);
  if (without === 'lsn') [store, source] = withoutLsn(store, source);
  if (without === 'joiner') withoutJoinerRule();
  if (without === 'tags') store = withoutCapture(store);
  [store, source] = counting(store, source, counters);

  const cache = new Cache<Handle>({
    shared: store,
    source,
    fenceMs: FENCE_MS,
    leaseMs: LEASE_MS,
    waitMs: WAIT_MS,
    fallbackConcurrency: 4,
    random: random.next,
  });
  const space = (name: Space) =>
    cache.namespace(name, { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: TTL_SECONDS[name] }, strictTags: true });
  const spaces = { hot: space('hot'), quiet: space('quiet') };
  return {
    async read(item) {
      const loader = (handle: Handle) => query(handle, item, random);
      const { value, outcome } = await spaces[item.space].read<number>(String(item.id), loader, { tags: item.tags });
      const reason = outcome.reason ?? '';
      return {
        number: value ?? 0,
        shared: outcome.tier === 'shared',
        collapsed: outcome.collapsed,
        reason: (REASONS as readonly string[]).includes(reason) ? (reason as Reason) : 'other',
      };
    },
    purgeItem: (item, version) => spaces[item.space].delete(String(item.id), { version }),
    purgeTag: (tag, version) => cache.purgeTags([tag], { version }),
  };
}

function counting<H>(store: SharedStore, source: VersionSource<H>, counters: Counters): [SharedStore, VersionSource<H>] {
  return [
    replacing<SharedStore>(store, {
      fill: async (...fill) => {
        const accepted = await store.fill(...fill);
        if (!accepted) counters.rejects++;
        return accepted;
      },
    }),
    replacing<VersionSource<H>>(source, {
      load: async (loader, request) => {
        const loaded = await source.load(loader, request);
        counters.loads[loaded.origin]++;
        return loaded;
      },
    }),
  ];
}

/** Plain cache-aside, on the same cluster and from the primary only: GET, else SELECT and SET; DEL after a write. */
export function cacheAside(options: ProtocolOptions): Protocol {
  const { namespace, servers, random, counters } = options;
  const client = rawClient(options);
  const name = (item: Item) => `${namespace}:${item.key}`;
  return {
    async read(item) {
      const cached = await client.get(name(item));
      if (cached !== null) return { number: Number(cached), shared: true, collapsed: false, reason: '' };
      const number = await query(servers.writer as unknown as Handle, item, random);
      counters.loads.primary++;
      await client.set(name(item), number, 'EX', TTL_SECONDS[item.space]);
      return { number, shared: false, collapsed: false, reason: '' };
    },
    async purgeItem(item) {
      await client.del(name(item));
    },
    async purgeTag(tag) {
      await Promise.all(ITEMS.filter((item) => item.tags.includes(tag)).map((item) => client.del(name(item))));
    },
  };
}
