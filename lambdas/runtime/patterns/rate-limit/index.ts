/**
 * Limits of how often something may be done, which hold across all processes; imported as `cachement/patterns/rate-limit`.
 */
export { consumeAll } from './consume-all';
export type { Decision } from './decision';
export { type LimitHeadersOptions, limitHeaders } from './limit-headers';
export { type Algorithm, type Claim, type ClaimOptions, RateLimiter, type RateLimiterOptions, type Taken } from './rate-limiter';
