import type { OutgoingHttpHeaders } from 'node:http';
import { acceptEncoding, selectCookies, selectQuery, selects, type ViewerRequest } from './cache-key';
import { isHopByHop } from './headers';
import type { BehaviorOptions, CachePolicy, OriginOptions, OriginRequestPolicy, Selection } from './options';

/** Request to an origin. */
export interface OriginRequest {
  readonly method: string;
  /** Origin path, the viewer's path as it was sent, and the forwarded query strings. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/** Request id and `Via` that mark a request as one of this edge location's. */
export interface RequestIdentity {
  readonly requestId: string;
  readonly via: string;
}

/** Validators of an expired object, for a conditional request. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/**
 * Forwarded without a policy that names them (Developer Guide, "HTTP request headers and CloudFront behavior"). Whether
 * `Cache-Control` and `Pragma` are, under cache policies, isn't verified; a stage cache takes `Cache-Control: max-age=0` as a
 * request to refresh, so that the variant that can do harm is the one that runs here.
 */
const ALWAYS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-encoding',
  'content-md5',
  'content-type',
  'date',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'pragma',
  'range',
  'request-range',
  'warning',
]);

/** Replaced by CloudFront, or handled apart. */
const HANDLED: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'content-length',
  'accept-encoding',
  'user-agent',
  'via',
  'expect',
  'x-amz-cf-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-real-ip',
]);

/** An object that is to be stored is fetched whole and unconditionally; these are then answered from it. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'request-range',
]);

/**
 * The request that CloudFront sends for a viewer's: everything in the cache key, what the origin request policy adds, and its own
 * headers.
 *
 * @param cached true where the response may be stored: HEAD is then sent as GET, and ranges and conditions are left out.
 */
export function originRequest(
  behavior: BehaviorOptions,
  origin: OriginOptions,
  request: ViewerRequest,
  identity: RequestIdentity,
  options: { readonly cached: boolean; readonly validators?: Validators; readonly body?: Buffer },
): OriginRequest {
  const { cachePolicy, originRequestPolicy } = behavior;
  const headers: OutgoingHttpHeaders = Object.create(null);
  headers.Host = hostHeader(behavior, origin, request);
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || HANDLED.has(name) || name.startsWith('x-edge-')) continue;
    // What is in the key is forwarded, whatever a viewer's `Connection` says: an answer without it would be kept for those who
    // sent it.
    if (isHopByHop(name, request.headers.connection) && !selects(cachePolicy.headers, name)) continue;
    if (options.cached && CONDITIONS.has(name)) continue;
    if (forwards(behavior, request.method, name)) headers[spelled(behavior, name)] = value;
  }
  const cookies = forwardedCookies(behavior, request);
  if (cookies !== '') headers.Cookie = cookies;
  const encoding = forwardedEncoding(cachePolicy, originRequestPolicy, request);
  if (encoding !== undefined) headers['Accept-Encoding'] = encoding;
  headers['User-Agent'] = listed(behavior, 'user-agent')
    ? (request.headers['user-agent'] ?? 'Amazon CloudFront')
    : 'Amazon CloudFront';
  headers['X-Amz-Cf-Id'] = identity.requestId;
  const forwardedFor = request.headers['x-forwarded-for'];
  headers['X-Forwarded-For'] = forwardedFor ? `${forwardedFor}, ${request.address}` : request.address;
  headers.Via = request.headers.via ? `${request.headers.via}, ${identity.via}` : identity.via;
  Object.assign(headers, origin.customHeaders);
  if (options.validators?.etag) headers['If-None-Match'] = options.validators.etag;
  if (options.validators?.lastModified) headers['If-Modified-Since'] = options.validators.lastModified;
  // The viewer's is never forwarded: a length without its body would have the origin take the next request for it.
  if (options.body) headers['Content-Length'] = options.body.length;

  const query = forwardedQuery(behavior, request.query);
  return {
    method: options.cached && request.method === 'HEAD' ? 'GET' : request.method,
    path: `${origin.path}${request.path}${query === '' ? '' : `?${query}`}`,
    headers,
    body: options.body,
  };
}

