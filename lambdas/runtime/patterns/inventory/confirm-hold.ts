import { mustBe } from '../../arguments';
import { invalid } from '../../errors';
import type { Hold, OnHand } from './hold';

/** Connection to the primary, in the caller's transaction: a client of `pg`, say. */
export interface StockClient {
  /** Runs one statement. */
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** Options of {@link confirmHold}: the tables, where they aren't named as {@link STOCK_TABLES} names them. */
export interface ConfirmHoldOptions {
  /**
   * Table with a row an item: `sku`, `on_hand`, `version`.
   * @default 'stock'
   */
  readonly stock?: string;
  /**
   * Table with a row a sale: `hold_id`, its primary key, `sku`, `quantity`, `stock_version`.
   * @default 'sale'
   */
  readonly sales?: string;
}

/** Error of a sale that the database refuses: fewer units are there than were held, or than were asked for without a hold. */
export class SoldOutError extends Error {
  constructor(
    /** Item of the sale. */
    readonly sku: string,
    /** Units that were asked for. */
    readonly quantity: number,
  ) {
    super(`item '${sku}' has fewer than ${quantity} units`);
    this.name = 'SoldOutError';
  }
}

/** SQL of the two tables, for a schema of one's own. */
export const STOCK_TABLES: string = `CREATE TABLE stock (
  sku text PRIMARY KEY,
  on_hand integer NOT NULL CHECK (on_hand >= 0),
  version bigint NOT NULL DEFAULT 1
);
CREATE TABLE sale (
  hold_id text PRIMARY KEY,
  sku text NOT NULL REFERENCES stock,
  quantity integer NOT NULL CHECK (quantity > 0),
  stock_version bigint,
  sold_at timestamptz NOT NULL DEFAULT now()
);`;

/** Loader of an item's row, for the option `loadOnHand`. */
export async function loadStock(
  client: StockClient,
  sku: string,
  { stock = 'stock' }: ConfirmHoldOptions = {},
): Promise<OnHand | undefined> {
  const { rows } = await client.query(`SELECT on_hand, version FROM ${table('stock', stock)} WHERE sku = $1`, [sku]);
  const [row] = rows as { on_hand: number; version: string }[];
  return row && { onHand: Number(row.on_hand), version: Number(row.version) };
}

/**
 * Sells what is held, in the caller's transaction: a conditional `UPDATE` of the stock, and a row of the sale under the hold's
 * id, so that a repetition sells nothing more. It is right with any hold, one that has ended, and none: what the shared tier
 * knows makes a sale likely, and never lawful. Several of one transaction are to be confirmed in order of their items.
 *
 * @returns the version of the item's row that the sale made, for {@link Inventory.confirmed}.
 * @throws {SoldOutError} where there are too few units; the transaction goes on, and has no row of it. {@link CacheError}
 * `E_INVALID_ARGUMENT` where the id sold something else.
 */
export async function confirmHold(
  client: StockClient,
  hold: Hold,
  options: ConfirmHoldOptions = {},
): Promise<{ readonly version: number; readonly repeated: boolean }> {
  const stock = table('stock', options.stock ?? 'stock');
  const sales = table('sales', options.sales ?? 'sale');
  const { holdId, sku, quantity } = hold;
  mustBe(Number.isSafeInteger(quantity) && quantity > 0, 'quantity', 'a whole number of at least 1', quantity);
  // Two of one id: the later waits for the earlier's commit here.
  const { rows: inserted } = await client.query(
    `INSERT INTO ${sales} (hold_id, sku, quantity) VALUES ($1, $2, $3) ON CONFLICT (hold_id) DO NOTHING RETURNING hold_id`,
    [holdId, sku, quantity],
  );
  if (inserted.length === 0) {
    const { rows } = await client.query(`SELECT sku, quantity, stock_version FROM ${sales} WHERE hold_id = $1`, [holdId]);
    const sale = rows[0] as { sku: string; quantity: number; stock_version: string };
    if (sale.sku !== sku || Number(sale.quantity) !== quantity) {
      throw invalid(`'holdId' must be of one hold, got: ${holdId}, which sold ${sale.quantity} of '${sale.sku}'`);
    }
    return { version: Number(sale.stock_version), repeated: true };
  }
  const { rows: sold } = await client.query(
    `WITH taken AS (
      UPDATE ${stock} SET on_hand = on_hand - $3::integer, version = version + 1 WHERE sku = $2 AND on_hand >= $3::integer RETURNING version
    ) UPDATE ${sales} SET stock_version = taken.version FROM taken WHERE hold_id = $1 RETURNING stock_version`,
    [holdId, sku, quantity],
  );
  if (sold.length === 0) {
    // Whoever catches the error may commit all the same.
    await client.query(`DELETE FROM ${sales} WHERE hold_id = $1`, [holdId]);
    throw new SoldOutError(sku, quantity);
  }
  return { version: Number((sold[0] as { stock_version: string }).stock_version), repeated: false };
}

/** Name of a table, which is a part of the statement. */
function table(option: string, name: string): string {
  mustBe(typeof name === 'string' && /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name), option, 'the name of a table', name);
  return name;
}
