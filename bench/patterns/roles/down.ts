import type { ClientConfig } from 'pg';
import { Cache, RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { operationsPool, PATTERN_OPERATIONS, type PatternOperation } from '../../../test/support/pattern-operations';
import { type Place, reach } from '../../../test/support/redis-cluster';
import { percentile } from '../../support/benchmark';
import { countDatabaseTime, timed } from '../../support/database-time';
import { serve } from '../../support/serve';
import { sleep } from '../../support/time';
import { each } from '../beside/subject';

/** An operation while its tier is stopped. Times are milliseconds. */
export interface Down {
  /** Time of its first call beyond the budgets that it waits for, and without what it waits for the database. */
  readonly overMs: number;
  /** Calls that waited. */
  readonly waits: number;
  /** Slow one of a hundred calls from then on, without what it waits for the database. */
  readonly openMs: number;
}

/** Time from which on a call is one that waited, calls of which one must not wait, and the time of those after it. */
const WAITED_MS = 20;
const MOST_WAITS = 5;
const OPEN_MS = 2500;
const PAUSE_MS = 25;
const AT_ONCE = 4;

countDatabaseTime();

const operations = new Map<string, PatternOperation>();

serve({
  /** Opens each operation on a connection of its own, with budgets by default. */
  async open({ place, database }: { readonly place: Place; readonly database: ClientConfig }) {
    const pool = await operationsPool(database);
    const source = new PostgresVersions({ writer: pool, readers: [] });
    const operationsOf = (pattern: string, number: number) => {
      const namespace = `down-${process.pid}-${number}`;
      const connection = new RedisConnection({ ...reach(place, namespace), connectBudgetMs: 10_000 });
      const cache = new Cache<Handle>({ shared: new RedisStore(connection), source });
      return PATTERN_OPERATIONS[pattern]!({ connection, cache, pool });
    };
    for (const pattern of Object.keys(PATTERN_OPERATIONS)) {
      const names = Object.keys(await operationsOf(pattern, 0));
      for (const [number, name] of names.entries()) {
        operations.set(`${pattern}: ${name}`, (await operationsOf(pattern, number + 1))[name]!);
      }
    }
  },

  async measure(): Promise<Record<string, Down>> {
    const measured: Record<string, Down> = {};
    // A few at once: each is to wait for its tier, and not for this process or the database.
    await each([...operations], AT_ONCE, async ([name, operation]) => {
      measured[name] = await measure(operation);
    });
    return measured;
  },
});

async function measure(operation: PatternOperation): Promise<Down> {
  const call = async () => {
    const { ms, databaseMs } = await timed(() => operation.run().catch(() => {}));
    return ms - databaseMs;
  };
  const overMs = (await call()) - operation.waitsMs;
  // Whoever looks after the servers asks each of them, whatever a breaker says.
  if (operation.asksServers) return { overMs, waits: 1, openMs: 0 };
  let waits = 1;
  while (waits < MOST_WAITS && (await call()) > WAITED_MS) waits++;
  const times: number[] = [];
  for (const until = performance.now() + OPEN_MS; performance.now() < until; await sleep(PAUSE_MS)) times.push(await call());
  return { overMs, waits, openMs: percentile(times, 99) };
}
