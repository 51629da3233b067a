import { normalizePath } from './behaviors';
import type { CacheKey } from './cache-key';
import { filterHeaders, headerValue, isHopByHop, type RawHeaders, withHeader } from './headers';
import { objectTags } from './invalidation';
import type { OriginResponse } from './origin';
import type { Validators } from './origin-request';
import type { Freshness } from './ttl';

/** What is kept of a response of an origin. */
export interface StoredObject {
  readonly key: string;
  /** Normalised path, with the query string as far as it is part of the key. */
  readonly url: string;
  readonly status: number;
  /** Without the headers that concern one connection, and without the `Content-Length` of the body. */
  readonly headers: RawHeaders;
  readonly body: Buffer;
  /** In lower case. */
  readonly tags: readonly string[];
  /** All times are milliseconds since the epoch. `Age` counts from here. */
  readonly storedAt: number;
  readonly freshUntil: number;
  /** Until when it is served while it is fetched anew; at least `freshUntil`. */
  readonly revalidateUntil: number;
  readonly staleIfErrorSeconds: number | undefined;
  /** Whether it may be asked for by its validators. */
  readonly conditional: boolean;
  /** Until when it is served, expired, because the origin failed lately. */
  pausedUntil: number;
  /** What a viewer is sent of it, by the behaviour that made it; made at the first hit. */
  rendered?: { readonly behavior: object; readonly headers: RawHeaders };
}

/** For how long an object is good, from when on. */
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
  // An answer to HEAD has the length of the body that it doesn't have.
  const bodiless = response.body.length === 0;
  return {
    key: key.text,
    url: mark < 0 ? normalizePath(key.url) : `${normalizePath(key.url.slice(0, mark))}${key.url.slice(mark)}`,
    status: response.status,
    headers: filterHeaders(response.headers, (name) => (name !== 'content-length' || bodiless) && !isHopByHop(name, connection)),
    body: response.body,
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

/** The stored headers, updated by those of a 304. What describes the body stays: a 304 has none, and the stored one may be compressed. */
export function updatedHeaders(stored: RawHeaders, notModified: RawHeaders): RawHeaders {
  let headers = stored;
  for (let i = 0; i < notModified.length; i += 2) {
    const name = (notModified[i] as string).toLowerCase();
    if (name.startsWith('content-') || name === 'etag' || isHopByHop(name)) continue;
    headers = withHeader(headers, notModified[i] as string, notModified[i + 1] as string);
  }
  return headers;
}

/** What an expired object is asked for by; undefined where it has nothing of the kind, or is an error. */
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
