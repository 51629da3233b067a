import { parseHttpDate } from '../http';
import { headerValue, type RawHeaders } from './headers';
import type { TtlPolicy } from './options';

/** Lifetime of a response, by the origin's headers and a cache policy's TTLs. */
export interface Freshness {
  /** True where the response may be stored at all. One kept with a TTL of 0 is revalidated at each request. */
  readonly stored: boolean;
  /** Time for which it is served without asking the origin, in seconds. */
  readonly ttlSeconds: number;
  /** Time after that in which it is served while it is fetched in the background, in seconds. */
  readonly staleWhileRevalidateSeconds: number;
  /**
   * Time after its expiry in which it is served in place of an error of the origin, in seconds. Without the directive CloudFront
   * serves what it still has however old it is; with 0, never.
   */
  readonly staleIfErrorSeconds: number | undefined;
  /**
   * True where concurrent requests may share one answer of the origin. They may not where the minimum TTL is 0 and the origin
   * says private, no-store, no-cache, max-age=0 or s-maxage=0.
   */
  readonly shareable: boolean;
  /** False for `Vary: *` with a minimum TTL of 0: each request then fetches the whole object anew. */
  readonly conditional: boolean;
}

/**
 * CloudFront's table of minimum, default and maximum TTL against the origin's headers ("Specify the amount of time that
 * CloudFront caches objects"): `s-maxage` before `max-age` before `Expires`, held between minimum and maximum; none of them is
 * the larger of minimum and default; no-cache, no-store and private mean nothing more than the minimum TTL, which with 0 is not
 * to keep it.
 *
 * @param now milliseconds since the epoch; `Expires` is compared with it.
 */
export function freshness(policy: TtlPolicy, headers: RawHeaders, now: number): Freshness {
  const { minTtlSeconds: min, defaultTtlSeconds, maxTtlSeconds: max } = policy;
  const directives = cacheControl(headerValue(headers, 'cache-control'));
  const forbidden = directives.has('no-store') || directives.has('no-cache') || directives.has('private');
  const stated = statedSeconds(directives, headerValue(headers, 'expires'), now);
  const varies = (headerValue(headers, 'vary') ?? '').split(',').some((value) => value.trim() === '*') && min === 0;

  let ttlSeconds: number;
  if (forbidden) ttlSeconds = min;
  else if (stated === undefined) ttlSeconds = Math.max(min, defaultTtlSeconds);
  else ttlSeconds = Math.min(Math.max(stated, min), Math.max(min, max));
  if (varies) ttlSeconds = 0;

  const stored = max > 0 && !(forbidden && min === 0);
  const zero = ['s-maxage', 'max-age'].some((name) => directives.has(name) && (seconds(directives.get(name)) ?? 0) === 0);
  const staleIfError = seconds(directives.get('stale-if-error'));
  return {
    stored,
    ttlSeconds,
    staleWhileRevalidateSeconds: stored && !varies ? Math.min(seconds(directives.get('stale-while-revalidate')) ?? 0, max) : 0,
    staleIfErrorSeconds: staleIfError === undefined ? undefined : Math.min(staleIfError, max),
    shareable: !(min === 0 && (forbidden || zero)) && !varies,
    conditional: !varies,
  };
}

/**
 * Lifetime that `Cache-Control` or `Expires` states, in seconds; undefined where neither does. What is no number of seconds, such
 * as `max-age=-1`, and an `Expires` that is no date are times in the past (RFC 9111, sections 4.2.1 and 5.3).
 */
export function statedSeconds(
  directives: ReadonlyMap<string, string>,
  expires: string | undefined,
  now: number,
): number | undefined {
  const age = directives.get('s-maxage') ?? directives.get('max-age');
  if (age !== undefined) return seconds(age) ?? 0;
  if (expires === undefined) return undefined;
  const date = parseHttpDate(expires, now);
  return date === undefined ? 0 : Math.max(0, (date - now) / 1000);
}

/** A directive: its name, and an argument as a token or in double quotes. */
const DIRECTIVE = /\s*([a-z][a-z-]*)\s*(?:=\s*(?:"([^"]*)"|([^\s,]*)))?[^,]*(?:,|$)|[^,]*(?:,|$)/iy;

/**
 * The directives of a `Cache-Control` header by name in lower case; one without an argument has an empty text. The form with
 * field names, such as `no-cache="Set-Cookie"`, restricts these fields only and is left out.
 */
export function cacheControl(value: string | undefined): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  if (!value) return directives;
  DIRECTIVE.lastIndex = 0;
  while (DIRECTIVE.lastIndex < value.length) {
    const match = DIRECTIVE.exec(value);
    if (!match) break;
    if (match[1] === undefined) continue;
    const name = match[1].toLowerCase();
    const argument = match[2] ?? match[3] ?? '';
    if (argument !== '' && (name === 'no-cache' || name === 'private')) continue;
    if (!directives.has(name)) directives.set(name, argument);
  }
  return directives;
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
