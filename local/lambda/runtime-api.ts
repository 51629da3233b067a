import type * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoopbackServer } from '../http';
import { MAX_RESPONSE_BYTES } from './outcome';

/** Invocation, as a runtime gets it. */
export interface RuntimeEvent {
  readonly requestId: string;
  readonly invokedFunctionArn: string;
  /** Epoch milliseconds at which the function is ended. */
  readonly deadline: number;
  /** JSON text. */
  readonly payload: string;
}

/** Gives a runtime the invocation that it waits for. */
export type Deliver = (event: RuntimeEvent) => void;

/** Receiver of a runtime's calls. */
export interface RuntimeListener {
  /** It is free and waits. */
  next(deliver: Deliver): void;
  /** It answered; `payload` is undefined where the answer was larger than Lambda passes on. */
  response(requestId: string, payload: string | undefined): void;
  /** The handler threw; `payload` is the error as JSON text. */
  error(requestId: string, payload: string): void;
  /** The handler couldn't be loaded. */
  initError(payload: string): void;
}

/**
 * The Lambda Runtime API of every execution environment, on one server: an environment's `AWS_LAMBDA_RUNTIME_API` is this
 * server's host and port and its own id as the first path segment.
 */
export class RuntimeApi {
  readonly #listeners = new Map<string, RuntimeListener>();
  readonly #http: LoopbackServer;

  constructor(log: (message: string) => void) {
    this.#http = new LoopbackServer({ name: 'the Runtime API', log }, (request, response) => this.#handle(request, response));
    const { server } = this.#http;
    // A runtime waits for its next invocation for as long as it takes, and keeps its socket idle for as long as the handler runs.
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    server.headersTimeout = 0;
  }

  async start(): Promise<void> {
    await this.#http.listen(0);
  }

  async stop(): Promise<void> {
    await this.#http.close();
  }

  get port(): number {
    return (this.#http.server.address() as AddressInfo).port;
  }

  /** Value of `AWS_LAMBDA_RUNTIME_API` for the environment. */
  address(environmentId: string): string {
    return `127.0.0.1:${this.port}/${environmentId}`;
  }

  attach(environmentId: string, listener: RuntimeListener): void {
    this.#listeners.set(environmentId, listener);
  }

  detach(environmentId: string): void {
    this.#listeners.delete(environmentId);
  }

  #handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    const [, environmentId, version, api, ...rest] = (request.url ?? '').split('/');
    const listener = this.#listeners.get(environmentId ?? '');
    const known = listener && version === '2018-06-01' && api === 'runtime';
    const name = known ? `${request.method} ${rest.length === 3 ? `${rest[0]}/:id/${rest[2]}` : rest.join('/')}` : '';
    const requestId = rest[1] ?? '';
    switch (name) {
      case 'GET invocation/next':
        listener?.next((event) => deliver(response, event));
        break;
      case 'POST invocation/:id/response':
        read(request, (body) => {
          const fits = body.length <= MAX_RESPONSE_BYTES;
          answer(response, fits ? 202 : 413, fits ? '{"status":"OK"}' : '{"errorType":"RequestEntityTooLarge"}');
          listener?.response(requestId, fits ? body.toString() : undefined);
        });
        break;
      case 'POST invocation/:id/error':
        read(request, (body) => {
          answer(response, 202, '{"status":"OK"}');
          listener?.error(requestId, body.toString());
        });
        break;
      case 'POST init/error':
        read(request, (body) => {
          answer(response, 202, '{"status":"OK"}');
          listener?.initError(body.toString());
        });
        break;
      default:
        answer(response, 404, '{"errorType":"NotFound"}');
    }
  }
}

function deliver(response: http.ServerResponse, event: RuntimeEvent): void {
  answer(response, 200, event.payload, {
    'lambda-runtime-aws-request-id': event.requestId,
    'lambda-runtime-deadline-ms': String(event.deadline),
    'lambda-runtime-invoked-function-arn': event.invokedFunctionArn,
  });
}

function answer(response: http.ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers }).end(body);
}

/** Calls back with the whole body. A runtime that dies in the middle of it is noticed by its process, not here. */
function read(request: http.IncomingMessage, callback: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => callback(Buffer.concat(chunks)));
}
