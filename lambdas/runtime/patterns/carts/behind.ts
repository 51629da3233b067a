import { CacheError, ignored, isUnavailable } from '../../errors';
import type { Namespace } from '../../namespace';
import { newToken } from '../../token';
import type { WriteBehind } from '../../write-behind/write-behind';
import { counted } from '../meter';
import type { CartLines, CartState, CartStore, Decide, Written } from './cart-state';
import type { CartClient } from './cart-table';
import { following, type StoreParts } from './store-parts';

/** Time after which a checkout that says nothing is ended by whoever comes, in milliseconds. */
const CHECKOUT_MS = 10_000;
/** Number of times that a write is made until a replica has it, before it goes on without. */
const SURE_TRIES = 3;
/** Version that no cart has. */
const BUSY = -1;

/** Carts that are in the shared tier before they are in the database. */
export class BehindStore<T extends CartLines, Handle extends CartClient, Client extends CartClient>
  implements CartStore<T, Client>
{
  readonly #parts: StoreParts<T, Handle, Client>;
  readonly #behind: WriteBehind;
  readonly #entries: Namespace<Handle>;

  constructor(parts: StoreParts<T, Handle, Client>, behind: WriteBehind) {
    this.#parts = parts;
    this.#behind = behind;
    this.#entries = parts.cache.namespace(parts.name, {
      freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: parts.keepSeconds },
      jitter: 0,
      earlyRefresh: 0,
    });
  }

  get(id: string): Promise<CartState<T>> {
    return this.#read(id);
  }

  async change(id: string, decide: Decide<T>, refused: number | undefined): Promise<Written<T> | number> {
    const state = await this.#read(id, refused);
    // Nothing is added to what is being paid for.
    if (state.notes.ordering) return BUSY;
    const content = decide(state);
    if (!content) return { state, replicated: false };
    return (await this.#write(id, state, following(this.#parts, state.version, content))) ?? state.version;
  }

  /**
   * The cart is marked, which nobody changes then; ordered and emptied in the database, under the mark's version; and emptied
   * here. Whoever finds a mark that has ended asks the database what became of it, and sees to it that nothing more does.
   */
  async checkout(id: string, order: (client: Client, cart: T) => Promise<void>): Promise<void> {
    const { table, transaction, empty } = this.#parts;
    const marked = await this.#mark(id);
    if (!marked) return;
    const { ordering: _, ...notes } = marked.notes;
    const emptied = following(this.#parts, marked.version, { cart: empty, notes });
    try {
      await transaction(async (client) => {
        // From here on until the commit nobody else changes the row.
        if (!(await table.put(client, id, marked.version, marked))) throw conflict(id);
        await order(client, marked.cart);
        await table.put(client, id, marked.version, emptied);
      });
    } catch (error) {
      await this.#end(id, marked).catch(ignored);
      throw error;
    }
    await this.#write(id, marked, emptied).catch((error) => {
      // The mark ends by itself, and the database knows.
      if (!isUnavailable(error)) throw error;
      counted(this.#parts.meter, 'Unavailable');
    });
  }

  /** Marks a cart; undefined where it has no lines. @throws {CacheError} `E_CONFLICT` where others change it all the time. */
  async #mark(id: string): Promise<CartState<T> | undefined> {
    const token = newToken();
    const until = this.#parts.cache.internals.read.now() + CHECKOUT_MS;
    let refused: number | undefined;
    for (let turn = 0; turn < SURE_TRIES; turn++) {
      const state = await this.#read(id, refused);
      if (state.cart.lines.length === 0) return undefined;
      const { ordering } = state.notes;
      if (ordering && ordering.id !== token) throw conflict(id);
      const content = { cart: state.cart, notes: { ...state.notes, ordering: { id: token, until } } };
      const written = await this.#write(id, state, following(this.#parts, state.version, content));
      // A mark that a failover loses would leave the cart as it was before the order.
      if (written && (written.replicated || turn === SURE_TRIES - 1)) return written.state;
      refused = written ? undefined : state.version;
    }
    throw conflict(id);
  }

  /** Ends a checkout whose mark is there: with the database's state, if it was made, and as if it had never been, if not. */
  async #end(id: string, marked: CartState<T>): Promise<CartState<T>> {
    const { table, transaction } = this.#parts;
    const { ordering: _, ...notes } = marked.notes;
    const undone = following(this.#parts, marked.version + 1, { cart: marked.cart, notes });
    const ended = await transaction(async (client) => {
      const isUndone = await table.put(client, id, marked.version, undone);
      return isUndone ? undone : await table.read(client, id);
    });
    await this.#write(id, marked, ended);
    return ended;
  }

  /** @param refused version that was read before, though the row that is known is another, or unknown. */
  async #read(id: string, refused?: number): Promise<CartState<T>> {
    const found = (await this.#entries.get(id)) as CartState<T> | undefined;
    const state = found && found.version !== refused ? found : await this.#load(id);
    const { ordering } = state.notes;
    return ordering && ordering.until < this.#parts.cache.internals.read.now() ? this.#end(id, state) : state;
  }

  /** Loads a cart, and stores it with its row, by which changes are compared. */
  async #load(id: string): Promise<CartState<T>> {
    const { cache, table } = this.#parts;
    const { source, clock } = cache.internals.read;
    const committedAt = clock.now();
    const load = (handle: Handle) => table.read(handle, id);
    const { value: state } = await source.load(load, { primaryOnly: true });
    const isStored = await this.#entries.set(id, state, { rowVersion: state.version, committedAt });
    // Where it isn't, something newer is on its way to the database.
    return isStored ? state : (((await this.#entries.get(id)) as CartState<T> | undefined) ?? state);
  }

  /** @returns undefined where the cart isn't known to be the one that was read. */
  async #write(id: string, { version }: CartState<T>, state: CartState<T>): Promise<Written<T> | undefined> {
    let replicated = false;
    const behind: Pick<WriteBehind, 'put'> = {
      put: async (...write) => {
        const queued = await this.#behind.queue(...write);
        replicated = queued.replicated;
        return queued.stored;
      },
    };
    try {
      await this.#entries.set(id, state, { behind, rowVersion: state.version, ifRowVersion: version });
    } catch (error) {
      if ((error as CacheError).code === 'E_CONFLICT') return undefined;
      throw error;
    }
    return { state, replicated };
  }
}

/** Error of a change that somebody else's came before, each time. */
export function conflict(id: string): CacheError {
  return new CacheError('E_CONFLICT', `cart '${id}' is being changed, or checked out, by others; nothing was changed`, {
    key: id,
  });
}
