import * as http from 'node:http';
import type { GatewayRequest } from './request';
import type { GatewayResponse } from './response';

/** API Gateway's payload limit, in bytes (10 MB). */
export const MAX_PAYLOAD_BYTES = 10_485_760;

/**
 * Keeps the connections of a proxy that reuses them after a pause; longer than the five seconds for which clients commonly do.
 */
const KEEP_ALIVE_MILLISECONDS = 60_000;

/** Answers a request; `path` still holds everything that the client sent. `oversized` where the body was too large to be read. */
export type Answer = (host: string, request: GatewayRequest, oversized: boolean) => Promise<GatewayResponse>;

/** A server on loopback that reads whole requests and writes whole responses. */
export function createServer(answer: Answer, log: (message: string) => void): http.Server {
  const server = http.createServer((incoming, outgoing) => {
    receive(incoming, async (body) => {
      try {
        const request = toRequest(incoming, body ?? Buffer.alloc(0));
        send(outgoing, incoming.method === 'HEAD', await answer(incoming.headers.host ?? '', request, body === undefined));
      } catch (error) {
        log(`${incoming.method} ${incoming.url}: ${(error as Error).stack}`);
        outgoing.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal server error"}');
      }
    });
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

function toRequest(incoming: http.IncomingMessage, body: Buffer): GatewayRequest {
  const [path = '/', ...query] = (incoming.url ?? '/').split('?');
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.push([incoming.rawHeaders[index] as string, incoming.rawHeaders[index + 1] as string]);
  }
  return {
    httpMethod: incoming.method ?? 'GET',
    path,
    queryString: query.join('?'),
    headers,
    body,
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
  };
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
