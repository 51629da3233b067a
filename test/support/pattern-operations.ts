import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { Cache, type RedisConnection, RedisStore } from '../../lambdas/runtime';
import { hotKeys } from '../../lambdas/runtime/hot-keys/hot-keys';
import { keyCopies } from '../../lambdas/runtime/hot-keys/key-copies';
import { Administration } from '../../lambdas/runtime/patterns/administration';
import { CART_TABLE, type CartLines, Carts, flushCarts } from '../../lambdas/runtime/patterns/carts';
import { Feeds } from '../../lambdas/runtime/patterns/feeds';
import { Generations } from '../../lambdas/runtime/patterns/generations';
import { GeoIndex, LiveGeoIndex } from '../../lambdas/runtime/patterns/geo';
import { Grid } from '../../lambdas/runtime/patterns/geo/cells';
import { Inventory } from '../../lambdas/runtime/patterns/inventory';
import { type KindName, patternKey } from '../../lambdas/runtime/patterns/keys';
import { Leaderboard } from '../../lambdas/runtime/patterns/leaderboards';
import { spanAt } from '../../lambdas/runtime/patterns/leaderboards/period';
import { MaterializedView } from '../../lambdas/runtime/patterns/materialized-view';
import { Popularity, warmPlan } from '../../lambdas/runtime/patterns/popularity';
import { RateLimiter } from '../../lambdas/runtime/patterns/rate-limit';
import { SearchResults } from '../../lambdas/runtime/patterns/search-results';
import { Sessions } from '../../lambdas/runtime/patterns/sessions';
import { userHash } from '../../lambdas/runtime/patterns/sessions/token';
import { TimeSeries } from '../../lambdas/runtime/patterns/time-series';
import { Upstream, type UpstreamCall } from '../../lambdas/runtime/patterns/upstream';
import { USAGE_SCHEMA, UsageMeter } from '../../lambdas/runtime/patterns/usage';
import { readMany } from '../../lambdas/runtime/read-many';
import { slotOf } from '../../lambdas/runtime/shared/hash-slot';
import { valueKey } from '../../lambdas/runtime/shared/redis-keys';
import type { Handle } from '../../lambdas/runtime/versions/postgres';
import { TimeVersions } from '../../lambdas/runtime/versions/time';
import { writeBehind } from '../../lambdas/runtime/write-behind/write-behind';

/**
 * What an operation comes to: `E_SHARED_UNAVAILABLE` and certainly nothing was done, the same and nobody knows, another error, or
 * an answer that has at least this.
 */
export type Outcome = 'refused' | 'unavailable' | 'fails' | { readonly answers: unknown };

/** Operation of a pattern, and what its page says of it. It may be called again. */
export interface PatternOperation {
  run(): Promise<unknown>;
  /** Where memory is full, or the server may not write. */
  readonly unwritable: Outcome;
  /** Where its server is stopped, by whatever means. */
  readonly down: Outcome;
  /** What it answers once a replica that had everything has taken over; left out where it may be anything. */
  readonly kept?: unknown;
  /** Longest time that it waits for the tier, in milliseconds, with the budgets that a connection has by default. */
  readonly waitsMs: number;
  /** True where each server is asked by itself, and no breaker keeps it from that. */
  readonly asksServers?: boolean;
}

/** Tiers that operations use. */
export interface OperationsContext {
  readonly connection: RedisConnection;
  /** Over the connection; its source is the database. */
  readonly cache: Cache<Handle>;
  readonly pool: Pool;
}

/** Pool whose tables are in a schema of their own, so that others' of the same names are not in the way. */
export async function operationsPool(database: ClientConfig): Promise<Pool> {
  const pool = new Pool({ ...database, max: 8, options: '-c search_path=operations' });
  await pool.query('CREATE SCHEMA IF NOT EXISTS operations');
  return pool;
}

