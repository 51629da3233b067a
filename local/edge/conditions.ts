import type { IncomingHttpHeaders } from 'node:http';
import { headerValue, type RawHeaders } from './headers';

/**
 * True where a viewer's copy is still good (RFC 9110, section 13.2.2): `If-None-Match` where it is sent, otherwise
 * `If-Modified-Since`.
 */
export function notModified(request: IncomingHttpHeaders, response: RawHeaders): boolean {
  const noneMatch = request['if-none-match'];
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*') return true;
    const etag = headerValue(response, 'etag');
    return etag !== undefined && noneMatch.split(',').some((candidate) => weak(candidate.trim()) === weak(etag));
  }
  const since = request['if-modified-since'];
  const modified = headerValue(response, 'last-modified');
  if (since === undefined || modified === undefined) return false;
  return Date.parse(modified) <= Date.parse(since);
}

/** `W/"a"` and `"a"` are the same to `If-None-Match`. */
function weak(etag: string): string {
  return etag.replace(/^W\//, '');
}

/** A part of a body, both ends included; `unsatisfiable` where the range lies outside of it. */
export type ByteRange = { readonly start: number; readonly end: number } | 'unsatisfiable';

/**
 * The single range that a viewer asks for; undefined where it gets the whole: no range, several ranges, another unit, or an
 * `If-Range` that doesn't fit.
 */
export function byteRange(request: IncomingHttpHeaders, response: RawHeaders, length: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.range ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const ifRange = request['if-range'];
  if (ifRange !== undefined && ifRange !== headerValue(response, 'etag') && ifRange !== headerValue(response, 'last-modified')) {
    return undefined;
  }
  const [, first, last] = match as unknown as [string, string, string];
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  return start > end || start >= length ? 'unsatisfiable' : { start, end };
}