/** The query strings of the cache key and of the origin request policy, in the order of the URL. */
function forwardedQuery({ cachePolicy, originRequestPolicy }: BehaviorOptions, query: string): string {
  return selectQuery(query, union(cachePolicy.queryStrings, originRequestPolicy?.queryStrings));
}

function forwardedCookies({ cachePolicy, originRequestPolicy }: BehaviorOptions, request: ViewerRequest): string {
  return selectCookies(request.headers.cookie, union(cachePolicy.cookies, originRequestPolicy?.cookies));
}

/** True where the origin sees cookies at all. Where it doesn't, CloudFront removes `Set-Cookie` from its responses. */
export function forwardsCookies({ cachePolicy, originRequestPolicy }: BehaviorOptions): boolean {
  return cachePolicy.cookies.behavior !== 'none' || (originRequestPolicy?.cookies.behavior ?? 'none') !== 'none';
}

function forwards(behavior: BehaviorOptions, method: string, name: string): boolean {
  if (name.startsWith('cloudfront-')) return generates(behavior, name);
  if (ALWAYS.has(name) || listed(behavior, name)) return true;
  // Removed from GET and HEAD, and from OPTIONS where it is cached; other methods keep it.
  return name === 'authorization' && !behavior.cachedMethods.includes(method);
}

/**
 * The name of a header as a policy spells it, so that an origin that tells spellings apart, as API Gateway does, gets the one
 * that belongs to the key.
 */
function spelled({ cachePolicy, originRequestPolicy }: BehaviorOptions, name: string): string {
  return cachePolicy.headers.spelling?.get(name) ?? originRequestPolicy?.headers.spelling?.get(name) ?? name;
}

/** True where a policy names the header, or takes all. */
function listed({ cachePolicy, originRequestPolicy }: BehaviorOptions, name: string): boolean {
  return selects(cachePolicy.headers, name) || (originRequestPolicy !== undefined && selects(originRequestPolicy.headers, name));
}

/** True where a policy names a header that CloudFront generates. Policies that take all of the viewer's don't take these. */
export function generates({ cachePolicy, originRequestPolicy }: BehaviorOptions, name: string): boolean {
  return (
    cachePolicy.headers.names.has(name) ||
    (originRequestPolicy?.headers.behavior === 'listed' && originRequestPolicy.headers.names.has(name)) ||
    (originRequestPolicy?.addedHeaders.includes(name) ?? false)
  );
}

/** The origin's own name, unless a policy asks for the viewer's. An API Gateway origin answers 403 to the latter. */
function hostHeader(behavior: BehaviorOptions, origin: OriginOptions, request: ViewerRequest): string {
  return listed(behavior, 'host') ? (request.headers.host ?? origin.domainName) : origin.domainName;
}

function forwardedEncoding(
  cachePolicy: CachePolicy,
  originRequestPolicy: OriginRequestPolicy | undefined,
  request: ViewerRequest,
): string | undefined {
  const viewer = request.headers['accept-encoding'];
  if (viewer === undefined) return undefined;
  const normalized = acceptEncoding(cachePolicy, viewer);
  if (normalized !== undefined) return normalized === '' ? 'identity' : normalized;
  const forwarded = originRequestPolicy !== undefined && selects(originRequestPolicy.headers, 'accept-encoding');
  return forwarded || selects(cachePolicy.headers, 'accept-encoding') ? viewer : undefined;
}

function union(a: Selection, b: Selection | undefined): Selection {
  if (b === undefined || b.behavior === 'none' || a.behavior === 'all') return a;
  if (a.behavior === 'none' || b.behavior === 'all') return b;
  if (a.behavior === 'listed' && b.behavior === 'listed') return { behavior: 'listed', names: new Set([...a.names, ...b.names]) };
  // What either takes: everything but what both leave out.
  const except = [a, b].filter((selection) => selection.behavior === 'allExcept');
  const names = [...(except[0] as Selection).names].filter((name) => !selects(a, name) && !selects(b, name));
  return { behavior: 'allExcept', names: new Set(names) };
}
