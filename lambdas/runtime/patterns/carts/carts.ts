import { checkText, mustBe, wholeNumbers } from '../../arguments';
import type { Cache } from '../../cache';
import { CacheError } from '../../errors';
import type { WriteBehind } from '../../write-behind/write-behind';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import { BehindStore, conflict } from './behind';
import { type CartLines, type CartStore, type Content, changedOnce, type Decide, type Written } from './cart-state';
import { type CartClient, CartTable, type CartTableOptions } from './cart-table';
import { ThroughStore } from './through';

/** Options of Carts. */
export interface CartsOptions<T extends CartLines, Handle extends CartClient, Client extends CartClient>
  extends CartTableOptions {
  /** Cache over the database that has the carts. */
  readonly cache: Cache<Handle>;
  /** Name, a namespace of the cache: lower case letters, digits and dashes. */
  readonly name: string;
  /** Cart without lines. */
  readonly empty: T;
  /** Runs work in a transaction of the primary, commits it where it returns, and rolls it back where it throws. */
  readonly transaction: <R>(work: (client: Client) => Promise<R>) => Promise<R>;
  /**
   * Cart with the lines of both. Called again where others change a cart meanwhile.
   * @default - the lines of `into`, then those of `from`
   */
  readonly merge?: (into: T, from: T) => T;
  /**
   * `through`: a change is in the database before it is acknowledged. `behind`: it is in the shared tier, and on one replica
   * where `replicated` says so; in the database some 200 ms later. It needs `behind`, and a tier that evicts nothing.
   * @default 'through'
   */
  readonly durability?: 'through' | 'behind';
  /**
   * Queue of changes, for the durability `behind`; one that flushes has {@link flushCarts}.
   * @default - none
   */
  readonly behind?: WriteBehind;
  /**
   * Time for which the shared tier keeps a cart that nobody changes, in seconds; with `through` at most 300.
   * @default 604800 (7 days)
   */
  readonly keepSeconds?: number;
  /**
   * Largest number of lines of a cart.
   * @default 200
   */
  readonly maxLines?: number;
  /**
   * Largest cart, in bytes of JSON.
   * @default 65536
   */
  readonly maxBytes?: number;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Cart that was read. */
export interface CartRead<T> {
  /** Cart; the empty one where there is none. */
  readonly cart: Readonly<T>;
  /** Version, which grows with each change; 0 where there is no cart. */
  readonly version: number;
}

/** Cart that was changed. */
export interface CartUpdate<T> extends CartRead<T> {
  /** True where one failover of the shared tier doesn't lose it: a replica has it or, with `through`, the database. */
  readonly replicated: boolean;
}

/** Options of {@link Carts.update}. */
export interface UpdateOptions {
  /**
   * Id of the change, the caller's: a repetition with it changes nothing. A cart remembers the last 50.
   * @default - none, so that a repetition is another change
   */
  readonly id?: string;
}

/** Carts of a merge. */
export interface MergeRequest {
  /** Cart that gives its lines away, a guest's, say. */
  readonly from: string;
  /** Cart that gets them. */
  readonly into: string;
}

const DEFAULTS = { keepSeconds: 7 * 86_400, maxLines: 200, maxBytes: 65_536 };
/** Number of times that a change is tried. */
const TRIES = 5;
/** Pause after the first try of a change, in milliseconds; each is twice the one before, and any part of it. */
const PAUSE_MS = 20;
/** Number of times that a step of a merge is made until a replica has it. */
const SURE_TRIES = 3;

/**
 * Shopping carts that lose nothing to a second tab: each change is made of what is there, or made again. PostgreSQL is the truth;
 * the shared tier makes it fast, and with the durability `behind` it is some 200 ms ahead.
 */
export class Carts<T extends CartLines, Handle extends CartClient, Client extends CartClient> {
  readonly #store: CartStore<T, Client>;
  readonly #cache: Cache<Handle>;
  readonly #merge: (into: T, from: T) => T;
  readonly #empty: T;
  readonly #maxLines: number;
  readonly #maxBytes: number;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: CartsOptions<T, Handle, Client>) {
    const { cache, name, empty, transaction, behind, durability = 'through' } = options;
    const { keepSeconds, maxLines, maxBytes } = wholeNumbers(DEFAULTS, options);
    const durable = behind ? 'behind' : 'through';
    mustBe(durability === durable, 'durability', `'${durable}' ${behind ? 'with' : 'without'} 'behind'`, durability);
    mustBe(Array.isArray(empty?.lines) && empty.lines.length === 0, 'empty', "a cart whose 'lines' is []", empty);
    mustBe(typeof transaction === 'function', 'transaction', 'a function', transaction);
    this.#cache = cache;
    this.#empty = empty;
    this.#merge = options.merge ?? ((into, from) => ({ ...into, lines: [...into.lines, ...from.lines] }));
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
    this.#meter = options.metrics?.meter('carts', name);
    const parts = {
      cache,
      name,
      keepSeconds,
      empty,
      transaction,
      table: new CartTable(options.table, empty),
      meter: this.#meter,
    };
    this.#store = behind ? new BehindStore(parts, behind) : new ThroughStore(parts);
  }

  /**
   * Cart as it is.
   *
   * @throws whatever the database throws; and with `behind` {@link CacheError} `E_SHARED_UNAVAILABLE`.
   */
  async get(cartId: string): Promise<CartRead<T>> {
    checkId('cartId', cartId);
    return measured(this.#meter, async () => read(await this.#store.get(cartId)));
  }

  /**
   * Changes a cart, by what is there: where somebody else changes it meanwhile, `change` is called again, at most 5 times in all.
   *
   * @param change makes the next cart of the one that is there, and does nothing else.
   * @throws whatever `change` and the database throw; {@link CacheError} `E_CONFLICT` where others came first each time, or the
   * cart is being checked out; `E_UNSTORABLE_VALUE` where it is too large, and, with `behind`, `E_SHARED_UNAVAILABLE`. Nothing
   * was changed, unless `applied` of the last is `unknown`: repeat it with the same id.
   */
  async update(cartId: string, change: (cart: Readonly<T>) => T, { id }: UpdateOptions = {}): Promise<CartUpdate<T>> {
    checkId('cartId', cartId);
    if (id !== undefined) checkId('id', id);
    return measured(this.#meter, async () => {
      const written = await this.#change(cartId, (state) => {
        const next = id === undefined ? { cart: change(state.cart), notes: state.notes } : changedOnce(state, id, change);
        if (next) return this.#checked(cartId, next);
        counted(this.#meter, 'Duplicates');
        // Written once more, so that a replica has it.
        return state;
      });
      return { ...read(written.state), replicated: written.replicated };
    });
  }

  /**
   * Moves the lines of one cart to another. The giver's leave its lines for a parcel, the taker takes the parcel and notes its
   * id, and the giver drops it. Where a process dies in between, the next merge from the same cart delivers the parcel, to where
   * it was sent, once.
   *
   * @returns the cart that was merged into.
   * @throws as {@link update}. Merging again is safe.
   */
  async merge({ from, into }: MergeRequest): Promise<CartUpdate<T>> {
    checkId('from', from);
    checkId('into', into);
    mustBe(from !== into, 'into', "another cart than 'from'", into);
    return measured(this.#meter, async () => {
      let merged: Written<T> | undefined;
      for (let packed = false; !packed; ) {
        const { state } = await this.#sure(from, ({ version, cart, notes }) => {
          packed = !notes.parcel;
          if (notes.parcel || cart.lines.length === 0) return undefined;
          return { cart: this.#empty, notes: { ...notes, parcel: { id: `${from}@${version}`, into, cart } } };
        });
        const { parcel } = state.notes;
        if (!parcel) break;
        const delivered = await this.#sure(parcel.into, (state) => {
          const next = changedOnce(state, parcel.id, (cart) => this.#merge(cart, parcel.cart));
          return next && this.#checked(parcel.into, next);
        });
        if (parcel.into === into) merged = delivered;
        await this.#change(from, ({ cart, notes }) => {
          if (notes.parcel?.id !== parcel.id) return undefined;
          const { parcel: _, ...others } = notes;
          return { cart, notes: others };
        });
      }
      const { state, replicated } = merged ?? (await this.#sure(into, () => undefined));
      return { ...read(state), replicated };
    });
  }

  /**
   * Orders what is in a cart, and empties it, in one transaction, into which a queued change goes first. With `behind` nobody
   * changes the cart meanwhile; a checkout that has taken 10 s may be ended by others, and then isn't committed.
   *
   * @param order writes the order with the client, and does nothing else.
   * @returns what `order` returned; undefined where the cart has no lines.
   * @throws whatever `order` and the database throw, and as {@link update}: nothing was ordered, and the lines are in the cart,
   * unless the commit itself failed.
   */
  async checkout<R>(cartId: string, order: (client: Client, cart: Readonly<T>) => Promise<R>): Promise<R | undefined> {
    checkId('cartId', cartId);
    return measured(this.#meter, async () => {
      let ordered: R | undefined;
      await this.#store.checkout(cartId, async (client, cart) => {
        ordered = await order(client, cart);
      });
      return ordered;
    });
  }

  async #change(id: string, decide: Decide<T>): Promise<Written<T>> {
    let refused: number | undefined;
    const { clock, random } = this.#cache.internals.read;
    for (let turn = 0; turn < TRIES; turn++) {
      if (turn > 0) await clock.sleep(PAUSE_MS * 2 ** (turn - 1) * random());
      const written = await this.#store.change(id, decide, refused);
      if (typeof written === 'object') return written;
      counted(this.#meter, 'Conflicts');
      refused = written;
    }
    throw conflict(id);
  }

  /** {@link #change} that a failover doesn't lose: what a replica doesn't have is written again, a few times. */
  async #sure(id: string, decide: Decide<T>): Promise<Written<T>> {
    let written = await this.#change(id, decide);
    for (let turn = 1; !written.replicated && written.state.version > 0 && turn < SURE_TRIES; turn++) {
      written = await this.#change(id, (state) => state);
    }
    return written;
  }

  #checked(id: string, content: Content<T>): Content<T> {
    const { lines } = content.cart;
    mustBe(Array.isArray(lines), 'lines', 'a list', lines);
    const most = [this.#maxLines, this.#maxBytes];
    const got = [lines.length, Buffer.byteLength(JSON.stringify(content.cart))];
    if (got.some((each, i) => each > (most[i] as number))) {
      const message = `cart '${id}' must have at most ${most.join(' lines and ')} bytes, got: ${got.join(' and ')}`;
      throw new CacheError('E_UNSTORABLE_VALUE', message, { key: id });
    }
    return content;
  }
}

function read<T>({ cart, version }: { readonly cart: T; readonly version: number }): CartRead<T> {
  return { cart, version };
}

function checkId(name: string, id: string): void {
  checkText(name, id, /^[\x21-\x7e]{1,200}$/, '1 to 200 characters of ASCII without blanks');
}
