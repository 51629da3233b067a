import type * as http from 'node:http';
import { byteRange, foreignToSite, LoopbackServer, notModified } from '../http';
import type { EdgeAnswer } from '../observations';
import type { ProductContext } from '../types';
import { allows, caches } from './behaviors';
import { cacheKey, type ViewerRequest } from './cache-key';
import type { Viewer } from './collapse';
import { validatorsIn } from './conditions';
import { errorPage } from './errors';
import { RefusedHeader } from './function-headers';
import { type FunctionContext, type FunctionResponse, FunctionRuntime } from './functions';
import { generatedNames, withGenerated } from './generated-headers';
import { filterHeaders, headerValue, type RawHeaders } from './headers';
import type { Answer, Location } from './location';
import type { BehaviorOptions, DistributionOptions } from './options';
import { type CacheResult, originAgeSeconds, serverTiming, viewerHeaders, withCors } from './response';
import type { StoredObject } from './stored-object';
import { parseViewerRequest } from './viewer-request';

/** Largest request without its body, in bytes (CloudFront quotas). Beyond it CloudFront answers 413. */
const MAX_REQUEST_BYTES = 20_480;

/** Headers that describe the body, which a 304 doesn't have (RFC 9110, section 15.4.5). */
const DESCRIBES_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
]);

/** Above Linux's default of 511, so that a burst of a thousand viewers isn't refused before it is seen. */
const BACKLOG = 4096;

/** Parts of an answer that are written. */
type Content = Pick<StoredObject, 'status' | 'headers' | 'body' | 'declaredLength'>;

type EdgeResult = CacheResult | 'FunctionGeneratedResponse';

/** One viewer's request on its way. */
interface Exchange {
  readonly response: http.ServerResponse;
  readonly request: ViewerRequest;
  readonly requestId: string;
  readonly startedAt: number;
  /** Begin by the clock that has fractions of milliseconds. */
  readonly began: number;
}

/** The HTTP server of one distribution, on loopback: takes viewers' requests apart, and writes what its location answers. */
export class EdgeServer {
  readonly #http: LoopbackServer;
  readonly #functions = new FunctionRuntime();
  /** Headers that CloudFront generates, by behaviour. */
  readonly #generated: Map<BehaviorOptions, string[]>;

  readonly #distribution: DistributionOptions;
  readonly #location: Location;
  readonly #context: ProductContext;