/** Operations of one pattern by their names. */
export type OpenOperations = (context: OperationsContext) => Promise<Readonly<Record<string, PatternOperation>>>;

/** Folders that have no operation on the tier. */
export const WITHOUT_OPERATIONS = ['fenced-set', 'metrics'];

/** First slot of the shard that all operations are on, the last of three; an upstream's own keys are there, whatever its name. */
const FIRST_SLOT = 10_923;
/** Budgets of a connection by default. */
const [READ_MS, WRITE_MS] = [50, 250];

const reads = (unwritable: Outcome, down: Outcome, waitsMs = READ_MS) => ({ unwritable, down, waitsMs });
/** A read that the tier alone can answer. */
const ofTier = (value: unknown, waitsMs = READ_MS) => ({ ...reads(answers(value), 'unavailable', waitsMs), kept: value });
/** An answer whatever becomes of the tier. */
const always = (value: unknown, waitsMs = READ_MS) => ({ ...reads(answers(value), answers(value), waitsMs), kept: value });
/** A write that the tier alone can take. */
const toTier = (waitsMs = WRITE_MS) => ({ unwritable: 'refused', down: 'unavailable', waitsMs }) as const;
const answers = (value: unknown): Outcome => ({ answers: value });

/** First of `<prefix>-0`, `<prefix>-1` and so on whose key is on the shard. */
export function onShard(prefix: string, keyOf: (id: string) => string): string {
  for (let n = 0; n < 1000; n++) if (slotOf(keyOf(`${prefix}-${n}`)) >= FIRST_SLOT) return `${prefix}-${n}`;
  throw new Error(`no key of '${prefix}' is on the shard: its slot doesn't follow from the id`);
}

/** Names of keys of a namespace of the cache, and of a pattern. */
function namesOf({ connection, cache }: OperationsContext) {
  const names = new Cache<Handle>({ source: cache.internals.read.source });
  const entry = (name: string, key: string) =>
    valueKey(connection.namespace, names.namespace(name, { freshness: { sharedTtlSeconds: 1 } }).entry(key).entryName);
  return {
    entry,
    key: (kind: KindName, name: string, id: string, rest?: string) => patternKey(connection.namespace, kind, name, id, rest),
  };
}

const FRESHNESS = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };

