import type { IncomingHttpHeaders } from 'node:http';

/** Values of `Sec-Fetch-Site` that a browser sends with what a page of another origin asks for. */
const OTHER_SITES = ['cross-site', 'same-site'];

/**
 * Reason why a request may come from a page of another site in this machine's browser; undefined where it can't. A page whose
 * name was made to resolve to loopback names itself in `Host`; any other page is named in `Origin` or `Sec-Fetch-Site`, which no
 * page can leave out of a request that changes something.
 *
 * @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
export function foreignRequest(headers: IncomingHttpHeaders): string | undefined {
  const { host, origin } = headers;
  const site = headers['sec-fetch-site'];
  if (host === undefined || !isLoopbackName(host)) return `'Host' must be a name of loopback, got: '${host ?? ''}'`;
  if (origin !== undefined && origin !== `http://${host}`) return `'Origin' must be absent or http://${host}, got: '${origin}'`;
  if (typeof site === 'string' && OTHER_SITES.includes(site))
    return `'Sec-Fetch-Site' must be none or same-origin, got: '${site}'`;
  return undefined;
}

/**
 * True of `127.0.0.1`, `[::1]`, `localhost` and the names below it, each with or without a port: names that no other site can
 * have.
 */
export function isLoopbackName(host: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|(?:[\w-]+\.)*localhost)(?::\d{1,5})?$/i.test(host);
}
