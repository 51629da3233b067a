import { Carts, flushCarts } from 'cachement/patterns/carts';
import { writeBehind } from 'cachement/runtime/write-behind/write-behind';
import type { PoolClient } from 'pg';
import type { Handle } from '../../../lambdas/runtime/versions/postgres';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

interface Cart {
  readonly lines: readonly string[];
}

const USERS = 12;
/** Chances of an operation: the others add a line. */
const MERGES = 0.05;
const CHECKOUTS = 0.02;

/** Carts behind the database, to which all processes add lines, and guests give theirs; now and then one is paid. */
export const carts: MakeGame = ({ connection, cache, pool, random, process, without, note }) => {
  const flush = flushCarts(pool);
  const queue = writeBehind({
    connection,
    source: cache.internals.read.source,
    claimMs: 500,
    flush: async (writes) => {
      const began = monotonic();
      await flush(writes);
      note('flushed', began, { carts: writes.map(({ key, rowVersion }) => [key, Number(rowVersion)]) });
    },
  });
  const empty: Cart = { lines: [] };
  const shop = new Carts<Cart, Handle, PoolClient>({
    cache,
    name: 'cart',
    empty,
    durability: 'behind',
    behind: queue,
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        client.release();
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {});
        client.release(true);
        throw error;
      }
    },
  });
  let last = 0;

  async function add(id: string): Promise<void> {
    const line = `${process}-${++last}`;
    const began = monotonic();
    const read = without === 'compare' ? await shop.get(id) : undefined;
    const { replicated, version } = await shop.update(id, ({ lines }) => ({ lines: [...(read?.cart.lines ?? lines), line] }), {
      id: line,
    });
    note('added', began, { id, line, version, replicated });
  }

  return {
    async turn() {
      const user = `user-${Math.floor(random.between(0, USERS))}`;
      const chance = random.next();
      try {
        if (chance < MERGES) {
          const guest = `guest-${process}-${++last}`;
          await add(guest);
          await shop.merge({ from: guest, into: user });
        } else if (chance < MERGES + CHECKOUTS) {
          await shop.checkout(user, (client, { lines }) =>
            client.query('INSERT INTO cart_order (cart, lines) VALUES ($1, $2)', [user, JSON.stringify(lines)]),
          );
        } else await add(user);
      } catch (error) {
        // Of so many who change so few carts, some are always too late; and a cart that nobody pays is full.
        const { code } = error as { code?: string };
        if (code !== 'E_CONFLICT' && code !== 'E_UNSTORABLE_VALUE') throw error;
        if (code === 'E_UNSTORABLE_VALUE')
          await shop
            .checkout(user, (client, { lines }) =>
              client.query('INSERT INTO cart_order (cart, lines) VALUES ($1, $2)', [user, JSON.stringify(lines)]),
            )
            .catch(() => {});
      }
    },
    async finish() {
      // Everything that dead processes have left is found by asking all slots, at a queue's start.
      const rest = writeBehind({ connection, source: cache.internals.read.source, claimMs: 1, everyMs: 100, flush });
      // Ten times in a row nothing: what somebody else had claimed is free by then.
      for (let idle = 0; idle < 10; ) {
        idle = (await rest.flush()) === 0 ? idle + 1 : 0;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      await rest.close();
      await queue.close();
    },
  };
};