/** Operations of every pattern, and of the uses that need no module. */
export const PATTERN_OPERATIONS: Readonly<Record<string, OpenOperations>> = {
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
    const transaction = async <R>(work: (client: PoolClient) => Promise<R>): Promise<R> => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    };
    const empty: CartLines = { lines: [] };
    const options = { cache, empty, transaction };
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

  async feeds(context) {
    const { connection } = context;
    const key = (user: string) => namesOf(context).key('fe', 'operations', user);
    const [user, away] = [onShard('user', key), onShard('away', key)];
    let unread = 0;
    const feeds = new Feeds({
      connection,
      name: 'operations',
      rebuild: async () => ({ items: [{ id: 'post', at: 1 }] }),
      followers: async () => [user],
    });
    await feeds.read(user);
    const items = [{ id: 'post', at: 1 }];
    return {
      read: { run: () => feeds.read(user), ...always({ items }) },
      'read one that is missing': {
        run: () => feeds.read(onShard(`${away}-${++unread}`, key)),
        ...always({ items }, READ_MS + WRITE_MS),
      },
      publish: { run: () => feeds.publish({ postId: 'post', authorId: 'author', at: 1 }), ...toTier() },
      forget: { run: () => feeds.forget(user), ...toTier() },
    };
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

  async geo(context) {
    const { connection } = context;
    const cells = Array.from({ length: 50 }, (_, n) => new Grid(4).at({ latitude: 50, longitude: n }));
    const { south, west, north, east } = cells.find(
      ({ geohash }) => slotOf(namesOf(context).key('ge', 'operations', geohash)) >= FIRST_SLOT,
    )!;
    const at = { latitude: (south + north) / 2, longitude: (west + east) / 2 };
    const index = new GeoIndex({ connection, name: 'operations', loadCell: async () => [{ id: 'thing', ...at }] });
    const live = new LiveGeoIndex({ connection, name: 'operations-live', keepSeconds: 600, cellDigits: 4 });
    const area = { ...at, radiusKm: 1 };
    await index.search(area);
    await live.track('thing', at, Date.now());
    const items = [{ id: 'thing' }];
    return {
      search: { run: () => index.search(area), ...always({ items, complete: true }) },
      moved: { run: () => index.moved({ to: at }), ...toTier() },
      'search of what moves': { run: () => live.search(area), ...ofTier({ items }) },
      track: { run: () => live.track('thing', at, Date.now()), ...toTier() },
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

  async leaderboards(context) {
    const { connection } = context;
    const period = spanAt('week', connection.now()).name;
    const key = (id: string) => `${connection.namespace}:lb:${id}:{${id}:${period}:0}`;
    const ties = { first: 'first', resolutionSeconds: 60 } as const;
    const board = new Leaderboard({ connection, name: onShard('board', key), maxScore: 1000, ties });
    await board.submit('ada', 5);
    return {
      submit: { run: () => board.submit('bob', 4), ...toTier() },
      increment: { run: () => board.increment('cy', 1), ...toTier() },
      top: { run: () => board.top(1), ...ofTier([{ member: 'ada', score: 5 }]) },
      rank: { run: () => board.rank('ada'), ...ofTier({ rank: 1, score: 5 }) },
      page: { run: () => board.page(undefined, { limit: 1 }), ...ofTier({ entries: [{ member: 'ada' }] }) },
    };
  },

  async 'materialized-view'(context) {
    const { cache } = context;
    let [running, most] = [0, 0];
    const view = (prefix: string) =>
      new MaterializedView<number, Handle>({
        cache,
        name: onShard(prefix, (id) => namesOf(context).entry(id, 'value')),
        everySeconds: 600,
        compute: async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return 7;
        },
      });
    const [known, unseen] = [view('view'), view('unseen')];
    await known.get();
    return {
      get: { run: () => known.get(), ...always({ value: 7 }) },
      'get of one that was never computed, twice at once': {
        run: async () => {
          most = running = 0;
          const [{ value }] = await Promise.all([unseen.get(), unseen.get()]);
          return { value, most: Math.min(1, most) === most };
        },
        ...always({ value: 7, most: true }, 3 * READ_MS),
      },
      refresh: {
        run: () => view('unseen').refresh(),
        ...reads('unavailable', 'unavailable', 2 * READ_MS),
      },
    };
  },

  async popularity(context) {
    const { connection } = context;
    const hour = (id: string) => namesOf(context).key('pp', 'operations', id, `:${new Date().toISOString().slice(0, 13)}`);
    const route = onShard('route', hour);
    const popularity = new Popularity({ connection, name: 'operations', sampleOneIn: 1, everySeconds: 3600 });
    const report = () => {
      popularity.count(route, 'id');
      return popularity.flush();
    };
    await report();
    return {
      count: { run: async () => popularity.count(route, 'id'), ...always(undefined, 0) },
      flush: { run: report, ...toTier() },
      top: { run: () => popularity.top(route, { last: 7200 }), ...ofTier([{ id: 'id' }]) },
      warmPlan: { run: () => warmPlan(popularity, route, { popular: 1 }), ...ofTier(['id']) },
    };
  },

  async 'rate-limit'(context) {
    const { connection } = context;
    const id = onShard('caller', (key) => namesOf(context).key('rl', 'operations', key));
    const limiter = (onUnavailable: 'allow' | 'deny' | 'local', limit = 1000) =>
      new RateLimiter({
        connection,
        name: 'operations',
        algorithm: 'sliding-window',
        limit,
        windowSeconds: 86_400,
        onUnavailable,
      });
    const [allow, deny, local] = [limiter('allow'), limiter('deny'), limiter('local')];
    await deny.consume(id);
    const without = (decision: object, waitsMs = WRITE_MS) => reads(answers(decision), answers(decision), waitsMs);
    return {
      'consume or allow': { run: () => allow.consume(id), ...without({ allowed: true, source: 'unavailable' }) },
      'consume or deny': { run: () => deny.consume(id), ...without({ allowed: false, source: 'unavailable' }) },
      'consume by itself': { run: () => local.consume(id), ...without({ allowed: true, source: 'local' }) },
      peek: {
        run: () => deny.peek(id),
        ...reads(answers({ allowed: true, source: 'shared' }), answers({ allowed: false, source: 'unavailable' })),
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

  async sessions(context) {
    const { connection } = context;
    const user = onShard('user', (id) => namesOf(context).key('se', 'operations', userHash(id)));
    const sessions = new Sessions<number>({ connection, name: 'operations' });
    const anonymous = new Sessions<number>({ connection, name: 'operations', onUnavailable: 'anonymous' });
    const bridged = new Sessions<number>({ connection, name: 'operations', memoryTtlSeconds: 600 });
    const [{ token, session }, ended] = [await sessions.create(user, 1), await sessions.create(user, 1)];
    const { id } = session;
    for (const each of [token, ended.token]) await bridged.get(each);
    await bridged.destroy(ended.token);
    return {
      get: { run: () => sessions.get(token), ...ofTier({ id, data: 1 }) },
      'get or nobody': { run: () => anonymous.get(token), ...reads(answers({ id }), answers(undefined)), kept: { id } },
      'get within the time of memory': { run: () => bridged.get(token), ...always({ id }) },
      'get what was ended': { run: () => bridged.get(ended.token), ...ofTier(undefined) },
      list: { run: () => sessions.list(user), ...reads(answers([{ id }]), 'unavailable') },
      create: { run: () => sessions.create(user, 2), ...toTier() },
      update: { run: () => sessions.update(token, (data) => data), ...toTier(READ_MS + WRITE_MS) },
      'revokeAll but one': { run: () => sessions.revokeAll(user, { except: id }), ...toTier() },
    };
  },

  async 'time-series'(context) {
    const { connection } = context;
    const source = onShard('device', (id) => `${connection.namespace}:ts:operations:{${id}}`);
    const metric = 'visits';
    const series = new TimeSeries({ connection, name: 'operations', resolutions: { hour: 86_400 } });
    const at = Date.now();
    const record = () => series.record([{ source, metric: 'm', value: 3, at }], { batchId: 'one' });
    await record();
    await series.uniques.add(metric, at, ['a']);
    const range = { from: at - 3_600_000, to: at + 1 };
    return {
      record: { run: record, ...toTier() },
      query: {
        run: async () =>
          (await series.query({ sources: [source], metric: 'm', ...range, resolution: 'hour' }))
            .get(source)!
            .map(({ count }) => count),
        ...ofTier([1]),
      },
      // Twelve parts in as many slots.
      'uniques.count': { run: () => series.uniques.count(metric, range.from, range.to), ...ofTier(1) },
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

  async usage({ connection, pool }) {
    await pool.query(`DROP TABLE IF EXISTS usage_hours, usage_events; ${USAGE_SCHEMA}`);
    const tenant = onShard('tenant', (id) => `${connection.namespace}:us:operations:{${id}}`);
    const meter = new UsageMeter({ connection, name: 'operations' });
    const event = { eventId: 'one', tenant, meter: 'm' };
    await meter.record(event);
    return {
      record: { run: () => meter.record(event), ...toTier(2 * WRITE_MS) },
      month: { run: () => meter.month(tenant, new Date(connection.now()).toISOString().slice(0, 7)), ...ofTier({ total: 1 }) },
      flush: { run: () => meter.flush(pool), ...reads(answers(1), 'unavailable') },
    };
  },
};
