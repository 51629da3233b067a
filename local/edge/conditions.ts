import { type HeaderFields, headerValue, type RawHeaders } from './headers';
import { parseHttpDate } from './http-date';

/**
 * True where a viewer's copy is still good (RFC 9110, section 13.2.2): `If-None-Match` where it is sent, otherwise
 * `If-Modified-Since`. A date that is none is ignored.
 *
 * @param now milliseconds since the epoch.
 */
export function notModified(request: HeaderFields, response: RawHeaders, now: number): boolean {
  const noneMatch = request['if-none-match'];
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*') return true;
    const etag = headerValue(response, 'etag');
    return etag !== undefined && entityTags(noneMatch).some((candidate) => weak(candidate) === weak(etag));
  }
  const since = parseHttpDate(request['if-modified-since'] ?? '', now);
  const modified = parseHttpDate(headerValue(response, 'last-modified') ?? '', now);
  return since !== undefined && modified !== undefined && modified <= since;
}

/** The entity tags of a list. A comma may be part of one. */
function entityTags(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/** `W/"a"` and `"a"` are the same to `If-None-Match`. */
function weak(etag: string): string {
  return etag.replace(/^W\//, '');
}

/** A part of a body, both ends included; `unsatisfiable` where the range lies outside of it. */
export type ByteRange = { readonly start: number; readonly end: number } | 'unsatisfiable';

/**
 * The single range that a viewer asks for; undefined where it gets the whole: no range, one whose end is before its start,
 * several ranges, another unit, or an `If-Range` that doesn't fit. CloudFront answers 200 with the whole object to ranges that
 * aren't valid.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export function byteRange(request: HeaderFields, response: RawHeaders, length: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(request.range ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (!ifRangeHolds(request['if-range'], response)) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  return start > end || start >= length ? 'unsatisfiable' : { start, end };
}

/** A part may only be added to bytes that are the same: a weak entity tag doesn't say so (RFC 9110, section 13.1.5). */
function ifRangeHolds(ifRange: string | undefined, response: RawHeaders): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('W/')) return false;
  return ifRange === headerValue(response, 'etag') || ifRange === headerValue(response, 'last-modified');
}

/**
 * True where the part that was asked for may be cut out of a response that an origin has just sent whole. On a miss CloudFront
 * sends what an origin answers: the whole object where it doesn't support ranges, or sends its body in chunks.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export function supportsRanges(response: RawHeaders): boolean {
  const units = (headerValue(response, 'accept-ranges') ?? '').toLowerCase();
  return units.split(',').some((unit) => unit.trim() === 'bytes') && headerValue(response, 'transfer-encoding') === undefined;
}
