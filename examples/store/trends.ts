import { connectionFromEnvironment, type Handle } from 'cachement/functions';
import { Generations } from 'cachement/patterns/generations';
import { MaterializedView } from 'cachement/patterns/materialized-view';
import type { Cache } from 'cachement/runtime';

/** Values that the refresher computes, and readers only read. */
export function trendsOf(cache: Cache<Handle>) {
  const connection = connectionFromEnvironment();
  return {
    /** Ids of the products that were bought most, by category and under `all`: every list is of one time. */
    trending: new Generations<string[], Handle>({ connection, cache, name: 'trending', keepSeconds: 3600, fallback: () => [] }),
    /** Revenue by category. */
    revenue: new MaterializedView({ cache, name: 'revenue', everySeconds: 300, compute: loadRevenue }),
  };
}

async function loadRevenue(database: Handle) {
  const { rows } = await database.query<{ category: string; cents: number; pieces: number }>(
    `SELECT category, sum(quantity * price_cents)::float8 AS cents, sum(quantity)::integer AS pieces
    FROM sale JOIN products ON products.id::text = sku GROUP BY category ORDER BY cents DESC`,
  );
  return rows;
}

/** The ten products of each category, and of all, that were bought most within a day. */
export async function loadTrends(database: Handle): Promise<[category: string, ids: string[]][]> {
  const { rows } = await database.query<{ category: string; ids: string[] }>(
    `WITH bought AS (
      SELECT id::text, category, sum(quantity) AS pieces FROM sale JOIN products ON products.id::text = sku
      WHERE sold_at > now() - interval '1 day' GROUP BY id
    ) SELECT coalesce(category, 'all') AS category, (array_agg(id ORDER BY pieces DESC, id))[1:10] AS ids
    FROM bought GROUP BY GROUPING SETS ((category), ())`,
  );
  return rows.map(({ category, ids }) => [category, ids]);
}
