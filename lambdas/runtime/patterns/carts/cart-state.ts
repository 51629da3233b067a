/** What every cart has, beside whatever the application's has: plain data that JSON can hold. */
export interface CartLines {
  /** Lines, of which a cart has at most `maxLines`. */
  readonly lines: readonly unknown[];
}

/** Lines of one cart that are on their way to another. */
export interface Parcel<T> {
  /** The giver's name and the version of its lines, by which the taker knows what it took. */
  readonly id: string;
  readonly into: string;
  readonly cart: T;
}

/** Checkout under way, during which the cart isn't changed. */
export interface Ordering {
  readonly id: string;
  /** Time after which somebody else may end it, in epoch milliseconds of the shared tier. */
  readonly until: number;
}

/** What is kept beside a cart's lines. */
export interface Notes<T> {
  /** Ids of the last updates and parcels that the cart has. */
  readonly done?: readonly string[];
  readonly parcel?: Parcel<T> | undefined;
  readonly ordering?: Ordering | undefined;
}

/** Cart without its version. */
export interface Content<T> {
  readonly cart: T;
  readonly notes: Notes<T>;
}

/** Cart as it is stored; version 0 is that of one that isn't. */
export interface CartState<T> extends Content<T> {
  readonly version: number;
}

/** State that was written, and whether a failover of the shared tier leaves it. */
export interface Written<T> {
  readonly state: CartState<T>;
  readonly replicated: boolean;
}

/** What becomes of a cart; undefined where nothing does. */
export type Decide<T> = (state: CartState<T>) => Content<T> | undefined;

/** Place in which carts are changed: `through`, or `behind`. */
export interface CartStore<T, Client> {
  /** A cart; one of version 0 where there is none. */
  get(id: string): Promise<CartState<T>>;
  /**
   * Tries to change a cart.
   *
   * @param refused what the last try of the same change returned; undefined for the first.
   * @returns the version that was read, where it is no longer, or isn't known to be, the cart's.
   */
  change(id: string, decide: Decide<T>, refused: number | undefined): Promise<Written<T> | number>;
  /** Orders what is in the cart, if anything is, and empties it, in one transaction. */
  checkout(id: string, order: (client: Client, cart: T) => Promise<void>): Promise<void>;
}

/** Number of ids that a cart remembers. */
const REMEMBERED = 50;

/** Cart that is changed under an id, which it remembers; undefined where it has been. */
export function changedOnce<T>({ cart, notes }: Content<T>, id: string, change: (cart: T) => T): Content<T> | undefined {
  const { done = [] } = notes;
  if (done.includes(id)) return undefined;
  return { cart: change(cart), notes: { ...notes, done: [...done, id].slice(-REMEMBERED) } };
}

/** Versions to a millisecond. */
const PER_MS = 1024;

/**
 * Version of the change of a row, which is greater than the one before, and than any that the row had earlier: it is made of the
 * time. So a write that a failover has lost isn't taken for the one that comes in its place, nor a row that was deleted for the
 * one that is there again.
 */
export function nextVersion(before: number, now: number, random: () => number): number {
  return Math.max(before + 1, Math.floor(now) * PER_MS + Math.floor(random() * PER_MS));
}
