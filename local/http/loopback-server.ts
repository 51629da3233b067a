import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Handler of a {@link LoopbackServer}. What it throws is answered with 500, or with the end of the connection. */
export type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void | Promise<void>;

/** Options of a {@link LoopbackServer}. */
export interface LoopbackServerOptions extends ServerOptions {
  /** Name in errors and in the log, such as `the AWS endpoint`. */
  readonly name: string;
  readonly log: (message: string) => void;
  /** Answers a request whose handler threw. @default - status 500 without a body */
  failed?(outgoing: ServerResponse): void;
  /** Whole answer to what isn't HTTP, or has more headers than Node.js reads. @default - status 400 without a body */
  malformed?(error: NodeJS.ErrnoException): string;
  /** Connections that may wait to be accepted. @default - 511, as Node.js has it */
  readonly backlog?: number;
}

/**
 * HTTP server on loopback that no request ends: each error of a handler, a connection or a stream is answered or logged here,
 * since an `error` event without a listener would end the process.
 */
export class LoopbackServer {
  /** For timeouts and events of one's own. */
  readonly server: Server;
  readonly #options: LoopbackServerOptions;
  readonly #handle: Handler;

  constructor(options: LoopbackServerOptions, handle: Handler) {
    this.#options = options;
    this.#handle = handle;
    const serve = (incoming: IncomingMessage, outgoing: ServerResponse) => void this.#serve(incoming, outgoing);
    this.server = createServer(options, serve);
    // An expectation that Node.js doesn't know is none: by itself it would answer 417.
    this.server.on('checkExpectation', serve);
    // Node's own answer isn't sent where somebody listens, and a connection that has failed already can't be answered.
    this.server.on('clientError', (error, socket) => {
      socket.on('error', () => undefined);
      if (socket.writable) socket.end((options.malformed ?? badRequest)(error));
      else socket.destroy();
    });
  }

  /** @throws {Error} that names the port where it is in use. */
  listen(port: number): Promise<void> {
    const { name, log, backlog } = this.#options;
    return new Promise((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException) => {
        const inUse = error.code === 'EADDRINUSE';
        reject(inUse ? new Error(`port ${port}, for ${name}, is in use: end what listens there`, { cause: error }) : error);
      };
      this.server.once('error', refused);
      this.server.listen({ port, host: '127.0.0.1', backlog }, () => {
        this.server.off('error', refused);
        // Such as too many open files at an accept.
        this.server.on('error', (error) => log(`${name}: ${error.message}`));
        resolve();
      });
    });
  }

  /** Base URL, once it listens; without a trailing slash. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Closes the server and its connections. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A client that leaves is none of the platform's errors.
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    try {
      await this.#handle(incoming, outgoing);
    } catch (error) {
      const { name, log, failed = withoutBody } = this.#options;
      if (!incoming.destroyed || incoming.complete) {
        log(`${name}: ${incoming.method} ${incoming.url?.slice(0, 200)} failed: ${(error as Error)?.stack ?? error}`);
      }
      if (outgoing.headersSent) outgoing.destroy();
      else failed(outgoing);
    }
  }
}

function badRequest(): string {
  return 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
}

function withoutBody(outgoing: ServerResponse): void {
  outgoing.writeHead(500, { 'content-length': 0, connection: 'close' }).end();
}
