import {
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  uncached,
  writerFromEnvironment,
} from 'cachement/functions';
import { endedSessionCookie, sessionCookie, sessionTokenOf } from 'cachement/patterns/sessions';
import { accountsOf, credentialsOf, customerOf } from '../accounts';
import { cookiesOf, formOf, type Request, seeOther } from '../browser';
import { cartsOf, customerCart, guestCartOf } from '../carts';
import { login, logout, me } from '../routes';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const { sessions, attempts } = accountsOf();
const carts = cartsOf(cache, writerFromEnvironment({ database, cache }));

const tokenOf = (request: Request) => sessionTokenOf(cookiesOf(request));

/** By a form of a page, or by JSON. */
const postLogin: Handler = async (request) => {
  const form = formOf(request);
  const { email, password } = credentialsOf(form ?? request.json());
  const { allowed, retryAfterMs } = await attempts.consume(email);
  if (!allowed) throw new Problem(429, 'too many attempts', { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) });
  const customer = await customerOf(database.writer, email, password);
  if (!customer) throw new Problem(401, 'the email or the password is wrong');
  const { token } = await sessions.create(customer.id, { name: customer.name });
  const guest = guestCartOf(cookiesOf(request));
  // What can't be moved, because the cart would have too many lines, stays where it is: it keeps nobody from signing in.
  if (guest) await carts.merge({ from: guest, into: customerCart(customer.id) }).catch(() => {});
  const cookie = sessionCookie(token);
  return form ? seeOther('/cart', cookie) : uncached(200, { name: customer.name }, { 'set-cookie': cookie });
};

const postLogout: Handler = async (request) => {
  await sessions.destroy(tokenOf(request));
  const cookie = endedSessionCookie();
  return formOf(request) ? seeOther('/cart', cookie) : uncached(204, undefined, { 'set-cookie': cookie });
};

const getMe: Handler = async (request) => {
  const session = await sessions.get(tokenOf(request));
  if (!session) throw new Problem(401, 'nobody is signed in');
  return uncached(200, { id: session.userId, name: session.data.name, since: new Date(session.createdAt).toISOString() });
};

export const handler = createRouter([
  { route: login, POST: postLogin },
  { route: logout, POST: postLogout },
  { route: me, GET: getMe },
]);
