import * as zlib from 'node:zlib';
import { acceptEncoding, type ViewerRequest } from './cache-key';
import { headerValue, type RawHeaders, withHeader } from './headers';
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
 * Compresses a response of the origin where the behaviour, the cache policy, the viewer and the response allow it; otherwise
 * returns it as it is.
 */
export function compressed(behavior: BehaviorOptions, request: ViewerRequest, status: number, response: Encoded): Encoded {
  const { headers, body } = response;
  if (!behavior.compress || !STATUSES.has(status) || body.length < MIN_BYTES || body.length > MAX_BYTES) return response;
  const accepted = acceptEncoding(behavior.cachePolicy, request.headers['accept-encoding']);
  if (!accepted || headerValue(headers, 'content-encoding') !== undefined) return response;
  // CloudFront doesn't compress what has no declared length.
  if (headerValue(headers, 'content-length') === undefined) return response;
  const type = (headerValue(headers, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!TYPES.has(type) && !type.startsWith('text/')) return response;

  const coding = accepted.startsWith('br') ? 'br' : 'gzip';
  // Quality 5 and level 6: CDNs compress on the way and don't spend the highest levels on it; CloudFront doesn't say which it
  // uses.
  const packed =
    coding === 'br'
      ? zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } })
      : zlib.gzipSync(body, { level: 6 });
  let shown = withHeader(headers, 'Content-Encoding', coding);
  const etag = headerValue(headers, 'etag');
  if (etag !== undefined && !etag.startsWith('W/')) shown = withHeader(shown, 'ETag', `W/${etag}`);
  return { headers: shown, body: packed };
}
