import type { IncomingHttpHeaders } from 'node:http';
import type { AwsError, Members } from '../../types';

/** A request as it came over the wire, its body unpacked. */
export interface WireRequest {
  readonly method: string;
  /** As sent: labels are decoded where they are read. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Response, as it goes over the wire. */
export interface WireResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Operation that a request names, and its input. */
export interface Call {
  readonly operation: string;
  /**
   * Input as the protocol carries it; the members' names and types say how a form is read.
   *
   * @throws {AwsError} where it doesn't parse.
   */
  input(members: Members): unknown;
}

/** One of the ways in which AWS APIs are spoken. */
export interface Protocol {
  /** @throws {AwsError} where the request names no operation, or no operation has this method and path. */
  parse(request: WireRequest, service: string): Call;
  // biome-ignore lint/suspicious/noExplicitAny: output in the SDK's shape
  success(operation: string, output: any, requestId: string, service: string): WireResponse;
  failure(error: AwsError, requestId: string, service: string): WireResponse;
}
