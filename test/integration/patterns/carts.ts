import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { transaction } from '../../../lambdas/platform/database';
import { Cache, type CacheError, RedisStore } from '../../../lambdas/runtime';
import { CART_TABLE, type CartLines, Carts, type CartsOptions, flushCarts } from '../../../lambdas/runtime/patterns/carts';
import { valueKey } from '../../../lambdas/runtime/shared/redis-keys';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import {
  type BehindParts,
  type BehindRequest,
  type Flush,
  type Queued,
  WriteBehind,
} from '../../../lambdas/runtime/write-behind/write-behind';
import { waitFor } from '../../support/wait-for';
import { PATIENT, type PatternCluster } from './cluster';

interface Cart extends CartLines {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

type Durability = 'through' | 'behind';

/** Death of a process: before the effect of its nth write, or after it; none of those that follow has one. */
class Death {
  #left: number;
  readonly #after: boolean;

  constructor(nth: number, after = false) {
    this.#left = nth;
    this.#after = after;
  }

  async around<T>(effect: () => Promise<T>): Promise<T> {
    this.#left--;
    const dies = this.#left <= 0;
    if (!dies || (this.#left === 0 && this.#after)) {
      const result = await effect();
      if (!dies) return result;
    }
    throw new Error('the process was killed');
  }
}

export function cases(shared: () => PatternCluster): void {
  const namespace = 'carts';
  const queues: WriteBehind[] = [];
  let pool: Pool;

  beforeAll(async () => {
    const postgres = await shared().postgres();
    pool = postgres.database('owner', { poolSize: 20, ...PATIENT }).writer;
    await pool.query(CART_TABLE);
    await pool.query('CREATE TABLE cart_order (cart text NOT NULL, lines jsonb NOT NULL)');
  });
  afterEach(async () => {
    await Promise.all(queues.splice(0).map((queue) => queue.close({ drainMs: 0 })));
  });

  /** A process with carts; one that is to die does so around its writes. */
  function open(
    durability: Durability,
    { death, flush, ...options }: Partial<CartsOptions<Cart, Handle, PoolClient>> & { death?: Death; flush?: Flush } = {},
  ) {
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead, sleep: () => Promise.resolve() };
    const connection = shared().connection({ namespace, clock });
    const source = new PostgresVersions({ writer: pool, readers: [] });
    class Queue extends WriteBehind {
      override queue(request: BehindRequest, parts: BehindParts, given?: object): Promise<Queued> {
        const effect = () => super.queue(request, parts, given);
        return death ? death.around(effect) : effect();
      }
    }
    const behind = new Queue({ connection, source, flush: flush ?? flushCarts(pool), everyMs: 60_000, claimMs: 1 });
    queues.push(behind);
    const carts = new Carts<Cart, Handle, PoolClient>({
      cache: new Cache<Handle>({ shared: new RedisStore(connection), source }),
      name: durability,
      empty: { lines: [] },
      durability,
      transaction: (work) => {
        const effect = () => transaction(pool, work);
        return death ? death.around(effect) : effect();
      },
      ...(durability === 'behind' && { behind }),
      ...options,
    });
    return { carts, behind, clock };
  }

  const adding = (sku: string) => (cart: Readonly<Cart>) => ({ ...cart, lines: [...cart.lines, { sku, quantity: 1 }] });
  const skus = ({ cart }: { readonly cart: Cart }) => cart.lines.map(({ sku }) => sku).sort();
  const row = async (id: string) =>
    (await pool.query('SELECT cart FROM cart WHERE id = $1', [id])).rows[0] as { cart: Cart } | undefined;
  const orders = async (id: string) =>
    (await pool.query('SELECT lines FROM cart_order WHERE cart = $1', [id])).rows as { lines: Cart['lines'] }[];
  const order = async (client: PoolClient, id: string, { lines }: Cart) => {
    await client.query('INSERT INTO cart_order VALUES ($1, $2)', [id, JSON.stringify(lines)]);
    return lines.length;
  };
  const flushed = (queue: WriteBehind, id: string, expected: readonly string[]) =>
    waitFor('the flush', async () => {
      await queue.flush();
      const there = await row(id);
      return there !== undefined && skus(there).join() === expected.join();
    });

