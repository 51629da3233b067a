import type { Judge } from '../judge';

const SKUS = Array.from({ length: 6 }, (_, i) => `sku-${i}`);
const UNITS = 30;

/** Items of which more was sold than there was, and sales that are in no stock. */
export const inventory: Judge = {
  game: 'inventory',
  invariants: ['oversold'],
  keys: (namespace) => SKUS.map((sku) => `${namespace}:iv:stock:{${sku}}`),
  async prepare({ sql, roles, database }) {
    // Without a CHECK, which would hide what the bench is to show.
    await sql(
      roles.primary,
      `DROP TABLE IF EXISTS sale, stock;
       CREATE TABLE stock (sku text PRIMARY KEY, on_hand integer NOT NULL, version bigint NOT NULL DEFAULT 1);
       CREATE TABLE sale (hold_id text PRIMARY KEY, sku text NOT NULL REFERENCES stock, quantity integer NOT NULL, stock_version bigint,
         sold_at timestamptz NOT NULL DEFAULT now());
       INSERT INTO stock SELECT 'sku-' || i, ${UNITS} FROM generate_series(0, ${SKUS.length - 1}) i;
       GRANT ALL ON stock, sale TO ${database.username}`,
    );
  },
  async judge({ notes, testbed }) {
    const rows = await testbed.sql<{ sku: string; on_hand: number; sold: number }>(
      testbed.roles.primary,
      'SELECT sku, on_hand, (SELECT coalesce(sum(quantity), 0)::integer FROM sale WHERE sale.sku = stock.sku) AS sold FROM stock',
    );
    let oversold = 0;
    for (const { sku, on_hand, sold } of rows) {
      const of = (kind: string) => notes.filter((note) => note.kind === kind && note.data.sku === sku);
      const sum = (kind: string) => of(kind).reduce((all, { data }) => all + data.quantity, 0);
      // A delivery whose process was killed may be there.
      if (on_hand < 0 || sold > UNITS + sum('delivering') || sold + on_hand < UNITS + sum('delivered')) oversold++;
      if (sold < sum('sold')) oversold++;
    }
    return { oversold };
  },
};
