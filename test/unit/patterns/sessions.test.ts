import { endedSessionCookie, Sessions, sessionCookie, sessionTokenOf } from '../../../lambdas/runtime/patterns/sessions';
import { createToken, parseToken, userHash } from '../../../lambdas/runtime/patterns/sessions/token';

const connection = { namespace: 'n' } as never;

test.each([
  [{ name: 'a b' }, /'name' must be 1 to 64 letters, digits, _ and -, got: "a b"/],
  [{ idleTimeoutSeconds: 0 }, /'idleTimeoutSeconds' must be a whole number of at least 1, got: 0/],
  [{ absoluteTimeoutSeconds: 899 }, /'absoluteTimeoutSeconds' must be at least the idle timeout of 900, got: 899/],
  [{ touchEverySeconds: -1 }, /'touchEverySeconds' must be a whole number of at least 0/],
  [{ maxPerUser: 0 }, /'maxPerUser' must be/],
  [{ onUnavailable: 'allow' }, /'onUnavailable' must be one of throw, anonymous, got: "allow"/],
])('refuses %j', (options, message) => {
  expect(() => new Sessions({ connection, name: 'web', ...(options as object) })).toThrow(message);
});

test('refuses a user without an id', async () => {
  const sessions = new Sessions({ connection, name: 'web' });
  expect(() => sessions.create('', {})).toThrow(/'userId' must be a text that isn't empty/);
  expect(() => sessions.list(undefined as never)).toThrow(/'userId'/);
});

test('tokens differ, and their parts name the user and the session', () => {
  const user = userHash('ada');
  const tokens = Array.from({ length: 10_000 }, () => createToken(user));
  expect(new Set(tokens.map(({ token }) => token)).size).toBe(10_000);
  expect(new Set(tokens.map(({ id }) => id)).size).toBe(10_000);
  for (const { token, id } of tokens.slice(0, 100)) {
    expect(parseToken(token)).toEqual({ user, id });
    expect(token).not.toContain(id);
  }
  expect(userHash('Ada')).not.toBe(user);
});

test('a cookie is for this host, over HTTPS, and not for scripts', () => {
  expect(sessionCookie('a.b')).toBe('__Host-session=a.b; HttpOnly; Secure; SameSite=Lax; Path=/');
  expect(sessionCookie('a.b', { maxAgeSeconds: 60, sameSite: 'Strict' })).toBe(
    '__Host-session=a.b; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=60',
  );
  expect(endedSessionCookie()).toBe('__Host-session=; HttpOnly; Secure; SameSite=Lax; Path=/; Max-Age=0');
});

test.each([
  ['__Host-session=a.b', 'a.b'],
  ['x=1; __Host-session=a.b; y=2', 'a.b'],
  ['x__Host-session=a.b', undefined],
  ['__Host-session=', undefined],
  [undefined, undefined],
])('in the cookies %j the token is %j', (cookies, token) => {
  expect(sessionTokenOf(cookies)).toBe(token);
});
