import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AwsError, type Caller, type Operations, type Product, type ProductContext } from '../types';
import { CallLog } from './call-log';
import { CustomResourceResponses, type ResponseListener } from './custom-resource-responses';
import { dispatch, protocolOf, Unreachable } from './dispatch';
import type { Network } from './network';
import type { Policies } from './policies';
import type { Protocol, WireRequest, WireResponse } from './protocols/protocol';
import { signatureOf } from './signature';

/** Options of {@link createEndpoint}. */
export interface EndpointOptions {
  /** Operations of the products. Two products may answer for one service, but not the same operation. */
  readonly operations: readonly Operations[];
  readonly policies: Policies;
  readonly network: Network;
  /** Functions by their access key id. Any other id is a person at this machine, who may do everything. */
  readonly callers: ReadonlyMap<string, Caller>;
  /** @default - a new one */
  readonly calls?: CallLog;
  /** Time until an unreachable call is cut off, in milliseconds. AWS's hangs until the client gives up. @default 1000 */
  readonly hangMilliseconds?: number;
}

/** The one server that answers every AWS API. */
export interface Endpoint extends Product, Pick<CallLog, 'calls' | 'used'> {
  /**
   * Calls back with what is put to `/_custom-resource/<token>`, once. `functionArn` is who will put it, over the network of the
   * template: there the response goes to a bucket of S3.
   * @returns stops waiting.
   */
  onCustomResourceResponse(token: string, listener: ResponseListener, functionArn?: string): () => void;
}

/** Larger than the largest request of any API that is answered (a payload of Lambda's `Invoke`: 6 MiB). */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

const DEFAULT_HANG_MS = 1000;

const unzip = promisify(gunzip);

/** Makes the endpoint; it listens on the environment's port `aws`. */
export function createEndpoint(options: EndpointOptions, context: ProductContext): Endpoint {
  const { environment, clock, log } = context;
  const operations = merge(options.operations);
  const calls = options.calls ?? new CallLog();
  const responses = new CustomResourceResponses(options, environment, calls, clock);
  const hanging = new Set<() => void>();
  let server: Server | undefined;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const url = new URL(incoming.url ?? '/', environment.endpointUrl);
    const signature = signatureOf(incoming.headers, url.searchParams);
    const service = signature?.service ?? serviceOfTarget(incoming) ?? 'unknown';
    let protocol: Protocol | undefined;
    try {
      const body = await bodyOf(incoming);
      const method = incoming.method ?? 'GET';
      const request: WireRequest = { method, path: url.pathname, query: url.searchParams, headers: incoming.headers, body };
      protocol = protocolOf(request, service);
      if (responses.owns(request)) {
        send(outgoing, { status: responses.receive(request) ? 200 : 404, headers: {}, body: '' });
        return;
      }
      if (!signature) throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
      const caller = callerOf(signature.accessKeyId, options.callers);
      const { policies, network } = options;
      const { operation, output } = await dispatch(request, protocol, service, caller, {
        operations,
        policies,
        network,
        log: calls,
        clock,
      });
      send(outgoing, protocol.success(operation, output, requestId, service));
    } catch (error) {
      if (error instanceof Unreachable) {
        log('aws', `${error.message}; in AWS this call hangs until it times out`);
        hang(incoming);
        return;
      }
      const failure = asAwsError(error);
      if (!(error instanceof AwsError)) log('aws', `${service} failed: ${(error as Error).stack ?? error}`);
      else if (['UnknownOperationException', 'AccessDenied', 'AccessDeniedException'].includes(failure.code)) {
        log('aws', failure.message);
      }
      send(
        outgoing,
        (protocol ?? protocolOf({ headers: incoming.headers } as WireRequest, service)).failure(failure, requestId, service),
      );
    }
  }

  /** A reset is the nearest thing to a hang that doesn't cost a client its whole time. */
  function hang({ socket }: IncomingMessage): void {
    const cancel = clock.schedule(options.hangMilliseconds ?? DEFAULT_HANG_MS, () => {
      hanging.delete(cancel);
      socket.destroy();
    });
    hanging.add(cancel);
  }

  return {
    async start() {
      const port = environment.port('aws');
      server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
      // A client that long-polls, or keeps a connection between invocations of a frozen process, must not be cut off.
      server.requestTimeout = 0;
      server.keepAliveTimeout = 120_000;
      await listen(server, port);
    },
    async dispose() {
      for (const cancel of hanging) cancel();
      hanging.clear();
      const closing = server;
      server = undefined;
      if (!closing) return;
      await new Promise<void>((resolve) => {
        closing.close(() => resolve());
        closing.closeAllConnections();
      });
    },
    calls: () => calls.calls(),
    used: () => calls.used(),
    onCustomResourceResponse: (token, listener, functionArn) => responses.expect(token, listener, functionArn),
  };
}

/** The service in a target header, for a request that isn't signed. */
function serviceOfTarget({ headers }: IncomingMessage): string | undefined {
  return headers['x-amz-target'] === undefined ? undefined : String(headers['x-amz-target']).split('.')[0];
}

/** Ids of functions are ours, so an unknown one of these belongs to a function of an earlier start. */
function callerOf(accessKeyId: string, callers: ReadonlyMap<string, Caller>): Caller {
  const caller = callers.get(accessKeyId);
  if (!caller && /^LOCAL[0-9A-F]{15}$/.test(accessKeyId)) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  return caller ?? {};
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new AwsError('RequestEntityTooLargeException', `the request is over ${MAX_BODY_BYTES} bytes`, 413);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return incoming.headers['content-encoding'] === 'gzip' ? unzip(body, { maxOutputLength: MAX_BODY_BYTES }) : body;
}

function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  return new AwsError('InternalFailure', 'the local platform failed on this request; its log says why', 500);
}

function send(outgoing: ServerResponse, { status, headers, body }: WireResponse): void {
  if (outgoing.destroyed || outgoing.headersSent) return;
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  outgoing.end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(
        inUse ? new Error(`port ${port}, for the AWS endpoint, is in use: end what listens there`, { cause: error }) : error,
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function merge(tables: readonly Operations[]): Operations {
  const merged: Record<string, Record<string, Operations[string][string]>> = {};
  for (const table of tables) {
    for (const [service, operations] of Object.entries(table)) {
      merged[service] ??= {};
      for (const [name, operation] of Object.entries(operations)) {
        if (merged[service][name]) throw new Error(`two products answer ${service}.${name}`);
        merged[service][name] = operation;
      }
    }
  }
  return merged;
}
