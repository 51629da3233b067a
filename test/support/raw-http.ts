import * as net from 'node:net';

/** An answer, as bytes came in. */
export interface RawAnswer {
  readonly status: number;
  /** Header lines in their order and spelling. */
  readonly lines: readonly string[];
  readonly body: string;
}

/** All values of a header, in their order. */
export function values(answer: Pick<RawAnswer, 'lines'>, name: string): string[] {
  const prefix = `${name.toLowerCase()}:`;
  return answer.lines.filter((line) => line.toLowerCase().startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
}

/**
 * Sends bytes over a connection of their own and reads until the server closes it.
 *
 * @param request latin1 text. A request that is to be answered must say `Connection: close`, or be one that ends the connection.
 * @returns everything that came; empty where the server closed without an answer.
 * @throws {Error} where the server neither answers nor closes.
 */
export function exchange(port: number, request: string, limitMs = 20_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request, 'latin1'));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${limitMs} ms to ${JSON.stringify(request.slice(0, 200))}`));
    }, limitMs);
    socket.on('data', (chunk) => chunks.push(chunk));
    // A connection that is reset has ended, too; what came before counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
  });
}

/** The first answer of what came over a connection. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end < 0 ? text.length : end).split('\r\n');
  return { status: Number(statusLine.split(' ')[1] ?? 0), lines, body: end < 0 ? '' : text.slice(end + 4) };
}

/** Sends a GET, or another request without a body, and parses its answer. */
export async function ask(port: number, target: string, lines: readonly string[] = [], method = 'GET'): Promise<RawAnswer> {
  const head = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, 'Connection: close', '', ''];
  return parseAnswer(await exchange(port, head.join('\r\n')));
}

/** An origin that answers with bytes as a test writes them, and keeps those of each request. */
export class RawOrigin {
  /** Bytes of each connection, in the order in which they were opened. */
  readonly received: string[] = [];
  /** Bytes to answer with, once a request's headers are there; undefined closes the connection. */
  answer: (request: string) => string | undefined | Promise<string | undefined> = () =>
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  readonly #sockets = new Set<net.Socket>();
  readonly #server = net.createServer((socket) => {
    this.#sockets.add(socket);
    const index = this.received.push('') - 1;
    let pending = '';
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', async (chunk) => {
      const text = chunk.toString('latin1');
      this.received[index] += text;
      pending += text;
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(pending.slice(0, end))?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        const request = pending.slice(0, end + 4 + length);
        pending = pending.slice(end + 4 + length);
        const answered = await this.answer(request);
        if (answered === undefined) socket.destroy();
        else socket.write(answered, 'latin1');
      }
    });
  });

  /** @returns its base URL. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** Closes the connections that are open, as a server does with idle ones. */
  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.closeConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
