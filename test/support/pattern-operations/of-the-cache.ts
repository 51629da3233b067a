import type { PoolClient } from 'pg';
import { transaction } from '../../../lambdas/platform/database';
import { Cache, RedisStore } from '../../../lambdas/runtime';
import { hotKeys } from '../../../lambdas/runtime/hot-keys/hot-keys';
import { keyCopies } from '../../../lambdas/runtime/hot-keys/key-copies';
import { Administration } from '../../../lambdas/runtime/patterns/administration';
import { CART_TABLE, type CartLines, Carts, type CartsOptions, flushCarts } from '../../../lambdas/runtime/patterns/carts';
import { Generations } from '../../../lambdas/runtime/patterns/generations';
import { Inventory } from '../../../lambdas/runtime/patterns/inventory';
import { MaterializedView } from '../../../lambdas/runtime/patterns/materialized-view';
import { SearchResults } from '../../../lambdas/runtime/patterns/search-results';
import { Upstream, type UpstreamCall } from '../../../lambdas/runtime/patterns/upstream';
import { readMany } from '../../../lambdas/runtime/read-many';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';
import { TimeVersions } from '../../../lambdas/runtime/versions/time';
import { writeBehind } from '../../../lambdas/runtime/write-behind/write-behind';
import { always, answers, namesOf, type OpenOperations, ofTier, onShard, READ_MS, reads, toTier, WRITE_MS } from './operation';

const FRESHNESS = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };

