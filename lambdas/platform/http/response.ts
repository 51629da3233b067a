import { createHash } from 'node:crypto';
import * as headers from '../../../lib/contract/headers';
import { edgeMaxAgeSeconds, type Route, staleDirectives } from '../../../lib/route';
import { cacheStatus } from '../../runtime/cache-status';
import type { Outcome } from '../../runtime/telemetry/outcome';
import { environment } from '../environment';
import { type Problem, problemBody } from './problem';
import { responseTags, type TooManyTags } from './response-tags';

/** Response of a handler to API Gateway. */
export interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Name of the response header with the tags, as functions write it. */
export const TAG_HEADER = headers.TAG_HEADER.toLowerCase();

/** Result of a read of the cache. */
interface Read {
  readonly value: unknown;
  readonly outcome: Outcome;
}

/** JSON that no tier keeps. */
export function uncached(statusCode: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
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
 * A read as a response: the value, or 404 where the read found that there is none. Both carry their tags, so that a purge reaches
 * either.
 *
 * There is no 304: the stage cache would keep it and hand it to callers who have nothing yet. The edge answers conditional
 * requests.
 *
 * @param absent what a 404 says.
 * @param tooManyTags by default, more than 50 tags fail where tests run, and are counted elsewhere.
 */
export function cached(
  route: Route,
  { value, outcome }: Read,
  absent: string,
  tooManyTags: TooManyTags = { fails: environment.isTest },
): Response {
  const found = value !== undefined;
  const body = bodyOf(value, absent);
  return {
    statusCode: found ? 200 : 404,
    headers: {
      'content-type': found ? 'application/json' : 'application/problem+json',
      'cache-control': cacheControl(route, outcome),
      'cache-status': cacheStatus(outcome),
      [TAG_HEADER]: responseTags(route, outcome.tags, tooManyTags).join(','),
      etag: entityTag(body),
    },
    body,
  };
}

/**
 * `Cache-Control` of a read. Shared caches may keep what the inner tiers have left. Browsers always ask again, because nothing
 * can purge them: without `max-age` and `Last-Modified` they have nothing to go by. A `max-age=0` would say it too, but
 * CloudFront doesn't collapse requests whose response has one. A response that shared caches may keep says what they may do with
 * it afterwards, in place of `must-revalidate`, which forbids all of that; one that is stale itself doesn't, or the windows would
 * add up.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html,
 * "Simultaneous requests for the same object (request collapsing)"
 */
export function cacheControl(route: Route, outcome: Outcome): string {
  const maxAge = edgeMaxAgeSeconds(route, outcome.ttlSeconds);
  const stale = maxAge > 0 ? staleDirectives(route) : [];
  return ['public', ...(stale.length > 0 ? [] : ['must-revalidate']), `s-maxage=${maxAge}`, ...stale].join(', ');
}

/** The entity tag that {@link cached} gives to a value, or to its absence. */
export const valueTag = (value: unknown, absent: string): string => entityTag(bodyOf(value, absent));

const bodyOf = (value: unknown, absent: string): string =>
  value !== undefined ? JSON.stringify(value) : problemBody(404, absent);

/** A strong validator: the same bytes have the same tag, whichever environment made them. */
export function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}
