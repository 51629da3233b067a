import { connectionFromEnvironment, type Handle, Problem } from 'cachement/functions';
import { type Hold, Inventory, loadStock } from 'cachement/patterns/inventory';
import type { Cache } from 'cachement/runtime';

/** Pieces that buyers hold while they pay, for ten minutes. The database sells them; a hold makes it likely that it can. */
export function inventoryOf(cache: Cache<Handle>): Inventory<Handle> {
  const loadOnHand = (handle: Handle, sku: string) => loadStock(handle, sku);
  return new Inventory({ connection: connectionFromEnvironment('state'), cache, name: 'stock', loadOnHand });
}

/** The hold of a body such as `{"holdId": "order-1", "productId": 7, "quantity": 2}`. */
export function holdOf({ holdId, productId, quantity }: Record<string, unknown>): Hold {
  if (typeof holdId !== 'string' || !/^[\w-]{1,64}$/.test(holdId)) {
    throw new Problem(400, "'holdId' must be at most 64 letters, digits, '_' and '-': the same for a repetition");
  }
  if (typeof productId !== 'number' || !Number.isInteger(productId) || productId < 1) {
    throw new Problem(400, "'productId' must be a whole number from 1 on");
  }
  if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1 || quantity > 100) {
    throw new Problem(400, "'quantity' must be a whole number from 1 to 100");
  }
  return { holdId, sku: String(productId), quantity };
}
