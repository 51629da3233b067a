import type { Ticket } from '../../runtime/ticket';
import { Problem } from './problem';

/** Event of API Gateway's proxy integration, as far as it is used here. */
export interface ProxyEvent {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, string[] | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** A request to one route. */
export interface Request {
  readonly method: string;
  /** Path parameters and declared query strings, decoded; whatever else was sent is not here. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** Options for the read of an entry: past memory, and recent enough, where the request is a refresh of the stage cache. */
  readOptions(entry: { readonly key: string }): { readonly ticket?: Ticket };
  /** @throws {Problem} 413 where the body is too large, 400 where it isn't a JSON object. */
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
