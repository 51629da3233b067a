/** Names under which AWS's APIs say "later"; CloudFront has one of its own for too many invalidations in progress. */
const THROTTLES = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TooManyInvalidationsInProgress',
  'LimitExceededException',
  'RequestLimitExceeded',
]);

/** Tells a throttle from an error that stays. */
export function isThrottle(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return THROTTLES.has(name ?? '') || $metadata?.httpStatusCode === 429;
}
