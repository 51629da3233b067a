import * as zlib from 'node:zlib';
import { acceptEncoding, type ViewerRequest } from './cache-key';
import { filterHeaders, headerValue, type RawHeaders, withHeader } from './headers';
import type { BehaviorOptions } from './options';

/** Sizes that CloudFront compresses, in bytes, both included ("Serve compressed files"). */
const MIN_BYTES = 1_000;
const MAX_BYTES = 10_000_000;

const STATUSES: ReadonlySet<number> = new Set([200, 403, 404]);

/**
 * Content types that CloudFront compresses, besides those that begin with `text/`; its list, as far as a web API or page uses it.
 */
const TYPES: ReadonlySet<string> = new Set([
  'application/dash+xml',
  'application/eot',
  'application/javascript',
  'application/json',
  'application/opentype',
  'application/rss+xml',
  'application/vnd.ms-fontobject',
  'application/wasm',
  'application/x-font-ttf',
  'application/x-javascript',
  'application/xhtml+xml',
  'application/xml',
  'font/eot',
  'font/opentype',
  'font/otf',
  'font/ttf',
  'image/svg+xml',
]);

/** A body and the headers that fit it. */
export interface Encoded {
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/**
 * Compresses a response of the origin where the behaviour, the cache policy and the viewer allow it. Where it may be compressed,
 * caches behind the edge are told that it varies.
 */
export function compressed(behavior: BehaviorOptions, request: ViewerRequest, status: number, response: Encoded): Encoded {
  const accepted = acceptEncoding(behavior.cachePolicy, request.headers['accept-encoding']);
  if (accepted === undefined || !isCompressible(behavior, status, response)) return response;
  const headers = withVary(response.headers);
  if (accepted === '') return { headers, body: response.body };

  const coding = accepted.startsWith('br') ? 'br' : 'gzip';
  // Quality 5 and level 6: CDNs compress on the way and don't spend the highest levels on it; CloudFront doesn't say which it
  // uses.
  const packed =
    coding === 'br'
      ? zlib.brotliCompressSync(response.body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })
      : zlib.gzipSync(response.body, { level: 6 });
  return { headers: withWeakTag(withHeader(headers, 'Content-Encoding', coding)), body: packed };
}

/**
 * The headers with a weak entity tag in place of a strong one, and without one that is neither.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
 */
function withWeakTag(headers: RawHeaders): RawHeaders {
  const etag = headerValue(headers, 'etag');
  if (etag === undefined || etag.startsWith('W/')) return headers;
  return etag.startsWith('"') ? withHeader(headers, 'ETag', `W/${etag}`) : filterHeaders(headers, (name) => name !== 'etag');
}

function isCompressible(behavior: BehaviorOptions, status: number, { headers, body }: Encoded): boolean {
  if (!behavior.compress || !STATUSES.has(status) || body.length < MIN_BYTES || body.length > MAX_BYTES) return false;
  // CloudFront doesn't compress what has no declared length.
  if (headerValue(headers, 'content-encoding') !== undefined || headerValue(headers, 'content-length') === undefined)
    return false;
  const type = (headerValue(headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return TYPES.has(type) || type.startsWith('text/');
}

function withVary(headers: RawHeaders): string[] {
  const vary = headerValue(headers, 'vary');
  const names = vary?.toLowerCase().split(',') ?? [];
  if (names.some((name) => ['*', 'accept-encoding'].includes(name.trim()))) return [...headers];
  return withHeader(headers, 'Vary', vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`);
}
