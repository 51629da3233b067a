import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { foreignRequest, LoopbackServer } from '../http';
import { signatureOf, signatureProblem } from '../identity';
import { own } from '../own';
import { AwsError, type Caller, type Operation, type Operations, type Product, type ProductContext } from '../types';
import { CallLog } from './call-log';
import { CustomResourceResponses, type ResponseListener } from './custom-resource-responses';
import { dispatch, protocolOf, Unreachable } from './dispatch';
import type { Network } from './network';
import type { Policies } from './policies';
import type { WireRequest, WireResponse } from './protocols/protocol';

/** Options of {@link createEndpoint}. */
export interface EndpointOptions {
  /** Operations of the products. Two products may answer for one service, but not the same operation. */
  readonly operations: readonly Operations[];
  readonly policies: Policies;
  readonly network: Network;
  /** Functions by their access key id. The operator's own key isn't among them. */
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

/** Larger than the largest request of any API that is answered (a payload of Lambda's `Invoke`: 6 MiB) but S3's. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** S3 takes 5 GB; here an object is held in memory while it comes. */
const MAX_OBJECT_BYTES = 256 * 1024 * 1024;

const DEFAULT_HANG_MS = 1000;

/** Codes of errors that are logged: they say what a policy, a template or a client's set-up lacks. */
const LOGGED = ['UnknownOperationException', 'AccessDenied', 'AccessDeniedException', 'SignatureDoesNotMatch'];

const unzip = promisify(gunzip);

/** Makes the endpoint; it listens on the environment's port `aws`. */
export function createEndpoint(options: EndpointOptions, context: ProductContext): Endpoint {
  return new RunningEndpoint(options, context);
}

class RunningEndpoint implements Endpoint {
  readonly #options: EndpointOptions;
  readonly #context: ProductContext;
  readonly #operations: Operations;
  readonly #calls: CallLog;
  readonly #responses: CustomResourceResponses;
  readonly #hanging = new Set<() => void>();
  readonly #http: LoopbackServer;

  constructor(options: EndpointOptions, context: ProductContext) {
    this.#options = options;
    this.#context = context;
    this.#operations = merge(options.operations);
    this.#calls = options.calls ?? new CallLog();
    this.#responses = new CustomResourceResponses(options, context.environment, this.#calls, context.clock);
    const log = (message: string) => context.log('aws', message);
    this.#http = new LoopbackServer({ name: 'the AWS endpoint', log }, (incoming, outgoing) => this.#serve(incoming, outgoing));
    // A client that long-polls, or keeps a connection between invocations of a frozen process, must not be cut off.
    this.#http.server.requestTimeout = 0;
    this.#http.server.keepAliveTimeout = 120_000;
  }

  start(): Promise<void> {
    return this.#http.listen(this.#context.environment.port('aws'));
  }

