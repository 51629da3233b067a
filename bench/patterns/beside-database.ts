import { STOCK_TABLES } from '../../lambdas/runtime/patterns/inventory';
import { clientConfig, startPostgres } from '../../test/support/postgres';
import type { Place } from '../../test/support/redis-cluster';
import { median, round } from '../support/benchmark';
import { withChildren } from '../support/child';

const ITEMS = 100;
/** Items that are reserved: a sale is of one. */
const HOT = 1;
const CONCURRENCY = 64;
const CONNECTIONS = 16;
const TURNS = 9;
const PART_MS = 500;
const WARM_UP_MS = 1500;

/** Figures of patterns beside the same real PostgreSQL. */
export const BESIDE_DATABASE = ['reserveVsDatabase', 'readManyQueries'];

/** @param script role of the process that does both. */
export async function besideDatabase(script: string, place: Place, log: (line: string) => void) {
  const postgres = await startPostgres();
  try {
    await postgres.migrate();
    const { writer } = postgres.database('owner');
    await writer.query(STOCK_TABLES);
    await writer.query(
      "INSERT INTO stock (sku, on_hand) SELECT 'item-' || i, 1000000000 FROM generate_series(0, $1::integer - 1) i",
      [ITEMS],
    );
    return await withChildren(async (start) => {
      const child = start(script);
      await child.call('open', { place, database: clientConfig(postgres), connections: CONNECTIONS, items: HOT });
      const rate = (what: string, ms: number) => child.call<number>('many', what, CONCURRENCY, ms);
      for (const what of ['reserve', 'update']) await rate(what, WARM_UP_MS);
      const rates = { reserve: [] as number[], update: [] as number[] };
      for (let turn = 0; turn < TURNS; turn++) {
        // Now one first, now the other.
        for (const what of turn % 2 === 0 ? (['reserve', 'update'] as const) : (['update', 'reserve'] as const)) {
          rates[what].push(await rate(what, PART_MS));
        }
      }
      const [reserved, updated] = [median(rates.reserve), median(rates.update)];
      log(
        `  ${CONCURRENCY} at once of ${HOT} item: ${Math.round(reserved)} reservations a second, ` +
          `${Math.round(updated)} conditional updates by ${CONNECTIONS} connections`,
      );
      return { reserveVsDatabase: round(reserved / updated), readManyQueries: await child.call<number>('coldQueries') };
    });
  } finally {
    await postgres.dispose();
  }
}
