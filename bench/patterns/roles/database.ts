import { type ClientConfig, Pool } from 'pg';
import { Cache, RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { readMany } from '../../../lambdas/runtime/read-many';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { type Place, reach } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';
import type { Contest, Tiers } from '../beside/subject';
import { DATABASE_SUBJECTS } from '../beside/subjects';

interface Reach {
  readonly place: Place;
  readonly database: ClientConfig;
}

interface Setting extends Reach {
  /** Name of the figure. */
  readonly subject: string;
  /** Connections to the database. */
  readonly connections: number;
}

const COLD_FRESHNESS = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };
const COLD = 20;

let contest: Contest;
let count = 0;

serve({
  async open({ subject, connections, ...reach }: Setting) {
    contest = await DATABASE_SUBJECTS[subject]!.open(tiersOf(reach, connections));
  },

  /** @returns how many a second, with this many at once. */
  async many(what: keyof Contest, concurrency: number, milliseconds: number): Promise<number> {
    const began = performance.now();
    let done = 0;
    const worker = async () => {
      while (performance.now() - began < milliseconds) {
        await contest[what](count++);
        done++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return (done * 1000) / (performance.now() - began);
  },

  /** Queries of the database for values that no tier has. */
  async coldQueries(reach: Reach): Promise<number> {
    const { cache } = tiersOf(reach, 1);
    let queries = 0;
    const keys = Array.from({ length: COLD }, (_, i) => `item-${i}`);
    const read = await readMany(cache.namespace('cold', { freshness: COLD_FRESHNESS }), keys, async (handle, missing) => {
      queries++;
      const { rows } = await handle.query<{ key: string }>('SELECT key FROM unnest($1::text[]) key', [[...missing]]);
      return new Map(rows.map((row) => [row.key, row]));
    });
    if (read.size !== COLD) throw new Error(`${read.size} of ${COLD} were read`);
    return queries;
  },
});

function tiersOf({ place, database }: Reach, connections: number): Tiers {
  const pool = new Pool({ ...database, max: connections });
  // A machine that stops for longer than the default budgets must not turn operations into failures, which would be measured.
  const budgets = { budgetMs: 2000, writeBudgetMs: 4000, connectBudgetMs: 10_000 };
  const connection = new RedisConnection({ ...reach(place, 'beside'), ...budgets });
  const source = new PostgresVersions({ writer: pool, readers: [] });
  return { connection, pool, cache: new Cache<Handle>({ shared: new RedisStore(connection), source }) };
}
