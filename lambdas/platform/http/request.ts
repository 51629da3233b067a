import type { RouteParameters } from '../../../lib/route';
import type { Cache } from '../../runtime/cache';
import type { Read } from '../../runtime/entry/cached-value';
import type { Loader } from '../../runtime/loader';
import { Problem } from './problem';

/** Event of API Gateway's proxy integration, as far as it is used here. */
export interface ProxyEvent {
  /** Method, in upper case. */
  readonly httpMethod: string;
  /** Path without the stage, percent-encoded. */
  readonly path: string;
  /** Headers by name. @default - none */
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  /** Query strings, the last value of each. @default - none */
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  /** Query strings, every value of each. @default - none */
  readonly multiValueQueryStringParameters?: Readonly<Record<string, string[] | undefined>> | null;
  /** Body. @default - none */
  readonly body?: string | null;
  /** True where the body is in Base64. @default false */
  readonly isBase64Encoded?: boolean;
  /** Caller and authorizer, as API Gateway describes them. @default - none */
  readonly requestContext?: unknown;
}

/** A request to one route. */
export interface Request {
  /** Method, in upper case. */
  readonly method: string;

  /**
   * Path parameters and declared query strings, decoded, and the id of the caller where the route's entries are of one; whatever
   * else was sent is not here.
   */
  readonly parameters: RouteParameters;

  /**
   * Event of API Gateway: headers, the caller. Absent for reads of a route with freshness, because what is kept may depend on
   * nothing but the parameters.
   * @default - none
   */
  readonly event?: ProxyEvent;

  /**
   * Reads the route through a cache; a refresh of the stage cache is read past memory, and recent enough. The result is what
   * `cached` makes a response of.
   *
   * @param parameters the route's parameters in their one spelling, of which key and tags are made; the caller is added.
   * @param loader reads the value with the handle it is given, and with nothing else; undefined where there is none.
   * @throws whatever `getOrSet` of the cache throws.
   */
  read<T, Handle>(
    cache: Pick<Cache<Handle>, 'entry' | 'getOrSet'>,
    parameters: RouteParameters,
    loader: Loader<T, Handle>,
  ): Promise<Read<T>>;

  /** Body as a JSON object. @throws {Problem} 413 where it is longer than 64 KiB, 400 where it isn't a JSON object. */
  json(): Record<string, unknown>;
}

/** Longest body in bytes. A change of one thing is far smaller; the gateway itself would take 10 MB. */
export const MAX_BODY_BYTES = 64 * 1024;

/** @throws {Problem} 413 where the body is too large, 400 where it isn't a JSON object. */
export function jsonBody(event: ProxyEvent): Record<string, unknown> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Problem(413, `the body must be at most ${MAX_BODY_BYTES} bytes, got: ${bytes.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Problem(400, 'the body must be JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem(400, 'the body must be a JSON object');
  return value as Record<string, unknown>;
}
