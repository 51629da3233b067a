import type { Decision } from './decision';

/** Options of {@link limitHeaders}. */
export interface LimitHeadersOptions {
  /**
   * True for `X-RateLimit-Limit`, `-Remaining` and `-Reset` (in seconds from now) as well.
   * @default false
   */
  readonly legacy?: boolean;
}

/**
 * Headers that tell a client of its limit, with names in lower case: `RateLimit-Policy`; `RateLimit`, unless nobody knows what is
 * left; and `Retry-After`, in seconds, where it was denied. As draft 10 has them: items of structured fields, whose `t` is the
 * time until there is more, and `Retry-After` is no earlier.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/ "Sections 3 and 4"
 */
export function limitHeaders(decision: Decision, { legacy = false }: LimitHeadersOptions = {}): Record<string, string> {
  const { name, allowed, limit, windowSeconds, remaining, source } = decision;
  const retry = seconds(decision.retryAfterMs);
  const reset = allowed ? seconds(decision.resetAfterMs) : retry;
  const known = source !== 'unavailable';
  return {
    'ratelimit-policy': `"${name}";q=${limit};w=${Math.max(1, Math.ceil(windowSeconds))}`,
    ...(known && { ratelimit: `"${name}";r=${remaining};t=${reset}` }),
    ...(!allowed && { 'retry-after': `${Math.max(1, retry)}` }),
    ...(legacy && {
      'x-ratelimit-limit': `${limit}`,
      ...(known && { 'x-ratelimit-remaining': `${remaining}`, 'x-ratelimit-reset': `${reset}` }),
    }),
  };
}

const seconds = (ms: number): number => Math.ceil(ms / 1000);