  async dispose(): Promise<void> {
    for (const cancel of this.#hanging) cancel();
    this.#hanging.clear();
    await this.#http.close();
  }

  calls() {
    return this.#calls.calls();
  }

  used() {
    return this.#calls.used();
  }

  onCustomResourceResponse(token: string, listener: ResponseListener, functionArn?: string): () => void {
    return this.#responses.expect(token, listener, functionArn);
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const foreign = foreignRequest(incoming.headers);
    if (foreign !== undefined) {
      send(outgoing, { status: 403, headers: { 'content-type': 'text/plain' }, body: `${foreign}\n` });
      return;
    }
    const requestId = randomUUID();
    const [path, queryString] = target(incoming.url ?? '/');
    const { headers, method = 'GET' } = incoming;
    const signature = signatureOf({ headers, queryString });
    const service = signature?.service ?? serviceOfTarget(incoming) ?? 'unknown';
    const protocol = protocolOf(headers, service, queryString);
    try {
      const sent = await bodyOf(incoming, service === 's3' ? MAX_OBJECT_BYTES : MAX_BODY_BYTES);
      // What is put to a bucket stays as it was sent.
      const body = headers['content-encoding'] === 'gzip' && service !== 's3' ? await unzipped(sent) : sent;
      const request: WireRequest = { method, path, query: new URLSearchParams(queryString), headers, body };
      if (this.#responses.owns(request)) {
        send(outgoing, { status: this.#responses.receive(request) ? 200 : 404, headers: {}, body: '' });
        return;
      }
      if (!signature) throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
      const secret = this.#context.keys.secretOf(signature.accessKeyId);
      if (secret === undefined) throw unknownKey(signature.accessKeyId);
      const problem = signatureProblem({ method, path, queryString, headers, body: sent }, signature, secret);
      if (problem !== undefined) throw new AwsError('SignatureDoesNotMatch', problem, 403);
      const { operation, output } = await dispatch(request, protocol, service, this.#callerOf(signature.accessKeyId), {
        operations: this.#operations,
        policies: this.#options.policies,
        network: this.#options.network,
        log: this.#calls,
        clock: this.#context.clock,
      });
      send(outgoing, protocol.success(operation, output, requestId, service));
    } catch (error) {
      if (error instanceof Unreachable) this.#hang(incoming, error);
      else send(outgoing, protocol.failure(this.#failure(error, service), requestId, service));
    }
  }

  /** A key in the form of a function's that no function of the template has belongs to one of an earlier start. */
  #callerOf(accessKeyId: string): Caller {
    const caller = this.#options.callers.get(accessKeyId);
    if (!caller && accessKeyId !== this.#context.keys.operator.accessKeyId) throw unknownKey(accessKeyId);
    return caller ?? {};
  }

  #failure(error: unknown, service: string): AwsError {
    const { log } = this.#context;
    if (error instanceof AwsError) {
      if (LOGGED.includes(error.code)) log('aws', error.message);
      return error;
    }
    log('aws', `${service.slice(0, 100)} failed: ${(error as Error).stack ?? error}`);
    return new AwsError('InternalFailure', 'the local platform failed on this request; its log says why', 500);
  }

  /** A reset is the nearest thing to a hang that doesn't cost a client its whole time. */
  #hang({ socket }: IncomingMessage, { message }: Unreachable): void {
    this.#context.log('aws', `${message}; in AWS this call hangs until it times out`);
    const cancel = this.#context.clock.schedule(this.#options.hangMilliseconds ?? DEFAULT_HANG_MS, () => {
      this.#hanging.delete(cancel);
      socket.destroy();
    });
    this.#hanging.add(cancel);
  }
}

function unknownKey(accessKeyId: string): AwsError {
  const known = "sign with the platform's own credentials, in the file 'credentials' of its state directory";
  return new AwsError(
    'UnrecognizedClientException',
    `The security token included in the request is invalid: access key id '${accessKeyId.slice(0, 100)}' is not of this platform; ${known}`,
    403,
  );
}

/** Path and query string of a request, as sent; of the absolute form, which proxies get, what follows the host. */
function target(url: string): [path: string, queryString: string] {
  const local = url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? [local || '/', ''] : [local.slice(0, mark) || '/', local.slice(mark + 1)];
}

/** The service in a target header, for a request that isn't signed. */
function serviceOfTarget({ headers }: IncomingMessage): string | undefined {
  return headers['x-amz-target'] === undefined ? undefined : String(headers['x-amz-target']).split('.')[0];
}

async function bodyOf(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function unzipped(body: Buffer): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(MAX_BODY_BYTES);
    throw new AwsError('SerializationException', `the request body is not gzip: ${(error as Error).message}`);
  }
}

function tooLarge(maxBytes: number): AwsError {
  return new AwsError('RequestEntityTooLargeException', `the request is over ${maxBytes} bytes`, 413);
}

function send(outgoing: ServerResponse, { status, headers, body }: WireResponse): void {
  if (outgoing.destroyed || outgoing.headersSent) return;
  outgoing.writeHead(status, {
    // A response to HEAD states the length of what it doesn't have.
    'content-length': Buffer.byteLength(body),
    ...headers,
    // A body that wasn't read to its end leaves no place for a next request.
    ...(!outgoing.req.complete && { connection: 'close' }),
  });
  outgoing.end(body);
}

function merge(tables: readonly Operations[]): Operations {
  const merged = new Map<string, Record<string, Operation>>();
  for (const table of tables) {
    for (const [service, operations] of Object.entries(table)) {
      const known = merged.get(service) ?? {};
      const twice = Object.keys(operations).find((name) => own(known, name));
      if (twice !== undefined) throw new Error(`two products answer ${service}.${twice}`);
      merged.set(service, { ...known, ...operations });
    }
  }
  return Object.fromEntries(merged);
}
