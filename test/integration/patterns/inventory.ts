import { randomInt } from 'node:crypto';
import type { Pool } from 'pg';
import { transaction } from '../../../lambdas/platform/database';
import { Cache, RedisStore } from '../../../lambdas/runtime';
import {
  confirmHold,
  type Hold,
  Inventory,
  type InventoryOptions,
  loadStock,
  SoldOutError,
  STOCK_TABLES,
} from '../../../lambdas/runtime/patterns/inventory';
import { patternKey } from '../../../lambdas/runtime/patterns/keys';
import { OneValue } from '../../support/cache-processes';
import { waitFor } from '../../support/wait-for';
import { PATIENT, type PatternCluster } from './cluster';

export function cases(shared: () => PatternCluster): void {
  const namespace = 'inventory';

  let pool: Pool;

  beforeAll(async () => {
    pool = (await shared().postgres()).database('owner', { poolSize: 10, ...PATIENT }).writer;
    await pool.query(STOCK_TABLES);
  });

  const sell = (wanted: Hold) => transaction(pool, (client) => confirmHold(client, wanted));

  /** Items with their units, and processes that sell them. */
  async function shop(units: Record<string, number>, options: Partial<InventoryOptions<undefined>> = {}) {
    for (const [sku, onHand] of Object.entries(units)) {
      await pool.query('INSERT INTO stock (sku, on_hand) VALUES ($1, $2)', [sku, onHand]);
    }
    return () => {
      const connection = shared().connection({ namespace });
      const cache = new Cache({ shared: new RedisStore(connection), source: new OneValue() });
      const loadOnHand = (_: undefined, sku: string) => loadStock(pool, sku);
      return new Inventory({ connection, cache, name: 'stock', loadOnHand, ...options });
    };
  }

  async function sold(sku: string): Promise<number> {
    const { rows } = await pool.query('SELECT coalesce(sum(quantity), 0)::integer AS sold FROM sale WHERE sku = $1', [sku]);
    return rows[0].sold;
  }

  const hold = (holdId: string, sku: string, quantity = 1): Hold => ({ holdId: `${sku}-${holdId}`, sku, quantity });

  test('two hundred buyers of four processes for fifty units, half of them twice: fifty are held, and fifty sold', async () => {
    const open = await shop({ concert: 50 });
    const processes = Array.from({ length: 4 }, open);
    const buy = async (buyer: number) => {
      const inventory = processes[buyer % 4]!;
      const wanted = hold(`buyer-${buyer}`, 'concert');
      const calls = Array.from({ length: 1 + (buyer % 2) }, () => inventory.reserve(wanted));
      const [reservation, again] = await Promise.all(calls);
      if (again) expect(again.status).toBe(reservation!.status);
      if (reservation!.status !== 'held') return 0;
      const confirmed = await sell(reservation!);
      if (buyer % 3 === 0) expect(await sell(reservation!)).toEqual({ ...confirmed, repeated: true });
      // One in five dies between the commit and this.
      if (buyer % 5 > 0) await inventory.confirmed(reservation!, confirmed.version);
      if (randomInt(2) === 0) await inventory.changed('concert');
      return 1;
    };
    const held = await Promise.all(Array.from({ length: 200 }, (_, buyer) => buy(buyer)));
    expect(held.filter((each) => each === 1)).toHaveLength(50);
    expect(await sold('concert')).toBe(50);
    expect(await loadStock(pool, 'concert')).toMatchObject({ onHand: 0 });
    expect(await processes[0]!.available('concert')).toBe(0);
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });

  test('whichever of sale, confirmation and reload comes first, what is available is what was not held or sold', async () => {
    const open = await shop({ chair: 10 });
    const inventory = open();
    const [a, b] = [hold('a', 'chair', 2), hold('b', 'chair', 3)];
    await inventory.reserve(a);
    await inventory.reserve(b);
    expect(await inventory.available('chair')).toBe(5);
    const soldA = await sell(a);
    const soldB = await sell(b);
    // The database is read with both sales before either is confirmed, and the later is confirmed first.
    await inventory.changed('chair');
    await inventory.confirmed(b, soldB.version);
    await inventory.confirmed(a, soldA.version);
    await inventory.confirmed(a, soldA.version);
    expect(await inventory.available('chair')).toBe(5);
    // Confirmed before it is read.
    const c = hold('c', 'chair', 1);
    await inventory.reserve(c);
    await inventory.confirmed(c, (await sell(c)).version);
    expect(await inventory.available('chair')).toBe(4);
    await inventory.changed('chair');
    expect(await inventory.available('chair')).toBe(4);
    // Sold without a hold, and a delivery.
    const d = hold('d', 'chair', 1);
    await inventory.confirmed(d, (await sell(d)).version);
    expect(await inventory.available('chair')).toBe(3);
    await pool.query("UPDATE stock SET on_hand = 20, version = version + 1 WHERE sku = 'chair'");
    await inventory.changed('chair');
    expect(await inventory.available('chair')).toBe(20);
  });

  test('a repetition is answered as the first, also once it was sold; another quantity is told', async () => {
    const open = await shop({ desk: 5 });
    const inventory = open();
    const wanted = hold('order-1', 'desk', 2);
    const first = await inventory.reserve(wanted);
    expect(first).toMatchObject({ status: 'held', available: 3 });
    expect(await inventory.reserve(wanted)).toMatchObject({
      status: 'held',
      available: 3,
      expiresAt: 'expiresAt' in first ? first.expiresAt : 0,
    });
    await expect(inventory.reserve({ ...wanted, quantity: 1 })).rejects.toMatchObject({ message: /is of 2 units, got: 1/ });
    await inventory.confirmed(wanted, (await sell(wanted)).version);
    expect(await inventory.reserve(wanted)).toMatchObject({ status: 'held', available: 3 });
    expect(await inventory.release(wanted)).toBe(false);
    expect(await inventory.available('desk')).toBe(3);
  });

  test('the id of a hold that was sold sells nothing else', async () => {
    await shop({ pen: 5 });
    await sell(hold('a', 'pen', 2));
    await expect(sell({ ...hold('a', 'pen', 3) })).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
    expect(await sold('pen')).toBe(2);
  });

  test('units of a hold return at its end, and by a release, once', async () => {
    const open = await shop({ lamp: 2 }, { holdSeconds: 1 });
    const inventory = open();
    await inventory.reserve(hold('a', 'lamp'));
    await inventory.reserve(hold('b', 'lamp'));
    expect(await inventory.reserve(hold('c', 'lamp'))).toMatchObject({ status: 'sold-out', available: 0 });
    expect(await inventory.release(hold('a', 'lamp'))).toBe(true);
    expect(await inventory.release(hold('a', 'lamp'))).toBe(false);
    expect(await inventory.reserve(hold('c', 'lamp'))).toMatchObject({ status: 'held', available: 0 });
    await waitFor('the end of the holds', async () => (await inventory.available('lamp')) === 2);
  });

  test('of several items all are held, or none', async () => {
    const open = await shop({ cup: 5, plate: 1 });
    const inventory = open();
    const order = (id: string) => [hold(`${id}-2`, 'plate'), hold(`${id}-1`, 'cup', 2)];
    expect(await inventory.reserveAll(order('a'))).toMatchObject({ status: 'held', holds: [{ sku: 'cup' }, { sku: 'plate' }] });
    expect(await inventory.reserveAll(order('b'))).toMatchObject({ status: 'sold-out', sku: 'plate' });
    expect(await inventory.available('cup')).toBe(3);
    expect(await inventory.reserve(hold('x', 'nothing'))).toMatchObject({ status: 'sold-out', available: 0 });
  });

  test("a hold that the database can't keep is refused at payment, and leaves no sale", async () => {
    const open = await shop({ bike: 1 });
    const inventory = open();
    const held = await inventory.reserve(hold('a', 'bike'));
    await sell(hold('counter', 'bike'));
    // The transaction goes on, and has no row of it.
    await transaction(pool, (client) => expect(inventory.confirm(client, held)).rejects.toThrow(SoldOutError));
    expect((await pool.query("SELECT hold_id FROM sale WHERE sku = 'bike'")).rows).toEqual([{ hold_id: 'bike-counter' }]);
  });

  test('evicted keys are made out again from those that are left', async () => {
    const open = await shop({ vase: 9 });
    const inventory = open();
    await inventory.reserve(hold('a', 'vase', 4));
    await shared()
      .client()
      .del(patternKey(namespace, 'iv', 'stock', 'vase'));
    expect(await inventory.reserve(hold('b', 'vase', 5))).toMatchObject({ status: 'held', available: 0 });
  });
}
