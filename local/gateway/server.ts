import * as http from 'node:http';
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
export function createServer(answer: Answer, log: (message: string) => void): http.Server {
  const take: http.RequestListener = (incoming, outgoing) => {
    receive(incoming, async (body) => {
      try {
        const request = toRequest(incoming, body ?? Buffer.alloc(0));
        const tooLarge = body === undefined || headBytes(request) > MAX_HEAD_BYTES;
        const fault = isMalformed(incoming, request) ? 'malformed' : tooLarge ? 'too-large' : undefined;
        send(outgoing, incoming.method === 'HEAD', await answer(request.host, request, fault));
      } catch (error) {
        log(`${incoming.method} ${incoming.url}: ${(error as Error).stack}`);
        if (outgoing.headersSent) outgoing.destroy();
        else outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal server error"}');
      }
    });
  };
  const server = http.createServer(take);
  // `Expect` ends here: an expectation that Node.js doesn't know is none.
  server.on('checkExpectation', take);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return;
    // Node.js stops reading at 16 KB, and only then knows that a request is over the limit.
    const [status, message] = error.code === 'HPE_HEADER_OVERFLOW' ? ['413', 'Request Too Long'] : ['400', 'Bad Request'];
    const body = JSON.stringify({ message });
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
    socket.end(`HTTP/1.1 ${status} ${message}\r\n${head}\r\n\r\n${body}`);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  return server;
}

/** Calls back with the body, or with undefined where it is over the limit. */
function receive(incoming: http.IncomingMessage, callback: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    // Read to the end all the same, so that the client gets to its answer.
    if (bytes <= MAX_PAYLOAD_BYTES) chunks.push(chunk);
  });
  incoming.on('end', () => callback(bytes > MAX_PAYLOAD_BYTES ? undefined : Buffer.concat(chunks)));
}

function toRequest(incoming: http.IncomingMessage, body: Buffer): GatewayRequest & { readonly host: string } {
  const url = incoming.url ?? '/';
  // The target may be a whole URL, whose host is then the request's (RFC 9112, section 3.2.2).
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(url);
  const target = absolute ? (absolute[2] as string) : url;
  const mark = target.indexOf('?');
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.push([incoming.rawHeaders[index] as string, incoming.rawHeaders[index + 1] as string]);
  }
  return {
    host: (absolute?.[1] ?? incoming.headers.host ?? '').toLowerCase(),
    httpMethod: incoming.method ?? 'GET',
    path: (mark < 0 ? target : target.slice(0, mark)) || '/',
    queryString: mark < 0 ? '' : target.slice(mark + 1),
    headers,
    body,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
}

function headBytes({ httpMethod, path, queryString, headers }: GatewayRequest): number {
  const line = `${httpMethod} ${path}?${queryString} HTTP/1.1`.length;
  return headers.reduce((bytes, [, value]) => bytes + value.length, line);
}

/** True for another version than HTTP/1, for two hosts, and for a path that doesn't begin with a slash. */
function isMalformed(incoming: http.IncomingMessage, { path, headers }: GatewayRequest): boolean {
  const hosts = headers.filter(([name]) => name.toLowerCase() === 'host');
  return incoming.httpVersionMajor !== 1 || hosts.length > 1 || !path.startsWith('/');
}

function send(outgoing: http.ServerResponse, isHead: boolean, response: GatewayResponse): void {
  const headers: string[] = [];
  for (const [name, value] of response.headers) headers.push(name, value);
  // 204 and 304 have no body, and so no length of one.
  if (response.statusCode !== 204 && response.statusCode !== 304) headers.push('Content-Length', String(response.body.length));
  headers.push('Date', new Date().toUTCString());
  outgoing.writeHead(response.statusCode, headers);
  outgoing.end(isHead ? undefined : response.body);
}
