import {
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  uncached,
  writerFromEnvironment,
} from 'cachement/functions';
import { SoldOutError } from 'cachement/patterns/inventory';
import { productId } from '../products';
import { orders, reservations, stock } from '../routes';
import { holdOf, inventoryOf } from '../stock';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const writer = writerFromEnvironment({ database });
const inventory = inventoryOf(cache);

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

export const handler = createRouter([
  { route: stock, GET: getStock },
  { route: reservations, POST: postReservation },
  { route: orders, POST: postOrder },
]);
