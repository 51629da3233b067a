import { randomBytes } from 'node:crypto';
import { type Handle, Problem, type Writer } from 'cachement/functions';
import { Carts } from 'cachement/patterns/carts';
import type { Cache } from 'cachement/runtime';
import { productId } from './products';

/** What is in a cart: of each product one line. Names and prices are today's, and read when the cart is shown. */
export interface Cart {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

/** Most pieces of one product. */
const MOST = 100;
const COOKIE = '__Host-cart';

/** Carts in PostgreSQL, and in the shared tier for readers. Two tabs, or a tab and a phone, lose nothing to each other. */
export function cartsOf(cache: Cache<Handle>, writer: Writer) {
  const empty: Cart = { lines: [] };
  const transaction: Writer['transaction'] = (work) => writer.transaction(work);
  const merge = (into: Cart, from: Cart) =>
    from.lines.reduce((cart, { sku, quantity }) => withQuantity(cart, sku, (had) => had + quantity), into);
  return new Carts({ cache, name: 'cart', empty, transaction, merge });
}

/** The cart with another quantity of a product; of 0 it has no line. */
export function withQuantity({ lines }: Cart, sku: string, next: (had: number) => number): Cart {
  const had = lines.find((line) => line.sku === sku)?.quantity ?? 0;
  const line = { sku, quantity: Math.min(MOST, next(had)) };
  const isNew = had === 0;
  const all = isNew ? [...lines, line] : lines.map((each) => (each.sku === sku ? line : each));
  return { lines: all.filter(({ quantity }) => quantity > 0) };
}

/** Change that a form asks for: `add` so many pieces, or set their `quantity`; `change` names it, so that it is made once. */
export function changeOf(form: Readonly<Record<string, string>>) {
  const { add, quantity = '', change } = form;
  const sku = productId(form.productId);
  const count = Number(add ?? quantity);
  if (!/^\d{1,3}$/.test(add ?? quantity) || count > MOST) {
    throw new Problem(400, `'add' or 'quantity' must be a whole number of at most ${MOST}`);
  }
  if (change !== undefined && !/^[\w-]{1,64}$/.test(change))
    throw new Problem(400, "'change' must be at most 64 letters and digits");
  const next = (cart: Cart) => withQuantity(cart, sku, (had) => (add === undefined ? count : had + count));
  return { sku, next, id: change };
}

/** The cart of a customer. */
export const customerCart = (userId: string): string => `user-${userId}`;

const guestCart = (secret: string): string => `guest-${secret}`;

/** The cart of somebody who hasn't signed in. Whoever knows its name has it, so that it can't be guessed. */
export function guestCartOf(cookies = ''): string | undefined {
  const [, secret] = new RegExp(`(?:^|;) *${COOKIE}=([\\w-]{22}) *(?:;|$)`).exec(cookies) ?? [];
  return secret && guestCart(secret);
}

/** @returns a new guest's cart, and the cookie by which a browser has it for 30 days. */
export function newGuestCart(): { readonly cartId: string; readonly cookie: string } {
  const secret = randomBytes(16).toString('base64url');
  return {
    cartId: guestCart(secret),
    cookie: `${COOKIE}=${secret}; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=2592000`,
  };
}
