import { createHash } from 'node:crypto';
import * as headers from '../../../lib/contract/headers';
import { edgeMaxAgeSeconds, type Route, staleDirectives } from '../../../lib/route';
import { cacheStatus } from '../../runtime/cache-status';
import type { Outcome } from '../../runtime/telemetry/outcome';
import { environment } from '../environment';
import { type Problem, problemBody } from './problem';
import { responseTags } from './response-tags';

/** Response of a handler to API Gateway. */
export interface Response {
  /** HTTP status. */
  readonly statusCode: number;
  /** Headers, with their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body; empty for none. */
  readonly body: string;
}

/** Name of the response header with the tags, as functions write it. */
export const TAG_HEADER = headers.TAG_HEADER.toLowerCase();

/** Options of a cached response. */
export interface CachedOptions {
  /**
   * Detail of the 404 that is answered where the read found nothing.
   * @default 'there is nothing at this path'
   */
  readonly absent?: string;

  /**
   * Media type of the response. With any other than JSON the value must be a text, which is the body as it is.
   * @default 'application/json'
   */
  readonly contentType?: string;

  /**
   * Policy for more than the 50 tags that CloudFront keeps: `fail`, or `drop` the least general ones, which `TagsDropped` counts:
   * a purge of those doesn't reach the response at the edge.
   * @default - 'fail' where tests run, by NODE_ENV, and 'drop' elsewhere
   */
  readonly tooManyTags?: 'fail' | 'drop';
}

const JSON_TYPE = 'application/json';
const IS_JSON = /^application\/(?:[\w.-]+\+)?json\b/;

/** Detail of a 404 that says no more. */
export const ABSENT = 'there is nothing at this path';

/** Response that no tier keeps. @param body becomes JSON; undefined for none, as of a 204. */
export function uncached(statusCode: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return {
    statusCode,
    headers: { ...(body !== undefined && { 'content-type': JSON_TYPE }), 'cache-control': 'no-store', ...headers },
    body: body === undefined ? '' : JSON.stringify(body),
  };
}

/** Response that carries a problem document; no tier caches it unless its headers say so. */
export function problemResponse(problem: Problem): Response {
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...problem.headers,
    },
    body: problemBody(problem.status, problem.detail),
  };
}

/**
 * A read as a response: the value, or 404 where the read found that there is none. `Cache-Control` says what the outer tiers may
 * keep of what the inner ones have left, `x-amz-meta-cache-tag` by which tags it is purged, `Cache-Status` which tier answered,
 * `ETag` which bytes these are. A 404 has them too, so that a purge reaches it.
 *
 * There is no 304: the stage cache would keep it and hand it to callers who have nothing yet. The edge answers conditional
 * requests.
 *
 * @throws {RangeError} where there are too many tags and that is to fail, or the value is no text and `contentType` isn't JSON.
 */
export function cached(
  route: Route,
  { value, outcome }: { readonly value: unknown; readonly outcome: Outcome },
  options: CachedOptions = {},
): Response {
  const { absent, contentType = JSON_TYPE, tooManyTags = environment.isTest ? 'fail' : 'drop' } = options;
  const found = value !== undefined;
  const body = bodyOf(value, { absent, contentType });
  return {
    statusCode: found ? 200 : 404,
    headers: {
      'content-type': found ? contentType : 'application/problem+json',
      'cache-control': cacheControl(route, outcome, found),
      'cache-status': cacheStatus(outcome),
      // No tier outside keeps a caller's response, so that no purge is for one.
      ...(!route.scope && { [TAG_HEADER]: responseTags(route, outcome.tags, tooManyTags).join(',') }),
      etag: entityTag(body),
    },
    body,
  };
}

/**
 * `Cache-Control` of a read. What is of one caller is for browsers alone, which ask before each use: so they need no `Vary` to
 * find out that somebody else has signed in. Of what is everybody's, shared caches may keep what the inner tiers have left.
 * Browsers always ask again, because nothing can purge them, unless the route says that they needn't; an absence, and what no
 * tier may keep, they don't keep either. Without `max-age` and `Last-Modified` they have nothing to go by. A `max-age=0` would
 * say it too, but CloudFront doesn't collapse requests whose response has one. A response that shared caches may keep says what
 * they may do with it afterwards, in place of `must-revalidate`, which forbids all of that; one that is stale itself doesn't, or
 * the windows would add up.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html,
 * "Simultaneous requests for the same object (request collapsing)"
 */
export function cacheControl(route: Route, outcome: Outcome, found = true): string {
  if (route.scope) return 'private, no-cache';
  const maxAge = edgeMaxAgeSeconds(route, outcome.ttlSeconds);
  const stale = maxAge > 0 ? staleDirectives(route) : [];
  const { browserTtlSeconds = 0, immutable } = route.freshness ?? {};
  const browsers = found && outcome.ttlSeconds > 0 && browserTtlSeconds > 0;
  return [
    'public',
    ...(stale.length > 0 ? [] : ['must-revalidate']),
    ...(browsers ? [`max-age=${browserTtlSeconds}`] : []),
    `s-maxage=${maxAge}`,
    ...(browsers && immutable ? ['immutable'] : []),
    ...stale,
  ].join(', ');
}

/** The entity tag that {@link cached} gives to a value, or to its absence. */
export const valueTag = (value: unknown, options: CachedOptions = {}): string => entityTag(bodyOf(value, options));

function bodyOf(value: unknown, { absent = ABSENT, contentType = JSON_TYPE }: CachedOptions): string {
  if (value === undefined) return problemBody(404, absent);
  if (IS_JSON.test(contentType)) return JSON.stringify(value);
  if (typeof value === 'string') return value;
  throw new RangeError(
    `the value of a response of type '${contentType}' must be a text, got: ${typeof value}; load the body, or leave 'contentType' out`,
  );
}

/** A strong validator: the same bytes have the same tag, whichever environment made them. */
export function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
