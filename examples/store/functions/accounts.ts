import { createRouter, databaseFromEnvironment, type Handler, Problem, uncached } from 'cachement/functions';
import { endedSessionCookie, sessionCookie, sessionTokenOf } from 'cachement/patterns/sessions';
import { accountsOf, credentialsOf, customerOf } from '../accounts';
import { login, logout, me } from '../routes';

const database = databaseFromEnvironment();
const { sessions, attempts } = accountsOf();

/** The token that a request came with; the name of a header is in the case in which the client sent it. */
function tokenOf({ event }: Parameters<Handler>[0]): string | undefined {
  const headers = Object.entries(event?.headers ?? {});
  return sessionTokenOf(headers.find(([name]) => name.toLowerCase() === 'cookie')?.[1]);
}

const postLogin: Handler = async ({ json }) => {
  const { email, password } = credentialsOf(json());
  const { allowed, retryAfterMs } = await attempts.consume(email);
  if (!allowed) throw new Problem(429, 'too many attempts', { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) });
  const customer = await customerOf(database.writer, email, password);
  if (!customer) throw new Problem(401, 'the email or the password is wrong');
  const { token } = await sessions.create(customer.id, { name: customer.name });
  return uncached(200, { name: customer.name }, { 'set-cookie': sessionCookie(token) });
};

const postLogout: Handler = async (request) => {
  await sessions.destroy(tokenOf(request));
  return uncached(204, undefined, { 'set-cookie': endedSessionCookie() });
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
