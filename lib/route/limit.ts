/** Algorithm of a limit; `cachement/patterns/rate-limit` says what each claims. */
export type LimitAlgorithm = 'gcra' | 'sliding-window' | 'sliding-log' | 'fixed-window';

/**
 * Caller whose requests are counted together: an `address`, as the edge saw it (of IPv6, its /64); a `caller`, whom IAM or an
 * authorizer knows; an `api-key` of the gateway; or the value of a `header`, which whoever sends it chooses.
 */
export type LimitedBy = 'address' | 'caller' | 'api-key' | 'header';

/** Limit of how often each caller may ask for a route, of all its methods together. */
export interface RouteLimit {
  /** Requests that are admitted in a window. */
  readonly requests: number;

  /** Window, in whole seconds. */
  readonly windowSeconds: number;

  /** Callers that have a limit each. Requests without what they are told apart by have one limit together. */
  readonly by: LimitedBy;

  /**
   * Name of the header, with `by: 'header'`.
   * @default - none
   */
  readonly header?: string;

  /**
   * Algorithm of the limit.
   * @default sliding-window
   */
  readonly algorithm?: LimitAlgorithm;

  /**
   * Decision while the shared tier can't answer: `allow`, `deny`, or `local`, a tenth of the limit by each process. There is no
   * default, since none is safe.
   */
  readonly onUnavailable: 'allow' | 'deny' | 'local';
}

const BY: readonly LimitedBy[] = ['address', 'caller', 'api-key', 'header'];
const ALGORITHMS: readonly LimitAlgorithm[] = ['gcra', 'sliding-window', 'sliding-log', 'fixed-window'];
const WHEN_UNAVAILABLE: readonly RouteLimit['onUnavailable'][] = ['allow', 'deny', 'local'];
/** Largest limit of a log of each request. */
const MOST_LOGGED = 1000;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9-]*$/;

/** Checks the limit of a route. @param fail throws. */
export function checkLimit(
  limit: RouteLimit,
  { gatewayTtlSeconds, edgeTtlSeconds }: { readonly gatewayTtlSeconds: number; readonly edgeTtlSeconds: number },
  fail: (property: string, rule: string, got: unknown) => never,
): RouteLimit {
  const { requests, windowSeconds, by, header, algorithm = 'sliding-window', onUnavailable } = limit;
  if (gatewayTtlSeconds > 0) {
    fail(
      'limit',
      "must be left out with a 'gatewayTtlSeconds', because the stage cache would keep the 429 of one caller for all; leave one of them out",
      limit,
    );
  }
  const oneOf = (property: string, values: readonly string[], got: unknown) => {
    if (!values.includes(got as string)) fail(`limit.${property}`, `must be one of ${values.join(', ')}`, got);
  };
  oneOf('by', BY, by);
  if (edgeTtlSeconds > 0 && by !== 'address') {
    fail('limit.by', "must be 'address' with an 'edgeTtlSeconds', because the edge hands on nothing else of the caller", by);
  }
  oneOf('algorithm', ALGORITHMS, algorithm);
  oneOf('onUnavailable', WHEN_UNAVAILABLE, onUnavailable);
  const most = algorithm === 'sliding-log' ? MOST_LOGGED : 1_000_000_000;
  for (const [property, value, largest] of [
    ['requests', requests, most],
    ['windowSeconds', windowSeconds, 400 * 86_400],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > largest) {
      fail(`limit.${property}`, `must be a whole number from 1 to ${largest}`, value);
    }
  }
  if (by === 'header' ? !FIELD_NAME.test(header ?? '') : header !== undefined) {
    fail('limit.header', "must be the name of a header with 'by' of 'header', and left out without it", header);
  }
  return { requests, windowSeconds, by, ...(header !== undefined && { header }), algorithm, onUnavailable };
}
