import { selects, type ViewerRequest } from './cache-key';
import { filterHeaders, headerValue, type RawHeaders, withHeader } from './headers';
import type { BehaviorOptions, CorsRule, HeaderRule } from './options';
import { forwardsCookies } from './origin-request';

/** `X-Cache`, without " from cloudfront". */
export type CacheResult = 'Hit' | 'Miss' | 'RefreshHit' | 'Error';

/** Headers that the edge sets on each answer; those of an origin that is itself an edge would stand beside them. */
const OWN: ReadonlySet<string> = new Set(['age', 'x-amz-cf-id', 'x-amz-cf-pop', 'x-cache']);

/**
 * The headers of an origin's response as viewers of a behaviour get them, without what changes from request to request.
 * `Vary` keeps the values that take part in the cache key; without forwarded cookies `Set-Cookie` goes.
 */
export function viewerHeaders(headers: RawHeaders, behavior: BehaviorOptions, via: string): string[] {
  const policy = behavior.responseHeadersPolicy;
  const cookies = forwardsCookies(behavior);
  const removed = new Set(policy?.removes ?? []);
  let shown = filterHeaders(headers, (name) => !removed.has(name) && !OWN.has(name) && (cookies || name !== 'set-cookie'));
  if (removed.has('server')) shown.push('Server', 'CloudFront');

  const vary = headerValue(shown, 'vary');
  if (vary !== undefined) {
    const kept = vary.split(',').filter((value) => keepsVary(behavior, value.trim().toLowerCase()));
    shown = filterHeaders(shown, (name) => name !== 'vary');
    if (kept.length > 0) shown.push('Vary', kept.map((value) => value.trim()).join(', '));
  }
  for (const rule of policy?.rules ?? []) shown = applyRule(shown, rule);
  const before = headerValue(shown, 'via');
  return withHeader(shown, 'Via', before === undefined ? via : `${before}, ${via}`);
}

/** The `Age` that an origin sent, in seconds; undefined where it sent none. */
export function originAgeSeconds(headers: RawHeaders): number | undefined {
  const stated = headerValue(headers, 'age');
  return stated !== undefined && /^\d{1,10}$/.test(stated) ? Number(stated) : undefined;
}

function keepsVary(behavior: BehaviorOptions, name: string): boolean {
  return name === 'accept-encoding' || name === 'cookie' || selects(behavior.cachePolicy.headers, name);
}

function applyRule(headers: string[], rule: HeaderRule): string[] {
  if (!rule.override && headerValue(headers, rule.name.toLowerCase()) !== undefined) return headers;
  return withHeader(headers, rule.name, rule.value);
}

/** Adds a policy's CORS headers to an answer to this request. */
export function withCors(headers: RawHeaders, cors: CorsRule, request: ViewerRequest): RawHeaders {
  const origin = request.headers.origin;
  if (origin === undefined) return headers;
  const allowed = cors.origins.includes('*')
    ? '*'
    : cors.origins.some((pattern) => originMatches(pattern, origin))
      ? origin
      : undefined;
  if (allowed === undefined) return headers;
  const rules: [string, string][] = [['Access-Control-Allow-Origin', allowed]];
  if (cors.credentials) rules.push(['Access-Control-Allow-Credentials', 'true']);
  if (allowed !== '*') rules.push(['Vary', 'Origin']);
  const preflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  if (preflight) {
    if (cors.methods.length > 0) rules.push(['Access-Control-Allow-Methods', cors.methods.join(', ')]);
    if (cors.headers.length > 0) rules.push(['Access-Control-Allow-Headers', cors.headers.join(', ')]);
    if (cors.maxAgeSeconds !== undefined) rules.push(['Access-Control-Max-Age', String(cors.maxAgeSeconds)]);
  } else if (cors.exposed.length > 0) {
    rules.push(['Access-Control-Expose-Headers', cors.exposed.join(', ')]);
  }
  let result = [...headers];
  for (const [name, value] of rules) result = applyRule(result, { name, value, override: cors.override });
  return result;
}

function originMatches(pattern: string, origin: string): boolean {
  if (!pattern.includes('*')) return pattern === origin || pattern === origin.replace(/^https?:\/\//, '');
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace('*', '[^/]+');
  return new RegExp(`^(https?://)?${source}$`).test(origin);
}

/** Durations of an answer's parts, in milliseconds. */
export interface Timing {
  readonly upstream?: { readonly connectMs: number; readonly firstByteMs: number };
  readonly downstreamMs: number;
}

/**
 * The value of a `Server-Timing` header, with CloudFront's metrics in the order of its documented examples.
 * On a miss the origin's own metrics come last; on a hit they are left out.
 */
export function serverTiming(
  result: CacheResult,
  timing: Timing,
  names: { readonly pop: string; readonly requestId: string },
  fromOrigin: string | undefined,
): string {
  const { upstream } = timing;
  const who = `cdn-pop;desc="${names.pop}",cdn-rid;desc="${names.requestId}"`;
  const downstream = `cdn-downstream-fbl;dur=${Math.round(timing.downstreamMs)}`;
  if (!upstream) return `cdn-cache-hit,${who},cdn-hit-layer;desc="EDGE",${downstream}`;
  const status = result === 'RefreshHit' ? 'cdn-cache-refresh' : 'cdn-cache-miss';
  const layer = 'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0';
  const durations = `cdn-upstream-connect;dur=${Math.round(upstream.connectMs)},cdn-upstream-fbl;dur=${Math.round(upstream.firstByteMs)}`;
  const metrics = `${layer},${durations},${status},${who},${downstream}`;
  return fromOrigin === undefined || status === 'cdn-cache-refresh' ? metrics : `${metrics},${fromOrigin}`;
}
