/** Events that a CloudFront Function runs for. */
type EventType = 'viewer-request' | 'viewer-response';

/**
 * Headers that functions neither see nor add.
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html
 */
const HIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'trailer',
  'upgrade',
  'x-accel-buffering',
  'x-accel-charset',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-amzn-auth',
  'x-amzn-cf-billing',
  'x-amzn-cf-id',
  'x-amzn-cf-xff',
  'x-amzn-errortype',
  'x-amzn-fle-profile',
  'x-amzn-header-count',
  'x-amzn-header-order',
  'x-amzn-lambda-integration-tag',
  'x-amzn-requestid',
  'x-cache',
  'x-forwarded-proto',
  'x-real-ip',
]);

/** Headers that functions see and can't add or change, on the same page. */
const READ_ONLY: Readonly<Record<EventType, ReadonlySet<string>>> = {
  'viewer-request': new Set(['content-length', 'host', 'transfer-encoding', 'via']),
  'viewer-response': new Set(['warning', 'via']),
};

/** Error of a function that returned a header that is none of its business; the viewer gets 502. */
export class RefusedHeader extends Error {
  override readonly name = 'RefusedHeader';
}

/** True of a header that functions don't see; in lower case. */
export const isHidden = (name: string): boolean => HIDDEN.has(name) || /^x-(amz-cf|edge)-/.test(name);

/** True of a header that functions can't change; in lower case. */
export const isReadOnly = (event: EventType, name: string): boolean => READ_ONLY[event].has(name);

/**
 * Checks a header that a function returned.
 *
 * @param before value that the function was given; undefined if it wasn't there.
 * @throws {RefusedHeader} of one that can't be added or changed.
 */
export function checkFunctionHeader(
  fn: string,
  event: EventType,
  name: string,
  value: unknown,
  before: string | undefined,
): void {
  if (isHidden(name)) throw new RefusedHeader(`function '${fn}' returned a header that functions can't add, '${name}'`);
  if (isReadOnly(event, name) && value !== before) {
    throw new RefusedHeader(`function '${fn}' changed a header that is read-only, '${name}'`);
  }
}
