import type { Handle } from 'cachement/functions';
import type { Client } from 'pg';
import { renderProduct } from '../../../examples/store/page';
import { loadProductWithReviews } from '../../../examples/store/products';
import { seeded } from '../../consistency/random';
import { shuffled } from '../../support/zipf';
import type { ScenarioRun } from '../scenario';

/** Counts of the shop's data at full size. */
const PRODUCTS = 20_000;
const REVIEWS = 1_000_000;
const ORDERS = 2_000_000;
const USERS = 50_000;

/** Pieces of the product that is on sale; nobody asks for it but buyers. */
export const onSaleOf = ({ scale }: Pick<ScenarioRun, 'scale'>): number => 100 * scale;

export const CATEGORIES = Array.from({ length: 40 }, (_, k) => `kind-${letter(k >> 3)}${letter(k & 7)}`);

/** Kinds of products, by which they are searched. */
export const KINDS = ['lamp', 'chair', 'table', 'vase', 'mirror', 'rug', 'shelf', 'clock', 'stool', 'plant'];

function letter(number: number): string {
  return String.fromCharCode(97 + number);
}

export const productsOf = ({ scale }: Pick<ScenarioRun, 'scale'>): number => PRODUCTS * scale;

/** Ids of products, the most popular one first. */
export const popularityOf = (run: Pick<ScenarioRun, 'scale' | 'seed'>): number[] => [
  ...shuffled(productsOf(run), seeded(run.seed)),
];

/**
 * Grows the example's data: forty categories, and reviews and orders by Zipf, most of them of what is popular. Chance
 * is a hash of the seed.
 */
export async function growStore(run: ScenarioRun): Promise<void> {
  const { primary, seed, scale } = run;
  const products = productsOf(run);
  const chance = (what: string) => `(hashtext('${seed} ${what} ' || n)::float8 / 4294967296 + 0.5)`;
  // The rank of a product by Zipf 1.0: its logarithm is spread evenly.
  const rank = (what: string) => `least(${products}, floor(exp(${chance(what)} * ln(${products} + 1.0))))::integer`;
  const named = KINDS.map((kind) => `'${kind}'`).join(', ');
  const categories = CATEGORIES.map((category) => `'${category}'`).join(', ');
  const statements = [
    `INSERT INTO products (id, name, category, price_cents)
     SELECT n, initcap((ARRAY[${named}])[1 + n % ${KINDS.length}]) || ' no. ' || n, (ARRAY[${categories}])[1 + n % 40], 500 + (n * 7919) % 30000
     FROM generate_series((SELECT max(id) + 1 FROM products), ${products}) AS n`,
    `UPDATE products SET category = (ARRAY[${categories}])[1 + id % 40]`,
    'INSERT INTO stock (sku, on_hand) SELECT id::text, 100000 FROM products ON CONFLICT (sku) DO UPDATE SET on_hand = 100000',
    `CREATE TEMPORARY TABLE popular AS SELECT id::integer, rank::integer FROM unnest($1::integer[]) WITH ORDINALITY AS p(id, rank)`,
    'ANALYZE popular',
    `INSERT INTO reviews (product_id, stars, text, written_at)
     SELECT popular.id, 1 + (5 * ${chance('stars')})::integer % 5, 'Review no. ' || n, now() - n * interval '1 minute'
     FROM generate_series(1, ${REVIEWS * scale}) AS n JOIN popular ON popular.rank = ${rank('review')}`,
    `INSERT INTO sale (hold_id, sku, quantity, stock_version, sold_at)
     SELECT 'grown-' || n, popular.id::text, 1, 1, now() - n * interval '1 second'
     FROM generate_series(1, ${ORDERS * scale}) AS n JOIN popular ON popular.rank = ${rank('order')}`,
    `INSERT INTO users (id, email, name, salt, password)
     SELECT n, 'user-' || n || '@example.com', 'User ' || n, (SELECT salt FROM users WHERE id = 1), (SELECT password FROM users WHERE id = 1)
     FROM generate_series(21, ${USERS * scale}) AS n`,
    `INSERT INTO products (id, name, category, price_cents) VALUES (${saleId(run)}, 'What is on sale', 'sale', 100)`,
    `INSERT INTO stock (sku, on_hand) VALUES ('${saleId(run)}', ${onSaleOf(run)})`,
  ];
  await withoutChecks(primary, async () => {
    for (const statement of statements) {
      await primary.query(statement, statement.includes('$1') ? [popularityOf(run)] : []);
    }
  });
  await primary.query('ANALYZE');
}

/** Makes rows without a look at each: what they refer to is there, and indexes are made once all rows are. */
async function withoutChecks(primary: Client, work: () => Promise<void>): Promise<void> {
  const { rows } = await primary.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid IN ('reviews'::regclass, 'sale'::regclass) AND NOT indisunique`,
  );
  await primary.query('SET session_replication_role = replica');
  for (const { name } of rows) await primary.query(`DROP INDEX ${name}`);
  await work();
  for (const { definition } of rows) await primary.query(definition);
  await primary.query('SET session_replication_role = origin');
}

/** Id of the product that is on sale. */
export const saleId = (run: Pick<ScenarioRun, 'scale'>): number => productsOf(run) + 1;

/** The page of a product, by the example's own query. */
export async function loadPage(handle: Handle, id: string): Promise<string | undefined> {
  const found = await loadProductWithReviews(handle, id);
  return found && renderProduct(found);
}
