import type { HeaderFields } from './headers';
import type { CachePolicy, Selection } from './options';

/** Takes nothing. */
export const NONE: Selection = { behavior: 'none', names: new Set() };

/** Takes everything. */
export const ALL: Selection = { behavior: 'all', names: new Set() };

/** Request of a viewer, parsed once. */
export interface ViewerRequest {
  readonly method: string;
  /** Path as sent, with its percent-encoding. */
  readonly path: string;
  /** Query string as sent, without the question mark; empty where there is none. */
  readonly query: string;
  /** Headers by name in lower case, with those that CloudFront generates. */
  readonly headers: HeaderFields;
  /** Address of the viewer. */
  readonly address: string;
}

/** The parts of a cache key; `text` is the key itself, and holds nothing of a request that the policy doesn't name. */
export interface CacheKey {
  readonly text: string;
  /** Path, and the query string as far as it is part of the key: what an invalidation path is compared with. */
  readonly url: string;
}

/**
 * The cache key of a request: path, then the query strings that the policy takes in the order of the URL and with their spelling,
 * its headers, its cookies and the normalised `Accept-Encoding`. GET and HEAD share a key; OPTIONS has its own.
 */
export function cacheKey(policy: CachePolicy, request: ViewerRequest): CacheKey {
  const query = selectQuery(request.query, policy.queryStrings);
  const url = query === '' ? request.path : `${request.path}?${query}`;
  let text = request.method === 'OPTIONS' ? `OPTIONS ${url}` : url;
  const encoding = acceptEncoding(policy, request.headers['accept-encoding']);
  if (encoding) text += `\naccept-encoding:${encoding}`;
  // An absent header and an empty one are told apart, as are values that contain a separator: a header can't contain a line
  // break.
  for (const name of policy.headers.names) {
    const value = request.headers[name];
    if (value !== undefined) text += `\n${name}:${value}`;
  }
  if (policy.cookies.behavior !== 'none') {
    const cookies = selectCookies(request.headers.cookie, policy.cookies);
    if (cookies !== '') text += `\ncookie:${cookies}`;
  }
  return { text, url };
}

/** True where the selection takes a name. */
export function selects(selection: Selection, name: string): boolean {
  switch (selection.behavior) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'listed':
      return selection.names.has(name);
    case 'allExcept':
      return !selection.names.has(name);
  }
}

/** The query strings that a selection takes, in the order and spelling of the URL. Nothing is decoded or sorted. */
export function selectQuery(query: string, selection: Selection): string {
  if (query === '' || selection.behavior === 'none') return '';
  if (selection.behavior === 'all') return query;
  return query
    .split('&')
    .filter((pair) => {
      const end = pair.indexOf('=');
      return selects(selection, end < 0 ? pair : pair.slice(0, end));
    })
    .join('&');
}

/** The cookies that a selection takes, sorted by name as CloudFront sorts them before it forwards them. */
export function selectCookies(cookie: string | undefined, selection: Selection): string {
  if (!cookie || selection.behavior === 'none') return '';
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && selects(selection, cookieName(pair)))
    .sort((a, b) => (cookieName(a) < cookieName(b) ? -1 : cookieName(a) > cookieName(b) ? 1 : 0))
    .join('; ');
}

function cookieName(pair: string): string {
  const end = pair.indexOf('=');
  return end < 0 ? pair : pair.slice(0, end);
}

/**
 * `Accept-Encoding` as CloudFront normalises it: `br,gzip`, `br` or `gzip`, of those that the policy enables and the viewer
 * accepts. Empty where none is left; it is then no part of the key. Undefined where the policy enables neither.
 */
export function acceptEncoding(policy: Pick<CachePolicy, 'acceptBrotli' | 'acceptGzip'>, value: string | undefined) {
  if (!policy.acceptBrotli && !policy.acceptGzip) return undefined;
  if (value === undefined) return '';
  const brotli = policy.acceptBrotli && accepts(value, 'br');
  const gzip = policy.acceptGzip && accepts(value, 'gzip');
  return brotli && gzip ? 'br,gzip' : brotli ? 'br' : gzip ? 'gzip' : '';
}

function accepts(header: string, coding: string): boolean {
  return header.split(',').some((part) => {
    const [name, ...parameters] = part.trim().toLowerCase().split(';');
    return name?.trim() === coding && !parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(parameter));
  });
}
