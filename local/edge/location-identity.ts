import { randomBytes } from 'node:crypto';

/** Names by which an edge location is known to viewers and to origins. */
export class LocationIdentity {
  readonly via = `1.1 ${randomBytes(16).toString('hex')}.cloudfront.net (CloudFront)`;
  /** Code of the location in the form of CloudFront's, of no place. */
  readonly pop = 'LOC50-P1';
  readonly #prefix = randomBytes(30).toString('base64url');
  #requests = 0;

  /** A request id in the form of CloudFront's: 56 characters. Counted, since random ones would cost more than a hit does. */
  nextRequestId(): string {
    this.#requests += 1;
    return `${this.#prefix}${this.#requests.toString(36).padStart(14, '0')}==`;
  }
}
