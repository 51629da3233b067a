import { randomUUID } from 'node:crypto';
import {
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  uncached,
  writerFromEnvironment,
} from 'cachement/functions';
import { type Hold, SoldOutError } from 'cachement/patterns/inventory';
import { sessionTokenOf } from 'cachement/patterns/sessions';
import type { CacheError } from 'cachement/runtime';
import { accountsOf } from '../accounts';
import { cookiesOf, formOf, page, type Request, seeOther } from '../browser';
import { type Cart, cartsOf, changeOf, customerCart, guestCartOf, newGuestCart } from '../carts';
import { renderCart } from '../page';
import { productId, productReader } from '../products';
import { cart, checkout, orders, reservations, stock } from '../routes';
import { holdOf, inventoryOf } from '../stock';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const writer = writerFromEnvironment({ database, cache });
const inventory = inventoryOf(cache);
const carts = cartsOf(cache, writer);
const productsOf = productReader(cache);
const { sessions } = accountsOf();

const getStock: Handler = async ({ parameters }) => {
  const available = await inventory.available(productId(parameters.id));
  if (available === undefined) throw new Problem(404, `there is no product ${parameters.id}`);
  return uncached(200, { available });
};

const postReservation: Handler = async ({ json }) => {
  const hold = await inventory.reserve(holdOf(json()));
  if (hold.status === 'sold-out') throw new Problem(409, `there are ${hold.available} left`);
  return uncached(201, hold);
};

/** Sells what is held; also without a hold, and with one that has ended: the database decides. */
const postOrder: Handler = async ({ json }) => {
  const hold = holdOf(json());
  try {
    const { version, repeated } = await writer.transaction((client) => inventory.confirm(client, hold));
    // The order stands whether or not this arrives: without it the pieces count twice until the hold ends.
    await inventory.confirmed(hold, version).catch(() => {});
    return uncached(repeated ? 200 : 201, { holdId: hold.holdId, quantity: hold.quantity });
  } catch (error) {
    if (error instanceof SoldOutError) throw new Problem(409, error.message);
    throw error;
  }
};

/** Whoever asks, and the cart of theirs: a customer's, or the one that a guest's cookie names. */
async function whose(request: Request): Promise<{ readonly cartId?: string; readonly customer?: string }> {
  const cookies = cookiesOf(request);
  const session = await sessions.get(sessionTokenOf(cookies));
  return session ? { cartId: customerCart(session.userId), customer: session.data.name } : { cartId: guestCartOf(cookies) };
}

/** The page of a cart, with today's names and prices. */
async function shown(status: number, { lines }: Cart, customer?: string, message?: string) {
  const products = new Map((await productsOf(lines.map(({ sku }) => sku))).map((product) => [String(product.id), product]));
  const gone = (id: number) => ({ id, name: `Product ${id}, which is no longer sold`, priceCents: 0 });
  const all = lines.map(({ sku, quantity }) => ({ ...(products.get(sku) ?? gone(Number(sku))), quantity }));
  return page(status, renderCart(all, customer, message));
}

const getCart: Handler = async (request) => {
  const { cartId, customer } = await whose(request);
  const { cart } = cartId ? await carts.get(cartId) : { cart: { lines: [] } };
  const { order } = request.parameters;
  return shown(200, cart, customer, order && `Thank you for your order ${order}.`);
};

const postCart: Handler = async (request) => {
  const { sku, next, id } = changeOf(formOf(request) ?? {});
  if ((await productsOf([sku])).length === 0) throw new Problem(404, `there is no product ${sku}`);
  const known = await whose(request);
  const { cartId, cookie } = known.cartId ? { cartId: known.cartId } : newGuestCart();
  try {
    await carts.update(cartId, next, { id });
  } catch (error) {
    if ((error as CacheError).code === 'E_UNSTORABLE_VALUE') throw new Problem(409, 'the cart is full');
    throw error;
  }
  return seeOther('/cart', cookie);
};

/** Sells all that is in the cart and empties it, or neither: at a second click there is nothing in it. */
const postCheckout: Handler = async (request) => {
  const { cartId, customer } = await whose(request);
  if (!cartId) return seeOther('/cart');
  const orderId = randomUUID();
  try {
    const sold = await carts.checkout(cartId, async (client, { lines }) => {
      const versions: [Hold, number][] = [];
      for (const { sku, quantity } of [...lines].sort((a, b) => (a.sku < b.sku ? -1 : 1))) {
        const hold = { holdId: `${orderId}-${sku}`, sku, quantity };
        versions.push([hold, (await inventory.confirm(client, hold)).version]);
      }
      return versions;
    });
    if (!sold) return seeOther('/cart');
    await Promise.all(sold.map(([hold, version]) => inventory.confirmed(hold, version).catch(() => {})));
    return seeOther(`/cart?order=${orderId}`);
  } catch (error) {
    if (!(error instanceof SoldOutError)) throw error;
    const [product] = await productsOf([error.sku]);
    const message = `${product?.name ?? error.sku}: there are fewer than ${error.quantity} left. Nothing was ordered.`;
    return shown(409, (await carts.get(cartId)).cart, customer, message);
  }
};

export const handler = createRouter([
  { route: stock, GET: getStock },
  { route: reservations, POST: postReservation },
  { route: orders, POST: postOrder },
  { route: cart, GET: getCart, POST: postCart },
  { route: checkout, POST: postCheckout },
]);
