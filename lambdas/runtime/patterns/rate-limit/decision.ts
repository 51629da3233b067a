/** Decision over one request. */
export interface Decision {
  /** Name of the limiter. */
  readonly name: string;
  /** True where the request may go on. */
  readonly allowed: boolean;
  /** Requests that the limit admits in a window. */
  readonly limit: number;
  /** Window of the limit, in seconds. */
  readonly windowSeconds: number;
  /** Cost that would still be admitted now. */
  readonly remaining: number;
  /** Time until a request of the same cost can be admitted, in milliseconds; 0 where this one was. */
  readonly retryAfterMs: number;
  /** Time until all of the limit is free again if nothing more comes, in milliseconds. */
  readonly resetAfterMs: number;
  /**
   * Source of the decision: the `shared` tier; `memory`, where a denied key is remembered, or a lease is used up; `local`, the
   * limiter in this process while the shared tier can't answer; `unavailable`, where that is allowed or denied by the option.
   */
  readonly source: 'shared' | 'memory' | 'local' | 'unavailable';
}
