import { parseHttpDate } from './http-date';

/** Headers of a request by name in lower case, as far as conditions and ranges are concerned. */
export type ConditionFields = Readonly<Record<string, string | string[] | undefined>>;

/** Validators of a representation, as its headers have them. */
export interface RepresentationValidators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/**
 * True where a client's copy is still good (RFC 9110, section 13.2.2): `If-None-Match` where it is sent, otherwise
 * `If-Modified-Since`. A date that is none is ignored.
 *
 * @param now milliseconds since the epoch.
 */
export function notModified(request: ConditionFields, { etag, lastModified }: RepresentationValidators, now: number): boolean {
  const noneMatch = text(request['if-none-match']);
  if (noneMatch !== undefined) {
    if (noneMatch.trim() === '*') return true;
    return etag !== undefined && entityTags(noneMatch).some((candidate) => weak(candidate) === weak(etag));
  }
  const since = parseHttpDate(text(request['if-modified-since']) ?? '', now);
  const modified = parseHttpDate(lastModified ?? '', now);
  return since !== undefined && modified !== undefined && modified <= since;
}

/**
 * True where a precondition of the client doesn't hold (RFC 9110, section 13.2.2): `If-Match` where it is sent, otherwise
 * `If-Unmodified-Since`.
 *
 * @param now milliseconds since the epoch.
 */
export function preconditionFails(
  request: ConditionFields,
  { etag, lastModified }: RepresentationValidators,
  now: number,
): boolean {
  const match = text(request['if-match']);
  if (match !== undefined) return match.trim() !== '*' && !entityTags(match).some((candidate) => candidate === etag);
  const since = parseHttpDate(text(request['if-unmodified-since']) ?? '', now);
  const modified = parseHttpDate(lastModified ?? '', now);
  return since !== undefined && modified !== undefined && modified > since;
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
 * The single range that a client asks for; undefined where it gets the whole: no range, one whose end is before its start,
 * several ranges, another unit, or an `If-Range` that doesn't fit. CloudFront answers 200 with the whole object to ranges that
 * aren't valid.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export function byteRange(request: ConditionFields, validators: RepresentationValidators, length: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(text(request.range) ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (!ifRangeHolds(text(request['if-range']), validators)) return undefined;
  const [, first, last] = match as unknown as [string, string, string];
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  return start > end || start >= length ? 'unsatisfiable' : { start, end };
}

/** A part may only be added to bytes that are the same: a weak entity tag doesn't say so (RFC 9110, section 13.1.5). */
function ifRangeHolds(ifRange: string | undefined, { etag, lastModified }: RepresentationValidators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('W/')) return false;
  return ifRange === etag || ifRange === lastModified;
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
