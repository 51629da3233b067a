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

/** Methods that change nothing (RFC 9110, section 9.2.1): a page of any site may send them, as it may to AWS. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Request to a website, as far as a browser says where it comes from. */
export interface SiteRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Reason why a request to a website on loopback may come from a page of another site, and could change something or read what
 * only this machine may. Pages of other sites may read as they may from AWS, where CORS decides what they see: `Host` is then the
 * website's own. A name that somebody else made to resolve to loopback is in `Host` of all requests. Pages on loopback, such as a
 * development server's, are this machine's own.
 *
 * @param isOwn - true of the website's names besides those of loopback; in lower case, without a port
 */
export function foreignToSite({ method, headers }: SiteRequest, isOwn: (name: string) => boolean): string | undefined {
  const { host, origin } = headers;
  const isKnown = (name: string) => isLoopbackName(name) || isOwn(name.toLowerCase().replace(/:\d{1,5}$/, ''));
  // HTTP/1.0 may do without; no browser does.
  if (host !== undefined && !isKnown(host)) return `'Host' must be a name of loopback or of this site, got: '${host}'`;
  if (SAFE.has(method)) return undefined;
  if (origin !== undefined) {
    const name = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
    if (name !== undefined && isKnown(name)) return undefined;
    return `'Origin' of a ${method} must be a name of loopback or of this site, got: '${origin}'`;
  }
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string' && OTHER_SITES.includes(site))
    return `'Sec-Fetch-Site' of a ${method} must be none or same-origin, got: '${site}'`;
  return undefined;
}