  constructor(distribution: DistributionOptions, location: Location, context: ProductContext) {
    this.#distribution = distribution;
    this.#location = location;
    this.#context = context;
    this.#generated = new Map(distribution.behaviors.map((behavior) => [behavior, generatedNames(behavior)]));
    this.#http = new LoopbackServer(
      {
        name: 'the edge',
        log: (message) => context.log('edge', message),
        malformed,
        keepAliveTimeout: 60_000,
        maxHeaderSize: MAX_REQUEST_BYTES,
        backlog: BACKLOG,
      },
      (message, response) => this.#take(message, response),
    );
  }

  /** Base URL, once it listens. */
  get url(): string {
    return this.#http.url;
  }

  /** @throws {Error} that names the port where it is taken. */
  listen(port: number): Promise<void> {
    return this.#http.listen(port);
  }

  /** Closes the server and its connections. */
  close(): Promise<void> {
    return this.#http.close();
  }

  #take(message: http.IncomingMessage, response: http.ServerResponse): void {
    const { request, bad } = parseViewerRequest(message, this.#distribution.defaultRootObject);
    const requestId = this.#location.identity.nextRequestId();
    const exchange: Exchange = { response, request, requestId, startedAt: this.#context.clock.now(), began: performance.now() };
    // A distribution answers to its own names alone, as CloudFront does, and so not to one that leads to loopback by chance.
    const foreign = foreignToSite(request, (name) => isNameOf(this.#distribution, name));
    try {
      if (!this.#distribution.enabled) this.#refuse(exchange, 403, 'The distribution is not enabled.');
      else if (bad) this.#refuse(exchange, bad.status, bad.reason);
      else if (foreign !== undefined) this.#refuse(exchange, 403, `A page of another site may have sent this: ${foreign}`);
      else this.#route(message, exchange);
    } catch (error) {
      this.#failed(exchange, error);
    }
  }

  #route(message: http.IncomingMessage, exchange: Exchange): void {
    const behavior = this.#location.behaviors.find(exchange.request.path);
    const { method } = exchange.request;
    if (!allows(behavior, method)) {
      this.#refuse(
        exchange,
        403,
        'This distribution is not configured to allow the HTTP request method that was used for this request.',
      );
      return;
    }
    const { headers } = exchange.request;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody && (method === 'GET' || method === 'HEAD')) {
      this.#refuse(exchange, 403, `A ${method} request must not have a body.`);
      return;
    }
    const changed = this.#throughRequestFunction(behavior, exchange);
    if (changed === undefined) return;
    const generated = this.#generated.get(behavior) as string[];
    const request = generated.length === 0 ? changed : withGenerated(changed, generated);
    const next = request === exchange.request ? exchange : { ...exchange, request };

    // A body is in no key, so that the answer to one, of OPTIONS, isn't cached.
    if (hasBody || !caches(behavior, method)) {
      const body = hasBody ? collect(message) : Promise.resolve(undefined);
      this.#answerLater(
        next,
        body.then((bytes) => this.#location.pass(behavior, request, bytes)),
      );
      return;
    }
    const key = cacheKey(behavior.cachePolicy, request);
    const answer = this.#location.lookup(behavior, key, request);
    if (answer) this.#write(next, answer);
    else this.#answerLater(next, this.#location.fetchShared(behavior, key, request, viewerOf(next)));
  }

  #answerLater(exchange: Exchange, answer: Promise<Answer>): void {
    answer.then((found) => this.#write(exchange, found)).catch((error) => this.#failed(exchange, error));
  }

  /** @returns the request to go on with; undefined where the function has answered. */
  #throughRequestFunction(behavior: BehaviorOptions, exchange: Exchange): ViewerRequest | undefined {
    const fn = behavior.functions?.viewerRequest;
    if (!fn) return exchange.request;
    const returned = this.#functions.viewerRequest(fn, exchange.request, this.#functionContext(exchange));
    if (!('status' in returned)) return returned;
    const { identity } = this.#location;
    const headers = viewerHeaders(returned.headers, behavior, identity.via);
    const { status, body = Buffer.alloc(0) } = returned;
    this.#send(exchange, { status, headers, body, declaredLength: String(body.length) }, 'FunctionGeneratedResponse');
    return undefined;
  }

  #functionContext({ requestId }: Exchange): FunctionContext {
    const { id, domainName } = this.#distribution;
    return { distributionId: id, distributionDomainName: domainName, requestId };
  }

  #write(exchange: Exchange, answer: Answer): void {
    const { behavior, object, result, upstream } = answer;
    const { request } = exchange;
    const { identity } = this.#location;
    if (object.rendered?.behavior !== behavior) {
      object.rendered = {
        behavior,
        headers: viewerHeaders(object.headers, behavior, identity.via),
        ageSeconds: originAgeSeconds(object.headers),
      };
    }
    const policy = behavior.responseHeadersPolicy;
    let shown: RawHeaders = policy?.cors ? withCors(object.rendered.headers, policy.cors, request) : object.rendered.headers;
    const now = this.#context.clock.now();
    const rate = policy?.serverTimingRate;
    const timed =
      rate !== undefined && (rate >= 1 || request.headers.pragma === 'server-timing' || this.#context.random() < rate);
    if (timed) {
      const timing = { upstream, downstreamMs: now - exchange.startedAt };
      const fromOrigin = headerValue(shown, 'server-timing');
      if (fromOrigin !== undefined) shown = filterHeaders(shown, (name) => name !== 'server-timing');
      const who = { pop: identity.pop, requestId: exchange.requestId };
      shown = [...shown, 'Server-Timing', serverTiming(result, timing, who, fromOrigin)];
    }
    // RFC 9111, section 4.2.3: the age that the origin sent, and the time since. An answer of the origin's own has the first
    // alone.
    const { ageSeconds } = object.rendered;
    const resident = Math.max(0, Math.floor((now - object.storedAt) / 1000));
    if (upstream === undefined) shown = [...shown, 'Age', String((ageSeconds ?? 0) + resident)];
    else if (ageSeconds !== undefined) shown = [...shown, 'Age', String(ageSeconds)];

    const fn = behavior.functions?.viewerResponse;
    if (fn && object.status < 400) {
      const before: FunctionResponse = { status: object.status, headers: shown };
      const after = this.#functions.viewerResponse(fn, request, before, this.#functionContext(exchange));
      const body = after.body ?? object.body;
      const { declaredLength } = after.body === undefined ? object : {};
      this.#send(exchange, { ...after, body, declaredLength }, result, answer);
      return;
    }
    this.#send(exchange, { ...object, headers: shown }, result, answer);
  }

  /** @param answer absent where the edge itself, or a function of it, made the content. */
  #send(exchange: Exchange, content: Content, result: EdgeResult, answer?: Answer): void {
    this.#deliver(exchange, content, result, answer?.conditions ?? 'none');
    this.#context.observe?.(observed(exchange, this.#distribution.id, result, answer));
  }

  /** Writes an answer, or the part of it that the viewer asked for. */
  #deliver(exchange: Exchange, content: Content, result: EdgeResult, conditions: Answer['conditions']): void {
    const { request, response, requestId } = exchange;
    const { status, body } = content;
    const { pop } = this.#location.identity;
    const headers = [...content.headers, 'X-Cache', `${result} from cloudfront`, 'X-Amz-Cf-Pop', pop, 'X-Amz-Cf-Id', requestId];
    const isHead = request.method === 'HEAD';
    const readable = conditions !== 'none' && status === 200 && (request.method === 'GET' || isHead);
    const asks = (request.headers['if-none-match'] ?? request.headers['if-modified-since']) !== undefined;
    if (readable && asks && notModified(request.headers, validatorsIn(headers), this.#context.clock.now())) {
      response.writeHead(
        304,
        filterHeaders(headers, (name) => !DESCRIBES_BODY.has(name)),
      );
      response.end();
      return;
    }
    // RFC 9110, section 14.2: a range is one of GET.
    const cuts = readable && conditions === 'all' && !isHead && request.headers.range !== undefined;
    const range = cuts ? byteRange(request.headers, validatorsIn(headers), body.length) : undefined;
    if (range === 'unsatisfiable') {
      response.writeHead(416, [...headers, 'Content-Range', `bytes */${body.length}`, 'Content-Length', '0']);
      response.end();
      return;
    }
    if (range) {
      const part = body.subarray(range.start, range.end + 1);
      const content = `bytes ${range.start}-${range.end}/${body.length}`;
      response.writeHead(206, [...headers, 'Content-Range', content, 'Content-Length', String(part.length)]);
      response.end(part);
      return;
    }
    const bodiless = status === 204 || status === 304;
    // An answer to HEAD that wasn't made of one to GET has the length that the origin says, or none.
    const length = isHead && conditions === 'none' ? content.declaredLength : String(body.length);
    if (!bodiless && length !== undefined) headers.push('Content-Length', length);
    response.writeHead(status, headers);
    response.end(isHead || bodiless ? undefined : body);
  }

  /** Answers without the origin and the store. */
  #refuse(exchange: Exchange, status: number, reason: string): void {
    const body = errorPage(status, reason, exchange.requestId);
    const headers = ['Server', 'CloudFront', 'Content-Type', 'text/html', 'Via', this.#location.identity.via];
    this.#send(exchange, { status, headers, body, declaredLength: String(body.length) }, 'Error');
  }

  #failed(exchange: Exchange, error: unknown): void {
    this.#context.log('edge', `${exchange.request.method} ${exchange.request.path} failed: ${(error as Error).stack ?? error}`);
    // CloudFront answers 503 where a function of the distribution fails, which is what ends here.
    const status = error instanceof RefusedHeader ? 502 : 503;
    if (!exchange.response.headersSent)
      this.#refuse(exchange, status, 'The CloudFront function or the edge failed; its log says how.');
    else exchange.response.destroy();
  }
}

