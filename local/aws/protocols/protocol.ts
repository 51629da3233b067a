import type { IncomingHttpHeaders } from 'node:http';
import type { AwsError } from '../../types';

/** A request as it came over the wire, its body unpacked. */
export interface WireRequest {
  readonly method: string;
  /** Decoded by nobody yet: labels are decoded where they are read. */
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

/** Operation and input of a request. */
export interface Call {
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: each operation narrows its own input
  readonly input: any;
}

/** One of the ways in which AWS APIs are spoken. */
export interface Protocol {
  /** @throws {AwsError} where the request doesn't parse, or no operation has this method and path. */
  parse(request: WireRequest, service: string): Call;
  // biome-ignore lint/suspicious/noExplicitAny: output in the SDK's shape
  success(operation: string, output: any, requestId: string, service: string): WireResponse;
  failure(error: AwsError, requestId: string, service: string): WireResponse;
}
