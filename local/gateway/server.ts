import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from '../http';
import type { GatewayRequest } from './request';
import type { GatewayResponse } from './response';

/** API Gateway's payload limit, in bytes (10 MB). */
export const MAX_PAYLOAD_BYTES = 10_485_760;

/**
 * Most bytes of a request line and header values together.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
const MAX_HEAD_BYTES = 10_240;

/**
 * Keeps the connections of a proxy that reuses them after a pause; longer than the five seconds for which clients commonly do.
 */
const KEEP_ALIVE_MILLISECONDS = 60_000;

/** A request whose headers or body are too large to be handled, or one that isn't well-formed. */
export type Fault = 'too-large' | 'malformed';

/** Answers a request; `path` still holds everything that the client sent. */
export type Answer = (host: string, request: GatewayRequest, fault: Fault | undefined) => Promise<GatewayResponse>;

/** A server on loopback that reads whole requests and writes whole responses. */
export function createServer(answer: Answer, log: (message: string) => void): LoopbackServer {
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    const request = toRequest(incoming, body ?? Buffer.alloc(0));
    const tooLarge = body === undefined || headBytes(request) > MAX_HEAD_BYTES;
    const fault = isMalformed(incoming, request) ? 'malformed' : tooLarge ? 'too-large' : undefined;
    send(outgoing, incoming.method === 'HEAD', await answer(request.host, request, fault));
  };
  const server = new LoopbackServer({ name: 'the gateway', log, failed, malformed }, handle);
  server.server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  return server;
}

function failed(outgoing: ServerResponse): void {
  outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal server error"}');
}

/** Node.js stops reading at 16 KB, and only then knows that a request is over the limit. */
function malformed({ code }: NodeJS.ErrnoException): string {
  const [status, message] = code === 'HPE_HEADER_OVERFLOW' ? ['413', 'Request Too Long'] : ['400', 'Bad Request'];
  const body = JSON.stringify({ message });
  const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
  return `HTTP/1.1 ${status} ${message}\r\n${head}\r\n\r\n${body}`;
}

/** @returns undefined where it is over the limit. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    // Read to the end all the same, so that the client gets to its answer.
    if (bytes <= MAX_PAYLOAD_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_PAYLOAD_BYTES ? undefined : Buffer.concat(chunks);
}

function toRequest(incoming: IncomingMessage, body: Buffer): GatewayRequest & { readonly host: string } {
  const url = incoming.url ?? '/';
  // The target may be a whole URL, whose host is then the request's (RFC 9112, section 3.2.2).
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url);
  const target = absolute ? (absolute[2] as string) : url;
  const mark = target.indexOf('?');
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.push([incoming.rawHeaders[index] as string, incoming.rawHeaders[index + 1] as string]);
  }
  const method = incoming.method ?? 'GET';
  const path = (mark < 0 ? target : target.slice(0, mark)) || '/';
  const queryString = mark < 0 ? '' : target.slice(mark + 1);
  return {
    host: (absolute?.[1] ?? incoming.headers.host ?? '').toLowerCase(),
    httpMethod: method,
    path,
    queryString,
    headers,
    body,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
    sent: { method, path, queryString, headers: incoming.headers, body },
  };
}

function headBytes({ httpMethod, path, queryString, headers }: GatewayRequest): number {
  const line = `${httpMethod} ${path}?${queryString} HTTP/1.1`.length;
  return headers.reduce((bytes, [, value]) => bytes + value.length, line);
}

/** True for another version than HTTP/1, for two hosts, and for a path that doesn't begin with a slash. */
function isMalformed(incoming: IncomingMessage, { path, headers }: GatewayRequest): boolean {
  const hosts = headers.filter(([name]) => name.toLowerCase() === 'host');
  return incoming.httpVersionMajor !== 1 || hosts.length > 1 || !path.startsWith('/');
}

function send(outgoing: ServerResponse, isHead: boolean, response: GatewayResponse): void {
  const headers: string[] = [];
  for (const [name, value] of response.headers) headers.push(name, value);
  // 204 and 304 have no body, and so no length of one.
  if (response.statusCode !== 204 && response.statusCode !== 304) headers.push('Content-Length', String(response.body.length));
  headers.push('Date', new Date().toUTCString());
  outgoing.writeHead(response.statusCode, headers);
  outgoing.end(isHead ? undefined : response.body);
}
