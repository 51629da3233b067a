import { Inventory, loadStock, STOCK_TABLES } from 'cachement/patterns/inventory';
import type { DatabaseSubject } from './subject';

/** The one item that is on sale. */
const SKU = 'item';
const UPDATE = {
  name: 'update',
  text: 'UPDATE stock SET on_hand = on_hand - 1, version = version + 1 WHERE sku = $1 AND on_hand >= 1',
};

/** Reservations of one item, beside the statement that sells a unit of it and nothing around it. */
export const stock: DatabaseSubject = {
  statement: 'conditional updates of one row',
  async prepare({ owner }) {
    await owner.query(STOCK_TABLES);
    await owner.query('INSERT INTO stock (sku, on_hand) VALUES ($1, 1000000000)', [SKU]);
  },
  async open({ connection, cache, pool }) {
    const inventory = new Inventory({
      connection,
      cache,
      name: 'stock',
      maxHoldsPerItem: 1_000_000,
      loadOnHand: (handle, sku) => loadStock(handle, sku),
      onUnavailable: 'deny',
    });
    return {
      async ours(n) {
        const { status } = await inventory.reserve({ holdId: `${process.pid}-${n}`, sku: SKU, quantity: 1 });
        if (status !== 'held') throw new Error(`a reservation was '${status}'`);
      },
      async sql() {
        const { rowCount } = await pool.query({ ...UPDATE, values: [SKU] });
        if (rowCount !== 1) throw new Error('an update had no row');
      },
    };
  },
};
