/**
 * Name of the cookie. By its prefix a browser takes it from this host alone, over HTTPS, and for every path.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis (section 4.1.3.2, the "__Host-" prefix)
 */
export const SESSION_COOKIE = '__Host-session';

/** Options of {@link sessionCookie}. */
export interface SessionCookieOptions {
  /**
   * Seconds for which the browser keeps the cookie.
   * @default - until the browser ends
   */
  readonly maxAgeSeconds?: number;
  /**
   * Requests of other sites that the cookie goes along with: none for `Strict`, and for `Lax` what a link opens.
   * @default 'Lax'
   */
  readonly sameSite?: 'Lax' | 'Strict';
}

/** Value of `Set-Cookie` that gives a browser the token of a session. */
export function sessionCookie(token: string, { maxAgeSeconds, sameSite = 'Lax' }: SessionCookieOptions = {}): string {
  const maxAge = maxAgeSeconds === undefined ? '' : `; Max-Age=${Math.floor(maxAgeSeconds)}`;
  return `${SESSION_COOKIE}=${token}; HttpOnly; Secure; SameSite=${sameSite}; Path=/${maxAge}`;
}

/** Value of `Set-Cookie` by which a browser forgets the token. */
export function endedSessionCookie(): string {
  return sessionCookie('', { maxAgeSeconds: 0 });
}

/** Token within the header `Cookie` of a request; undefined where there is none. */
export function sessionTokenOf(cookies: string | undefined): string | undefined {
  for (const cookie of (cookies ?? '').split(';')) {
    const [name = '', value] = cookie.split('=', 2);
    if (name.trim() === SESSION_COOKIE && value) return value.trim();
  }
  return undefined;
}
