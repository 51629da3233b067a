import { type Handle, Problem } from 'cachement/functions';
import type { Cache } from 'cachement/runtime';
import { readMany } from 'cachement/runtime/read-many';

/** A product as the API shows it. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  readonly priceCents: number;
}

/** A product as its page shows it. */
export interface ProductWithReviews extends Product {
  /** The latest five. */
  readonly reviews: readonly { readonly stars: number; readonly text: string }[];
  /** How many reviews there are of each number of stars. */
  readonly ratings: readonly { readonly stars: number; readonly count: number }[];
}

const COLUMNS = 'id, name, category, price_cents AS "priceCents"';

/** Loaders get a connection that reads, of a replica or the primary, and use nothing else. */
export async function loadProduct(database: Handle, id: string): Promise<Product | undefined> {
  const { rows } = await database.query<Product>(`SELECT ${COLUMNS} FROM products WHERE id = $1`, [id]);
  return rows[0];
}

export async function loadProductWithReviews(database: Handle, id: string): Promise<ProductWithReviews | undefined> {
  const { rows } = await database.query<ProductWithReviews>(
    `SELECT ${COLUMNS}, (
      SELECT coalesce(json_agg(latest), '[]') FROM (
        SELECT stars, text FROM reviews WHERE product_id = $1 ORDER BY written_at DESC, id LIMIT 5
      ) AS latest
    ) AS reviews, (
      SELECT coalesce(json_agg(counted), '[]') FROM (
        SELECT stars, count(*)::integer AS count FROM reviews WHERE product_id = $1 GROUP BY stars ORDER BY stars DESC
      ) AS counted
    ) AS ratings FROM products WHERE id = $1`,
    [id],
  );
  return rows[0];
}

/** Ids of the first products of a category. */
export async function loadCategory(database: Handle, category: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    'SELECT id::text FROM products WHERE category = $1 ORDER BY name, products.id LIMIT 40',
    [category],
  );
  return rows.map(({ id }) => id);
}

/** Many products by one query, by their ids. */
export async function loadProductsById(database: Handle, ids: readonly string[]): Promise<Map<string, Product>> {
  const { rows } = await database.query<Product>(`SELECT ${COLUMNS} FROM products WHERE id = ANY($1)`, [ids]);
  return new Map(rows.map((row) => [String(row.id), row]));
}

/**
 * Reads products of lists by their ids, in order, by one query for all that aren't cached: an id is kept in a list, and its
 * product once, whatever lists it is in.
 */
export function productReader(cache: Cache<Handle>) {
  const items = cache.namespace('items', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 900 } });
  return async (ids: readonly string[]) => [
    ...(await readMany(items, ids, loadProductsById, { tags: (id) => [`product:${id}`] })).values(),
  ];
}

/** Ids of the products whose name begins with a text, by name. */
export async function findProducts(database: Handle, text: string, most: number): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>(
    'SELECT id::text FROM products WHERE lower(name) LIKE $1 ORDER BY lower(name), id LIMIT $2',
    [`${text.replace(/[\\%_]/g, '\\$&')}%`, most],
  );
  return rows.map(({ id }) => id);
}

/** @returns the product with its new price; undefined where there is none. */
export async function changePrice(database: Handle, id: string, priceCents: number): Promise<Product | undefined> {
  const { rows } = await database.query<Product>(`UPDATE products SET price_cents = $2 WHERE id = $1 RETURNING ${COLUMNS}`, [
    id,
    priceCents,
  ]);
  return rows[0];
}

/** The id in its one spelling: key and tags are made of it, and a purge of `product:7` wouldn't reach a product `007`. */
export function productId(text = ''): string {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Problem(400, `'id' must be a whole number from 1 on, got: '${text.slice(0, 20)}'`);
  return text;
}

/** The category in its one spelling. */
export function categoryName(text = ''): string {
  if (!/^[a-z][a-z-]{0,49}$/.test(text)) {
    throw new Problem(400, `'category' must be lower case letters and dashes, got: '${text.slice(0, 50)}'`);
  }
  return text;
}

/** The price of a body such as `{"priceCents": 1999}`. */
export function priceOf(body: Record<string, unknown>): number {
  const { priceCents } = body;
  if (typeof priceCents === 'number' && Number.isInteger(priceCents) && priceCents >= 0 && priceCents < 100_000_000) {
    return priceCents;
  }
  throw new Problem(400, `'priceCents' must be a whole number of cents, got: ${JSON.stringify(priceCents)}`);
}
