import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Response of a test's origin. */
export interface OriginAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request that a test's origin got. */
export interface OriginHit {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP server on a free port of loopback that answers as a test says, and remembers what it was asked. */
export class OriginServer {
  readonly hits: OriginHit[] = [];
  /** Response to send; `drop` breaks the connection, `silent` never responds. */
  answer: (hit: OriginHit) => OriginAnswer | 'drop' | 'silent' | Promise<OriginAnswer> = () => ({ body: 'origin' });
  private readonly server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { method, url, headers } = request as Required<http.IncomingMessage>;
      const hit = { method, url, headers, body: Buffer.concat(chunks).toString() };
      this.hits.push(hit);
      const answer = await this.answer(hit);
      if (answer === 'drop') response.destroy();
      if (answer === 'drop' || answer === 'silent') return;
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.body);
    });
  });

  /** @returns its base URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}
