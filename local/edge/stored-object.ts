import { normalizePath } from './behaviors';
import type { CacheKey } from './cache-key';
import { filterHeaders, headerValue, isHopByHop, type RawHeaders, withHeaders, withoutRepeats } from './headers';
import type { OriginResponse } from './origin';
import type { Validators } from './origin-request';
import type { Freshness } from './ttl';

/** Response of an origin, as it is stored. */
export interface StoredObject {
  readonly key: string;
  /** Normalised path, with the query string as far as it is part of the key. */
  readonly url: string;
  readonly status: number;
  /** Headers of the response without those that concern one connection, and without `Content-Length`. */
  readonly headers: RawHeaders;
  readonly body: Buffer;
  /** `Content-Length` of a response that has a length and no body: one to HEAD, which isn't stored. */
  readonly declaredLength?: string;
  /** Tags in lower case. */
  readonly tags: readonly string[];
  /** All times are milliseconds since the epoch. `Age` counts from here. */
  readonly storedAt: number;
  readonly freshUntil: number;
  /** End of the time in which it is served while it is fetched anew; at least `freshUntil`. */
  readonly revalidateUntil: number;
  readonly staleIfErrorSeconds: number | undefined;
  /** True where it may be revalidated by its validators. */
  readonly conditional: boolean;
  /** End of the time in which it is served, expired, because the origin failed lately. */
  pausedUntil: number;
  /** Headers that viewers of a behaviour get with it; made at the first hit. */
  rendered?: { readonly behavior: object; readonly headers: RawHeaders; readonly ageSeconds: number | undefined };
}

/** Start and length of an object's freshness. */
export interface Lifetime {
  readonly now: number;
  readonly ttlSeconds: number;
  /** Absent for errors, and for what isn't stored. */
  readonly fresh?: Freshness;
}

/** @param tagHeader name of the header that carries tags, in lower case, if the distribution names one. */
export function storedObject(
  key: CacheKey,
  response: Pick<OriginResponse, 'status' | 'headers' | 'body'>,
  lifetime: Lifetime,
  tagHeader: string | undefined,
): StoredObject {
  const connection = headerValue(response.headers, 'connection');
  const mark = key.url.indexOf('?');
  const url = mark < 0 ? normalizePath(key.url) : `${normalizePath(key.url.slice(0, mark))}${key.url.slice(mark)}`;
  return {
    key: key.text,
    // The text of the key itself where it is no other: one copy in memory.
    url: url === key.text ? key.text : url,
    status: response.status,
    headers: withoutRepeats(
      filterHeaders(response.headers, (name) => name !== 'content-length' && !isHopByHop(name, connection)),
    ),
    body: unpooled(response.body),
    declaredLength: response.body.length === 0 ? headerValue(response.headers, 'content-length') : undefined,
    tags: tagsOf(response.headers, tagHeader),
    ...times(lifetime),
  };
}

/** The object with the headers that came with a 304, and the lifetime that they give it. */
export function refreshedObject(
  expired: StoredObject,
  headers: RawHeaders,
  lifetime: Lifetime,
  tagHeader: string | undefined,
): StoredObject {
  return { ...expired, ...times(lifetime), headers, tags: tagsOf(headers, tagHeader), rendered: undefined };
}

/** Headers that describe the stored body: a 304 has none, and the stored one may be compressed. */
const OF_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'etag',
]);

/**
 * The stored headers, with those of a 304 in their place (RFC 9111, section 3.2): each name with all the fields that the 304 has
 * of it.
 */
export function updatedHeaders(stored: RawHeaders, notModified: RawHeaders): RawHeaders {
  const connection = headerValue(notModified, 'connection');
  const fields = filterHeaders(notModified, (name) => !OF_BODY.has(name) && !isHopByHop(name, connection));
  return withHeaders(stored, withoutRepeats(fields));
}

/**
 * A copy of a small body in memory of its own: `Buffer.concat` cuts those from slabs of 8 KB, each of which would be kept whole.
 */
function unpooled(body: Buffer): Buffer {
  if (body.buffer.byteLength === body.length) return body;
  const copy = Buffer.allocUnsafeSlow(body.length);
  body.copy(copy);
  return copy;
}

/** Validators by which an expired object is revalidated; undefined where it has nothing of the kind, or is an error. */
export function validatorsOf(object: StoredObject | undefined): Validators | undefined {
  if (!object || object.status >= 400 || !object.conditional) return undefined;
  const etag = headerValue(object.headers, 'etag');
  const lastModified = headerValue(object.headers, 'last-modified');
  return etag === undefined && lastModified === undefined ? undefined : { etag, lastModified };
}

function tagsOf(headers: RawHeaders, tagHeader: string | undefined): string[] {
  return tagHeader === undefined ? [] : objectTags(headerValue(headers, tagHeader));
}

function times({ now, ttlSeconds, fresh }: Lifetime) {
  const freshUntil = now + ttlSeconds * 1000;
  return {
    storedAt: now,
    freshUntil,
    revalidateUntil: freshUntil + (fresh?.staleWhileRevalidateSeconds ?? 0) * 1000,
    staleIfErrorSeconds: fresh?.staleIfErrorSeconds,
    conditional: fresh?.conditional ?? true,
    pausedUntil: 0,
  };
}

/** Most tags that CloudFront keeps of one object; further ones are ignored. */
const MAX_TAGS = 50;

const MAX_TAG_CHARACTERS = 256;

/**
 * The tags of a response, in lower case, from the value of the header that the distribution names: comma-separated, the first 50.
 */
export function objectTags(value: string | undefined): string[] {
  if (value === undefined) return [];
  const tags = value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
    .slice(0, MAX_TAGS)
    .filter(isTag);
  return [...new Set(tags.map((tag) => tag.toLowerCase()))];
}

/** True where CloudFront takes the text as a tag: at most 256 characters of ASCII 33 to 126, without a comma. */
export function isTag(tag: string): boolean {
  return tag.length > 0 && tag.length <= MAX_TAG_CHARACTERS && /^[\x21-\x2b\x2d-\x7e]+$/.test(tag);
}
