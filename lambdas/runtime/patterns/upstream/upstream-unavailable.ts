/** Error of an upstream that isn't asked now, or failed, where nothing is cached that may still be served. */
export class UpstreamUnavailable extends Error {
  constructor(
    message: string,
    /** Time after which it is worth to ask again, in seconds: the `Retry-After` of a 503. */
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UpstreamUnavailable';
  }
}
