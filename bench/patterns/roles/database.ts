import { Inventory, loadStock } from 'cachement/patterns/inventory';
import { type ClientConfig, Pool } from 'pg';
import { Cache, RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { readMany } from '../../../lambdas/runtime/read-many';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import type { Place } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';

interface Setting {
  readonly place: Place;
  readonly database: ClientConfig;
  /** Connections to the database. */
  readonly connections: number;
  readonly items: number;
}

const FRESHNESS = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };
const COLD = 20;

let pool: Pool;
let cache: Cache<Handle>;
let inventory: Inventory<Handle>;
let items: number;
let count = 0;

const operations = {
  /** Holds a unit; what the database has is cached, so that it is asked once in 30 s an item. */
  reserve: (n: number) => inventory.reserve({ holdId: `${process.pid}-${n}`, sku: `item-${n % items}`, quantity: 1 }),
  /** The statement that sells a unit, and nothing around it. */
  update: (n: number) =>
    pool.query('UPDATE stock SET on_hand = on_hand - 1, version = version + 1 WHERE sku = $1 AND on_hand >= 1', [
      `item-${n % items}`,
    ]),
};

serve({
  async open({ place: { host, port }, database, connections, ...setting }: Setting) {
    items = setting.items;
    pool = new Pool({ ...database, max: connections });
    const budgets = { budgetMs: 2000, writeBudgetMs: 4000, connectBudgetMs: 10_000 };
    const connection = new RedisConnection({ endpoint: `${host}:${port}`, tls: false, namespace: 'stock', ...budgets });
    const source = new PostgresVersions({ writer: new Pool({ ...database, max: 4 }), readers: [] });
    cache = new Cache<Handle>({ shared: new RedisStore(connection), source });
    inventory = new Inventory({
      connection,
      cache,
      name: 'stock',
      maxHoldsPerItem: 1_000_000,
      loadOnHand: (handle, sku) => loadStock(handle, sku),
      onUnavailable: 'deny',
    });
  },

  /** @returns how many a second, with this many at once; the number of each that did something must be all of them. */
  async many(what: keyof typeof operations, concurrency: number, milliseconds: number): Promise<number> {
    const began = performance.now();
    let done = 0;
    const worker = async () => {
      while (performance.now() - began < milliseconds) {
        const answer = await operations[what](count++);
        const had = 'status' in answer ? answer.status === 'held' : answer.rowCount === 1;
        if (!had) throw new Error(`'${what}' had no unit`);
        done++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return (done * 1000) / (performance.now() - began);
  },

  /** Queries of the database for values that no tier has. */
  async coldQueries(): Promise<number> {
    let queries = 0;
    const keys = Array.from({ length: COLD }, (_, i) => `item-${i}`);
    const read = await readMany(cache.namespace('cold', { freshness: FRESHNESS }), keys, async (handle, missing) => {
      queries++;
      const { rows } = await handle.query<{ sku: string }>('SELECT sku, on_hand FROM stock WHERE sku = ANY($1)', [[...missing]]);
      return new Map(rows.map((row) => [row.sku, row]));
    });
    if (read.size !== COLD) throw new Error(`${read.size} of ${COLD} were read`);
    return queries;
  },
});