/** Operations of patterns over the cache, and of its uses that need no module. */
export const OF_THE_CACHE: Readonly<Record<string, OpenOperations>> = {
  async administration(context) {
    const { connection, cache } = context;
    const admin = new Administration({ connection });
    const id = onShard('admin', (key) => namesOf(context).entry('administered', key));
    const name = `administered/1/${id}`;
    const entries = cache.namespace('administered', { freshness: FRESHNESS });
    await entries.getOrSet(id, async () => 1);
    const others = [{ shard: 0 }, { shard: 1 }];
    const asksServers = true;
    return {
      stats: { run: () => admin.stats(), ...reads(answers([...others, { shard: 2 }]), answers(others), 1000), asksServers },
      inspect: { run: () => admin.inspect(name), ...ofTier({ name, state: 'fresh' }) },
      keys: { run: () => admin.keys(name), ...ofTier({ names: [name] }, 1000), asksServers },
      find: { run: () => admin.find(name, 10), ...ofTier({ names: [name], complete: true }, 1000), asksServers },
    };
  },

  async carts(context) {
    const { connection, cache, pool } = context;
    await pool.query(`DROP TABLE IF EXISTS cart; ${CART_TABLE}`);
    const empty: CartLines = { lines: [] };
    const options: Pick<CartsOptions<CartLines, Handle, PoolClient>, 'cache' | 'empty' | 'transaction'> = {
      cache,
      empty,
      transaction: (work) => transaction(pool, work),
    };
    const through = new Carts<CartLines, Handle, PoolClient>({ ...options, name: 'operations-through' });
    const queue = writeBehind({
      connection,
      source: cache.internals.read.source,
      everyMs: 60_000,
      flush: flushCarts(pool),
    });
    const behind = new Carts<CartLines, Handle, PoolClient>({
      ...options,
      name: 'operations-behind',
      durability: 'behind',
      behind: queue,
    });
    const id = (name: 'through' | 'behind') => (prefix: string) =>
      onShard(prefix, (key) => namesOf(context).entry(`operations-${name}`, key));
    const [first, changed, ordered] = ['a', 'b', 'c'].map(id('through')) as [string, string, string];
    const [second, queued] = ['a', 'b'].map(id('behind')) as [string, string];
    // The same lines, however often.
    const change = () => ({ lines: ['a'] });
    for (const each of [first, changed, ordered]) await through.update(each, change);
    for (const each of [second, queued]) await behind.update(each, change);
    return {
      'get through': { run: () => through.get(first), ...always({ cart: { lines: ['a'] } }) },
      'update through': { run: () => through.update(changed, change), ...always({ replicated: true }, READ_MS + WRITE_MS) },
      'checkout through': {
        run: () => through.checkout(ordered, async () => 'ordered').then(() => through.update(ordered, change)),
        ...always({ replicated: true }, 2 * (READ_MS + WRITE_MS)),
      },
      'get behind': { run: () => behind.get(second), ...ofTier({ cart: { lines: ['a'] } }, READ_MS + WRITE_MS) },
      'update behind': { run: () => behind.update(queued, change), ...toTier(READ_MS + WRITE_MS) },
    };
  },

  async configuration(context) {
    const { cache } = context;
    const settings = cache.namespace('settings', { freshness: FRESHNESS });
    const tenant = onShard('tenant', (key) => namesOf(context).entry('settings', key));
    return { get: { run: () => settings.getOrSet(tenant, async () => ({ limit: 7 })), ...always({ limit: 7 }) } };
  },

  async generations(context) {
    const { connection, cache } = context;
    const name = onShard('generation', (id) => namesOf(context).key('gp', id, id));
    const open = () => new Generations<string, Handle>({ connection, cache, name, keepSeconds: 600, fallback: () => 'other' });
    const generations = open();
    const key = onShard('key', (id) => namesOf(context).entry(name, `first/${id}`));
    await generations.publish('first', [[key, 'value']]);
    await generations.get(key);
    let published = 0;
    return {
      get: { run: () => generations.get(key), ...always({ value: 'value', generation: 'first' }, 2 * READ_MS) },
      'get in a process that has seen none': {
        run: () => open().get(key),
        ...reads(answers({ value: 'value' }), answers({ value: 'other' }), 2 * READ_MS),
      },
      publish: {
        run: () => generations.publish(`next-${++published}`, [[key, 'next']]),
        ...reads('fails', 'fails', READ_MS + WRITE_MS),
      },
      rollback: { run: () => generations.rollback(), ...toTier() },
    };
  },

  async inventory(context) {
    const { connection, cache } = context;
    const sku = onShard('sku', (id) => namesOf(context).key('iv', 'operations', id));
    const inventoryOf = (onUnavailable: 'unheld' | 'deny') =>
      new Inventory<Handle>({
        connection,
        cache,
        name: 'operations',
        loadOnHand: async () => ({ onHand: 5, version: 1 }),
        onUnavailable,
      });
    const [inventory, denying] = [inventoryOf('unheld'), inventoryOf('deny')];
    const hold = { holdId: 'held', sku, quantity: 2 };
    await inventory.reserve(hold);
    return {
      reserve: {
        run: () => inventory.reserve(hold),
        ...reads(answers({ status: 'unheld' }), answers({ status: 'unheld' }), READ_MS + WRITE_MS),
        // As it was, to the same id.
        kept: { status: 'held', available: 3 },
      },
      'reserve or throw': { run: () => denying.reserve(hold), ...toTier(READ_MS + WRITE_MS) },
      available: {
        run: () => inventory.available(sku),
        ...reads(answers(5), answers(5), READ_MS + WRITE_MS),
        kept: 3,
      },
      release: { run: () => inventory.release({ holdId: 'nobody', sku }), ...toTier(READ_MS + WRITE_MS) },
    };
  },

  async 'key-copies'(context) {
    const { connection, cache } = context;
    const hot = hotKeys({ perSecond: 1, random: () => 0, replicas: keyCopies({ connection }) });
    const own = new Cache<Handle>({ shared: new RedisStore(connection), source: cache.internals.read.source, hotKeys: hot });
    const entries = own.namespace('copied', { freshness: FRESHNESS, hotReplicas: true });
    const id = onShard('hot', (key) => namesOf(context).entry('copied', key));
    const read = () => entries.getOrSet(id, async () => 'value');
    for (let n = 0; n < 50; n++) await read();
    return { get: { run: read, ...always('value', 2 * READ_MS) } };
  },

  async 'materialized-view'(context) {
    const { cache } = context;
    /** @param counts computations of one process that run, and most of them that did at once. */
    const view = (prefix: string, counts = { running: 0, most: 0 }) =>
      new MaterializedView<number, Handle>({
        cache,
        name: onShard(prefix, (id) => namesOf(context).entry(id, 'value')),
        everySeconds: 600,
        compute: async () => {
          counts.most = Math.max(counts.most, ++counts.running);
          await new Promise((resolve) => setImmediate(resolve));
          counts.running--;
          return 7;
        },
      });
    const counts = { running: 0, most: 0 };
    const [known, unseen] = [view('view'), view('unseen', counts)];
    await known.get();
    return {
      // The value, again before the lease, and the lease.
      get: { run: () => known.get(), ...always({ value: 7 }, 3 * READ_MS) },
      getIfPresent: { run: () => known.getIfPresent(), ...always({ value: 7 }) },
      'get of one that was never computed, twice at once': {
        run: async () => {
          const [{ value }] = await Promise.all([unseen.get(), unseen.get()]);
          return { value, most: counts.most };
        },
        ...always({ value: 7, most: 1 }, 3 * READ_MS),
      },
      refresh: {
        run: () => view('unseen').refresh(),
        ...reads('unavailable', 'unavailable', 2 * READ_MS),
      },
    };
  },

  async 'read-many'(context) {
    const { cache } = context;
    const items = cache.namespace('many', { freshness: FRESHNESS });
    const keys = ['a', 'b'].map((prefix) => onShard(prefix, (key) => namesOf(context).entry('many', key)));
    const load = async (_: Handle, missing: readonly string[]) => new Map(missing.map((key) => [key, 1]));
    const read = async () => [...(await readMany(items, keys, load)).values()];
    await read();
    return { readMany: { run: read, ...always([1, 1]) } };
  },

  async 'search-results'(context) {
    const { cache } = context;
    const q = onShard('word', (word) => namesOf(context).entry('operations-search', JSON.stringify({ q: word })));
    const search = new SearchResults<Handle>({ cache, name: 'operations-search', find: async () => ['found'] });
    await search.page({ q });
    return {
      page: { run: () => search.page({ q }), ...always({ ids: ['found'] }, READ_MS) },
      'page that nobody asked for': {
        run: () => search.page({ q: 'another' }),
        ...always({ ids: ['found'] }, READ_MS + WRITE_MS),
      },
    };
  },

  async upstream({ connection }) {
    const source = new TimeVersions({ primary: undefined });
    const cache = new Cache<undefined>({ shared: new RedisStore(connection), source });
    const call: UpstreamCall = async () => ({ status: 200, headers: new Headers(), json: async () => 'response' });
    const upstream = (name: string, budget?: { calls: number; period: 'day' }) =>
      new Upstream<undefined>({ cache, connection, name, freshness: FRESHNESS, ...(budget && { budget }) });
    const [free, dear] = [upstream('free'), upstream('dear', { calls: 1000, period: 'day' })];
    let asked = 0;
    return {
      fetch: {
        run: () => free.fetch(`key-${++asked}`, call),
        ...always({ value: 'response' }, 2 * READ_MS + WRITE_MS),
      },
      'fetch within a budget': {
        run: () => dear.fetch(`key-${++asked}`, call),
        ...reads('fails', 'fails', 2 * READ_MS + WRITE_MS),
      },
    };
  },
};
