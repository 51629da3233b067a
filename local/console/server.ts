import { randomBytes, timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { foreignRequest, LoopbackServer } from '../http';
import { own } from '../own';
import type { Messages } from './protocol';

/** An answer that isn't data. */
export class ConsoleError extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 409,
    message: string,
  ) {
    super(message);
    this.name = 'ConsoleError';
  }
}

/** Answers a call of the page with what JSON can hold. @throws {ConsoleError} */
export type Call = (input: { readonly query: URLSearchParams; readonly body: unknown }) => unknown;

/** A page that looks, and takes messages until it leaves. */
export interface Viewer {
  send<Name extends keyof Messages>(name: Name, data: Messages[Name]): void;
}

/** Options of a {@link ConsoleServer}. */
export interface ConsoleServerOptions {
  /** Folder of the page's files, as the bundle of this project makes it. */
  readonly pageFolder: string;
  /** Calls by method and path, such as `GET /api/entries`. */
  readonly calls: Readonly<Record<string, Call>>;
  /** A page begins to look. @returns its end */
  readonly onViewer: (viewer: Viewer, query: URLSearchParams) => () => void;
  readonly log: (message: string) => void;
}

/** Files of the page, by path. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
};

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** Header with the page's token; the stream, which can't have one, takes it from its query. */
const TOKEN_HEADER = 'x-cachement-token';

/** Largest body of a call, in bytes. */
const MAX_BODY_BYTES = 64 * 1024;

/** Bytes that a page may be behind before it is dropped; it then connects anew. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

/**
 * The console's server on loopback. Only the page that it has served itself can call it: that page has the token, which no other
 * site's page can read, and a request that may come from one is refused besides.
 */
export class ConsoleServer {
  readonly #options: ConsoleServerOptions;
  readonly #token = randomBytes(24).toString('base64url');
  readonly #http: LoopbackServer;
  readonly #leave = new Set<() => void>();

  constructor(options: ConsoleServerOptions) {
    this.#options = options;
    this.#http = new LoopbackServer({ name: 'the console', log: options.log }, (incoming, outgoing) =>
      this.#serve(incoming, outgoing),
    );
  }

  /** @param port - 0 is any free one. @returns its URL */
  async listen(port: number): Promise<string> {
    await this.#http.listen(port);
    return `http://127.0.0.1:${(this.#http.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const leave of [...this.#leave]) leave();
    await this.#http.close();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const foreign = foreignRequest(incoming.headers);
      if (foreign !== undefined) throw new ConsoleError(403, foreign);
      const url = new URL(incoming.url ?? '/', 'http://console');
      if (url.pathname.startsWith('/api/')) await this.#serveCall(incoming, outgoing, url);
      else if (incoming.method !== 'GET') throw new ConsoleError(405, `${incoming.method} is not allowed here; allowed: GET`);
      else await this.#serveFile(url.pathname, outgoing);
    } catch (error) {
      if (!(error instanceof ConsoleError)) throw error;
      send(outgoing, error.status, 'application/json', JSON.stringify({ error: error.message }));
    }
  }

  async #serveFile(name: string, outgoing: ServerResponse): Promise<void> {
    if (name === '/') {
      send(outgoing, 200, 'text/html; charset=utf-8', html(this.#token));
      return;
    }
    const [file, type] = own(FILES, name) ?? [];
    if (file === undefined || type === undefined) throw new ConsoleError(404, `there is nothing at ${name}`);
    const found = await fs.readFile(path.join(this.#options.pageFolder, file)).catch(() => undefined);
    if (!found) throw new ConsoleError(404, `${file} is not bundled yet: npm run bundle`);
    send(outgoing, 200, type, found);
  }

  async #serveCall(incoming: IncomingMessage, outgoing: ServerResponse, { pathname, searchParams }: URL): Promise<void> {
    const token = incoming.headers[TOKEN_HEADER] ?? searchParams.get('token') ?? '';
    if (!same(String(token), this.#token)) throw new ConsoleError(403, "the token is not this console's: load its page anew");
    if (pathname === '/api/stream' && incoming.method === 'GET') {
      this.#stream(incoming, outgoing, searchParams);
      return;
    }
    const call = own(this.#options.calls, `${incoming.method} ${pathname}`);
    if (!call) throw new ConsoleError(404, `there is no ${incoming.method} ${pathname}`);
    const body = incoming.method === 'POST' ? await jsonBody(incoming) : undefined;
    const answer = await call({ query: searchParams, body });
    send(outgoing, 200, 'application/json', JSON.stringify(answer ?? {}));
  }

  #stream(incoming: IncomingMessage, outgoing: ServerResponse, query: URLSearchParams): void {
    outgoing.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
    const viewer: Viewer = {
      send: (name, data) => {
        if (outgoing.writableLength > MAX_BACKLOG_BYTES) outgoing.destroy();
        else outgoing.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
      },
    };
    const end = this.#options.onViewer(viewer, query);
    const leave = () => {
      if (!this.#leave.delete(leave)) return;
      end();
      outgoing.end();
    };
    this.#leave.add(leave);
    incoming.on('close', leave);
    outgoing.on('close', leave);
  }
}

function send(outgoing: ServerResponse, status: number, type: string, body: string | Buffer): void {
  outgoing.writeHead(status, { ...HEADERS, 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

async function jsonBody(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ConsoleError(400, `a body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString() || '{}');
  } catch {
    throw new ConsoleError(400, 'the body must be JSON');
  }
}

function same(given: string, token: string): boolean {
  return given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
}

/** An icon of five tiers, so that a browser doesn't ask for one. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'%3E%3Cpath d='M0 1h10M0 3h8M0 5h6M0 7h4M0 9h2' stroke='%232f6fde' stroke-width='1.4'/%3E%3C/svg%3E";

function html(token: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="token" content="${token}">
<title>Cachement console</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/page.css">
<body>
<div id="page"><noscript>The console needs JavaScript.</noscript></div>
<script type="module" src="/page.js"></script>
</body>
</html>
`;
}
