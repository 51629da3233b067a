import { checkText } from '../../arguments';
import type { Flush } from '../../write-behind/write-behind';
import type { CartState } from './cart-state';

/** Connection to the database: a client of `pg`, or a pool. */
export interface CartClient {
  /** Runs one statement. */
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** Options of what reads and writes the table. */
export interface CartTableOptions {
  /**
   * Table, where it isn't named as {@link CART_TABLE} names it.
   * @default 'cart'
   */
  readonly table?: string;
}

/** SQL of the table, for a schema of one's own. Rows of carts that are over may be deleted by `changed_at`. */
export const CART_TABLE: string = `CREATE TABLE cart (
  id text PRIMARY KEY,
  version bigint NOT NULL,
  cart jsonb NOT NULL,
  notes jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON cart (changed_at);`;

/**
 * Flush of queued carts, for the option `flush` of `writeBehind`. A row that is newer stays as it is.
 *
 * @param pool a pool of connections to the primary.
 */
export function flushCarts(pool: CartClient, options: CartTableOptions = {}): Flush {
  const table = new CartTable<unknown>(options.table, undefined);
  return async (writes) => {
    await table.flush(
      pool,
      writes.map(({ key, value }) => [key, value as CartState<unknown>]),
    );
  };
}

const NAME = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;

/** Statements of the table. */
export class CartTable<T> {
  readonly #table: string;
  readonly #empty: T;

  constructor(table: string | undefined, empty: T) {
    this.#table = table ?? 'cart';
    checkText('table', this.#table, NAME, 'the name of a table');
    this.#empty = empty;
  }

  /** Cart of a row; an empty one of version 0 where there is none. */
  async read(client: CartClient, id: string, lock = ''): Promise<CartState<T>> {
    const { rows } = await client.query(`SELECT version, cart, notes FROM ${this.#table} WHERE id = $1 ${lock}`, [id]);
    const [row] = rows as { version: string; cart: T; notes: CartState<T>['notes'] }[];
    return row ? { ...row, version: Number(row.version) } : { version: 0, cart: this.#empty, notes: {} };
  }

  /** {@link read} of a row that nobody else changes until the end of the transaction. */
  lock(client: CartClient, id: string): Promise<CartState<T>> {
    return this.read(client, id, 'FOR UPDATE');
  }

  /**
   * Writes a row where it has at most version `most`, or isn't there.
   *
   * @returns whether it did; nobody else changes the row then until the end of the transaction.
   */
  async put(client: CartClient, id: string, most: number, state: CartState<T>): Promise<boolean> {
    return (await this.flush(client, [[id, state]], most)) > 0;
  }

  /**
   * Writes rows where they have at most version `most`, or are older. In order of their ids, so that two batches don't wait for
   * each other.
   */
  async flush(
    client: CartClient,
    states: readonly (readonly [id: string, state: CartState<T>])[],
    most: number | null = null,
  ): Promise<number> {
    const { rows } = await client.query(
      `INSERT INTO ${this.#table} AS known (id, version, cart, notes)
SELECT id, (state->>'version')::bigint, state->'cart', state->'notes' FROM unnest($1::text[], $2::jsonb[]) AS new (id, state) ORDER BY id
ON CONFLICT (id) DO UPDATE SET version = excluded.version, cart = excluded.cart, notes = excluded.notes, changed_at = now()
WHERE known.version <= coalesce($3, excluded.version - 1) RETURNING 1`,
      [states.map(([id]) => id), states.map(([, state]) => JSON.stringify(state)), most],
    );
    return rows.length;
  }
}
