import { confirmHold, Inventory, loadStock, SoldOutError } from 'cachement/patterns/inventory';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';
import type { GameContext, MakeGame } from '../game';
import { monotonic } from '../journal';

const SKUS = 6;
const HOLD_SECONDS = 5;
/** Units of a delivery. */
const DELIVERY = 20;

/** Buyers who hold, buy, change their minds, or leave; and deliveries. */
export const inventory: MakeGame = (context) => {
  const { connection, cache, pool, random, process, note } = context;
  const stock = new Inventory<Handle>({
    connection,
    cache,
    name: 'stock',
    holdSeconds: HOLD_SECONDS,
    loadOnHand: (handle, sku) => loadStock(handle, sku),
  });
  let last = 0;
  return {
    async turn() {
      const sku = `sku-${Math.floor(random.between(0, SKUS))}`;
      const began = monotonic();
      if (random.chance(0.02)) {
        note('delivering', began, { sku, quantity: DELIVERY });
        await pool.query('UPDATE stock SET on_hand = on_hand + $2, version = version + 1 WHERE sku = $1', [sku, DELIVERY]);
        note('delivered', began, { sku, quantity: DELIVERY });
        await stock.changed(sku);
        return;
      }
      const hold = { holdId: `${process}-${++last}`, sku, quantity: 1 + Math.floor(random.between(0, 3)) };
      const reserved = await stock.reserve(hold);
      if (random.chance(0.2)) await stock.reserve(hold);
      if (reserved.status === 'sold-out') return;
      note(reserved.status, began, hold);
      const decided = monotonic();
      const chance = random.next();
      if (chance < 0.6) {
        const sale = await sell(hold, context);
        if (sale === undefined) return;
        note('sold', decided, hold);
        await stock.confirmed(hold, sale);
      } else if (chance < 0.9) {
        note('releasing', decided, hold);
        await stock.release(hold);
      }
    },
  };
};

/** Version of the item's row that the sale made; undefined where the database refuses it. */
async function sell(
  hold: { holdId: string; sku: string; quantity: number },
  { pool, without }: GameContext,
): Promise<number | undefined> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    let version: number;
    if (without === 'conditional-update') {
      // As somebody would who trusts that what is held is there.
      await client.query('INSERT INTO sale (hold_id, sku, quantity) VALUES ($1, $2, $3)', [hold.holdId, hold.sku, hold.quantity]);
      const { rows } = await client.query(
        'UPDATE stock SET on_hand = on_hand - $2, version = version + 1 WHERE sku = $1 RETURNING version',
        [hold.sku, hold.quantity],
      );
      version = Number(rows[0].version);
    } else ({ version } = await confirmHold(client, hold));
    await client.query('COMMIT');
    client.release();
    return version;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    client.release(!(error instanceof SoldOutError));
    if (error instanceof SoldOutError) return undefined;
    throw error;
  }
}