  /** Repeats what others came before. */
  async function insisting<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if ((error as CacheError).code !== 'E_CONFLICT') throw error;
      }
    }
  }

  describe.each(['through', 'behind'] as const)('%s', (durability) => {
    test('what four processes add to one cart at once is all there, once', async () => {
      const id = `many-${durability}`;
      const processes = Array.from({ length: 4 }, () => open(durability));
      const all = Array.from({ length: 80 }, (_, n) => `sku-${n}`);
      await Promise.all(
        processes.map(async ({ carts }, process) => {
          for (const [n, sku] of all.entries()) if (n % 4 === process) await insisting(() => carts.update(id, adding(sku)));
        }),
      );
      const read = await processes[0]!.carts.get(id);
      expect(skus(read)).toEqual([...all].sort());
      if (durability === 'behind') await flushed(processes[1]!.behind, id, skus(read));
      expect(skus((await row(id))!)).toEqual(skus(read));
      const without = await shared().keysWithoutTtl(namespace);
      expect(without.filter((key) => !key.startsWith(`${namespace}:q:slots`))).toEqual([]);
    });

    test('a change with an id is made once, and one that is too large not at all', async () => {
      const { carts } = open(durability, { maxLines: 2, maxBytes: 200 });
      const id = `once-${durability}`;
      expect(await carts.get(id)).toEqual({ cart: { lines: [] }, version: 0 });
      const first = await carts.update(id, adding('a'), { id: 'click-1' });
      const again = await carts.update(id, adding('a'), { id: 'click-1' });
      expect(skus(again)).toEqual(['a']);
      expect(again.version).toBeGreaterThan(first.version);
      await carts.update(id, adding('b'));
      await expect(carts.update(id, adding('c'))).rejects.toMatchObject({
        code: 'E_UNSTORABLE_VALUE',
        message: expect.stringMatching(/^cart '[^']+' must have at most 2 lines and 200 bytes, got: 3 and \d+$/),
      });
      await expect(carts.update(id, () => ({ lines: [{ sku: 'x'.repeat(200), quantity: 1 }] }))).rejects.toThrow(
        /got: 1 and \d+$/,
      );
      expect(skus(await carts.get(id))).toEqual(['a', 'b']);
    });

    test('a merge whose process dies at any step is finished by the next, and nothing is doubled or lost', async () => {
      const deaths = [1, 2, 3].flatMap((nth) => [false, true].map((after) => ({ nth, after })));
      await Promise.all(
        deaths.map(async ({ nth, after }) => {
          const { carts } = open(durability);
          const [from, into] = [`guest-${durability}-${nth}-${after}`, `user-${durability}-${nth}-${after}`];
          await carts.update(from, adding('of the guest'));
          await carts.update(into, adding('of the user'));
          await expect(open(durability, { death: new Death(nth, after) }).carts.merge({ from, into })).rejects.toThrow('killed');
          // Another tab, in between.
          await carts.update(from, adding('late'));
          const merged = await carts.merge({ from, into });
          expect(skus(merged)).toEqual(['late', 'of the guest', 'of the user']);
          expect(skus(await carts.merge({ from, into }))).toEqual(skus(merged));
          expect(skus(await carts.get(from))).toEqual([]);
        }),
      );
    });

    test('a checkout orders what is there and empties the cart in one transaction; a failed one does neither', async () => {
      const { carts, behind } = open(durability);
      const id = `order-${durability}`;
      await carts.update(id, adding('a'));
      await carts.update(id, adding('b'));
      await expect(
        carts.checkout(id, async (client, cart) => {
          await order(client, id, cart);
          throw new Error('the card was declined');
        }),
      ).rejects.toThrow('declined');
      expect(skus(await carts.get(id))).toEqual(['a', 'b']);
      expect(await orders(id)).toEqual([]);
      expect(await carts.checkout(id, (client, cart) => order(client, id, cart))).toBe(2);
      expect(await carts.get(id)).toMatchObject({ cart: { lines: [] } });
      expect(await row(id)).toEqual({ cart: { lines: [] } });
      // The second click.
      expect(await carts.checkout(id, (client, cart) => order(client, id, cart))).toBeUndefined();
      expect(await orders(id)).toHaveLength(1);
      await carts.update(id, adding('c'));
      if (durability === 'behind') await flushed(behind, id, ['c']);
      expect(skus((await row(id))!)).toEqual(['c']);
    });
  });

  test('nobody adds to a cart that is being paid for, and one whose process died is ended by whoever comes', async () => {
    for (const [n, after] of [false, true].entries()) {
      const id = `paying-${n}`;
      const { carts, clock } = open('behind');
      await carts.update(id, adding('a'));
      // Its writes: the mark, the transaction; and all that would tidy up.
      const dying = open('behind', { death: new Death(2, after) }).carts;
      await expect(dying.checkout(id, (client, cart) => order(client, id, cart))).rejects.toThrow('killed');
      await expect(carts.update(id, adding('b'))).rejects.toMatchObject({ code: 'E_CONFLICT' });
      expect(skus(await carts.get(id))).toEqual(['a']);
      clock.ahead = 11_000;
      const next = await carts.update(id, adding('b'));
      expect(skus(next)).toEqual(after ? ['b'] : ['a', 'b']);
      expect(await orders(id)).toHaveLength(after ? 1 : 0);
    }
  });

  test('a checkout that was ended by somebody else is not committed', async () => {
    const id = 'slow';
    const [slow, other] = [open('behind'), open('behind')];
    await slow.carts.update(id, adding('a'));
    let marked = false;
    const held = open('behind', {
      transaction: async (work) => {
        other.clock.ahead = 11_000;
        if (!marked) await other.carts.update(id, adding('b'));
        marked = true;
        return transaction(pool, work);
      },
    });
    await expect(held.carts.checkout(id, (client, cart) => order(client, id, cart))).rejects.toMatchObject({
      code: 'E_CONFLICT',
    });
    expect(marked).toBe(true);
    expect(await orders(id)).toEqual([]);
    expect(skus(await slow.carts.get(id))).toEqual(['a', 'b']);
  });

  test('a failover, and a flusher that dies, lose nothing that said it was replicated', async () => {
    const id = `failover-${randomUUID()}`;
    const hung: Flush = () => new Promise(() => {});
    const [a, b, through] = [open('behind', { flush: hung }), open('behind'), open('through').carts];
    const kept: string[] = [];
    const add = async (sku: string) => {
      const { replicated } = await insisting(() => a.carts.update(id, adding(sku), { id: sku }));
      if (replicated) kept.push(sku);
      return replicated;
    };
    await waitFor('a replica', () => add(`before-${kept.length}`));
    for (let n = 0; n < 10; n++) await add(`sku-${n}`);
    // It takes them, and never ends.
    void a.behind.flush();
    await through.update(`${id}-through`, adding('x'));
    await shared().withFailover(valueKey(namespace, `behind/1/${id}`), async () => {
      expect(skus(await through.update(`${id}-through`, adding('y')))).toEqual(['x', 'y']);
      // It has no replica of its own yet.
      const go = () =>
        add('after').then(
          () => true,
          () => false,
        );
      await waitFor('the replica', go, { timeoutMs: 20_000 });
    });
    const there = skus(await b.carts.get(id));
    expect(there).toEqual(expect.arrayContaining(kept));
    expect(new Set(there).size).toBe(there.length);
    await pool.query('DELETE FROM cart WHERE id = $1', [id]);
    await flushed(b.behind, id, there);
  });
}
