import type { IncomingMessage } from 'node:http';
import type { ViewerRequest } from './cache-key';
import { headerFields } from './headers';

/** Longest URL in bytes (CloudFront quotas). Beyond it CloudFront answers 413. */
const MAX_URL_BYTES = 8192;

/** Refusal of a request that isn't well-formed. */
export interface BadRequest {
  readonly status: 400 | 413;
  readonly reason: string;
}

/** Request of a viewer, parsed, and why it is refused if it is. */
export interface ParsedRequest {
  readonly request: ViewerRequest;
  readonly bad?: BadRequest;
}

/** Takes a viewer's request apart. The target may be a path or, as for a proxy, a whole URL, whose host is then the request's. */
export function parseViewerRequest(message: IncomingMessage, defaultRootObject: string): ParsedRequest {
  const url = message.url as string;
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url);
  const target = absolute ? rooted(absolute[2] as string) : url;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const headers = headerFields(message.rawHeaders);
  const bad = badRequest(message, url, target, headers.host);
  if (absolute) headers.host = absolute[1];
  // "CloudFront removes the Accept-Encoding header" of HTTP/1.0 and doesn't compress:
  // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
  if (message.httpVersion === '1.0') delete headers['accept-encoding'];
  const request: ViewerRequest = {
    method: message.method as string,
    path: path === '/' && defaultRootObject !== '' ? `/${defaultRootObject}` : path,
    query: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    address: message.socket.remoteAddress ?? '127.0.0.1',
  };
  return { request, bad };
}

function rooted(target: string): string {
  return target.startsWith('/') ? target : `/${target}`;
}

function badRequest(message: IncomingMessage, url: string, target: string, host: string | undefined): BadRequest | undefined {
  if (url.length > MAX_URL_BYTES) return { status: 413, reason: `The URL is longer than ${MAX_URL_BYTES} bytes.` };
  if (message.httpVersionMajor !== 1) return { status: 400, reason: 'The request is not HTTP/1.0 or HTTP/1.1.' };
  if (!target.startsWith('/')) return { status: 400, reason: 'The request has no path.' };
  // RFC 9112, section 3.2: whoever routes by the one host and whoever routes by the other don't mean the same request.
  return host?.includes(',') ? { status: 400, reason: 'The request has more than one Host header.' } : undefined;
}
