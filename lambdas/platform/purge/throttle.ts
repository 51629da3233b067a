/** Names of the throttling errors of AWS's APIs; CloudFront has one of its own for too many invalidations in progress. */
const THROTTLES = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TooManyInvalidationsInProgress',
  'LimitExceededException',
  'RequestLimitExceeded',
]);

/** Test for a throttle, which is tried again, unlike other errors. */
export function isThrottle(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return THROTTLES.has(name ?? '') || $metadata?.httpStatusCode === 429;
}
