import { isUnavailable } from '../../errors';
import type { Namespace } from '../../namespace';
import { counted } from '../meter';
import type { CartLines, CartState, CartStore, Decide, Written } from './cart-state';
import type { CartClient } from './cart-table';
import { following, type StoreParts } from './store-parts';

/** Longest life of a cart in the shared tier, in seconds: whoever changes rows by hand is seen by then. */
const MOST_SECONDS = 300;

/** Carts that are in the database before anything is acknowledged; the shared tier makes reading them fast. */
export class ThroughStore<T extends CartLines, Handle extends CartClient, Client extends CartClient>
  implements CartStore<T, Client>
{
  readonly #parts: StoreParts<T, Handle, Client>;
  readonly #entries: Namespace<Handle>;

  constructor(parts: StoreParts<T, Handle, Client>) {
    this.#parts = parts;
    const sharedTtlSeconds = Math.min(parts.keepSeconds, MOST_SECONDS);
    this.#entries = parts.cache.namespace(parts.name, { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds } });
  }

  async get(id: string): Promise<CartState<T>> {
    const load = (handle: Handle) => this.#parts.table.read(handle, id);
    return (await this.#entries.getOrSet(id, load)) as CartState<T>;
  }

  async change(id: string, decide: Decide<T>, refused: number | undefined): Promise<Written<T> | number> {
    // The first try trusts what is cached, and the statement tells. The others wait for their turn at the row.
    const read = refused === undefined ? await this.get(id) : undefined;
    return this.#write(id, async (client) => {
      const state = read ?? (await this.#parts.table.lock(client, id));
      const content = decide(state);
      if (!content) return { state, replicated: true };
      const next = following(this.#parts, state.version, content);
      return (await this.#parts.table.put(client, id, state.version, next)) ? { state: next, replicated: true } : state.version;
    });
  }

  async checkout(id: string, order: (client: Client, cart: T) => Promise<void>): Promise<void> {
    await this.#write(id, async (client) => {
      const { table, empty } = this.#parts;
      const state = await table.lock(client, id);
      const { version, cart, notes } = state;
      if (cart.lines.length === 0) return { state, replicated: true };
      await order(client, cart);
      const emptied = following(this.#parts, version, { cart: empty, notes });
      await table.put(client, id, version, emptied);
      return { state: emptied, replicated: true };
    });
  }

  /** Runs a transaction, and puts what it wrote into the shared tier. */
  async #write(id: string, work: (client: Client) => Promise<Written<T> | number>): Promise<Written<T> | number> {
    const committedAt = this.#parts.cache.internals.read.clock.now();
    const written = await this.#parts.transaction(work);
    if (typeof written === 'number' || written.state.version === 0) return written;
    const { state } = written;
    try {
      await this.#entries.set(id, state, { rowVersion: state.version, committedAt });
    } catch (error) {
      // It is in the database, by which the next change of it goes.
      if (!isUnavailable(error)) throw error;
      counted(this.#parts.meter, 'Unavailable');
    }
    return written;
  }
}