/** True of a distribution's domain name and its aliases, of which `*.example.com` is all below `example.com`. */
function isNameOf({ domainName, aliases }: DistributionOptions, name: string): boolean {
  return [domainName, ...aliases].some((own) => (own.startsWith('*.') ? name.endsWith(own.slice(1)) : name === own));
}

/** Answer to what Node.js doesn't take for HTTP, or not for as long as it is. */
function malformed({ code }: NodeJS.ErrnoException): string {
  const status = code === 'HPE_HEADER_OVERFLOW' ? '413 Request Entity Too Large' : '400 Bad Request';
  return `HTTP/1.1 ${status}\r\nServer: CloudFront\r\nX-Cache: Error from cloudfront\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
}

function observed(
  { request, response, requestId, startedAt, began }: Exchange,
  distributionId: string,
  result: EdgeResult,
  answer: Answer | undefined,
): EdgeAnswer {
  const { method, path, query } = request;
  const object = answer && {
    key: answer.object.key,
    headers: answer.object.headers,
    tags: answer.object.tags,
    bytes: answer.object.body.length,
    storedAt: answer.object.storedAt,
    freshUntil: answer.object.freshUntil,
  };
  return {
    kind: 'edge',
    requestId,
    at: startedAt,
    ms: performance.now() - began,
    distributionId,
    method,
    path,
    query,
    status: response.statusCode,
    result,
    object,
    fromOrigin: answer?.upstream !== undefined,
  };
}

/** The viewer of an exchange, which has gone once its connection has closed. */
function viewerOf({ response }: Exchange): Viewer {
  return {
    get gone() {
      return response.destroyed;
    },
  };
}

function collect(message: http.IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => resolve(Buffer.concat(chunks)));
    message.on('error', reject);
  });
}
