import type { IncomingHttpHeaders } from 'node:http';
import * as vm from 'node:vm';
import type { ViewerRequest } from './cache-key';
import { headerValue, type RawHeaders } from './headers';
import type { ViewerFunction } from './options';

/** A response that a function made or changed. */
export interface FunctionResponse {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body?: Buffer;
}

/**
 * Limit of a call, in milliseconds. CloudFront bounds the share of its own processor (under 1 ms in all); that can't be measured
 * here, so that this only ends endless loops.
 */
const TIMEOUT_MS = 100;

interface Field {
  value: string;
  multiValue?: { value: string }[];
}

// biome-ignore lint/suspicious/noExplicitAny: what a function returns is checked where it is read
type Returned = any;

/** Distribution and request that a function runs for, as its event has them. */
export interface FunctionContext {
  readonly distributionId: string;
  readonly distributionDomainName: string;
  readonly requestId: string;
}

/** Runs the code of functions, async handlers included: JavaScript without timers, network, file system or process. */
export class FunctionRuntime {
  readonly #contexts = new Map<string, vm.Context>();

  /** @returns the request to go on with, or the response to answer with. @throws {Error} of the function. */
  viewerRequest(fn: ViewerFunction, request: ViewerRequest, context: FunctionContext): ViewerRequest | FunctionResponse {
    const event = { ...envelope('viewer-request', request, context), request: toEvent(request) };
    const returned = this.#call(fn, event);
    if (returned && typeof returned.statusCode === 'number') return fromEventResponse(returned);
    if (!returned || typeof returned.uri !== 'string' || !returned.uri.startsWith('/')) {
      throw new Error(`function '${fn.name}' returned neither a request nor a response`);
    }
    return fromEvent(request, returned);
  }

  /** @returns the response to answer with; without a body, the body stays. @throws {Error} of the function. */
  viewerResponse(
    fn: ViewerFunction,
    request: ViewerRequest,
    response: FunctionResponse,
    context: FunctionContext,
  ): FunctionResponse {
    const event = {
      ...envelope('viewer-response', request, context),
      request: toEvent(request),
      response: { statusCode: response.status, statusDescription: '', headers: responseFields(response.headers), cookies: {} },
    };
    const returned = this.#call(fn, event);
    if (!returned || typeof returned.statusCode !== 'number') throw new Error(`function '${fn.name}' returned no response`);
    return fromEventResponse(returned);
  }

  #call(fn: ViewerFunction, event: object): Returned {
    let context = this.#contexts.get(fn.code);
    if (!context) {
      const globals = { console: { log: () => undefined, error: () => undefined } };
      // Promises of the function settle before a call returns; nothing else could settle them.
      context = vm.createContext(globals, { microtaskMode: 'afterEvaluate' });
      vm.runInContext(fn.code, context, { filename: `${fn.name}.js`, timeout: TIMEOUT_MS });
      this.#contexts.set(fn.code, context);
    }
    context.event = JSON.stringify(event);
    context.outcome = undefined;
    vm.runInContext(CALL, context, { timeout: TIMEOUT_MS });
    const outcome = context.outcome as { value?: string; error?: string } | undefined;
    if (outcome === undefined) throw new Error(`function '${fn.name}' never settled`);
    if (outcome.error !== undefined) throw new Error(`function '${fn.name}': ${outcome.error}`);
    return outcome.value === undefined ? undefined : JSON.parse(outcome.value);
  }
}

/** Text goes in and text comes out, so that no object of this process gets into the function's hands. */
const CALL = `(async () => handler(JSON.parse(event)))().then(
  (value) => { outcome = { value: JSON.stringify(value) }; },
  (error) => { outcome = { error: String(error) }; },
);`;

function envelope(eventType: string, request: ViewerRequest, context: FunctionContext) {
  return { version: '1.0', context: { ...context, eventType }, viewer: { ip: request.address } };
}

function toEvent(request: ViewerRequest) {
  const headers: Record<string, Field> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && name !== 'cookie') headers[name] = { value: String(value) };
  }
  const querystring: Record<string, Field> = {};
  for (const pair of request.query === '' ? [] : request.query.split('&')) add(querystring, pair);
  const cookies: Record<string, Field> = {};
  for (const pair of (request.headers.cookie ?? '').split(';')) if (pair.trim() !== '') add(cookies, pair.trim());
  return { method: request.method, uri: request.path, querystring, headers, cookies };
}

function add(fields: Record<string, Field>, pair: string): void {
  const end = pair.indexOf('=');
  const name = end < 0 ? pair : pair.slice(0, end);
  const value = end < 0 ? '' : pair.slice(end + 1);
  const field = fields[name];
  if (!field) fields[name] = { value };
  else {
    field.multiValue ??= [{ value: field.value }];
    field.multiValue.push({ value });
  }
}

function pairs(fields: Record<string, Field> | undefined): string[] {
  return Object.entries(fields ?? {}).flatMap(([name, field]) =>
    (field.multiValue ?? [{ value: field.value }]).map(({ value }) => (value === '' ? name : `${name}=${value}`)),
  );
}

function fromEvent(request: ViewerRequest, returned: Returned): ViewerRequest {
  const headers: IncomingHttpHeaders = {};
  for (const [name, field] of Object.entries<Field>(returned.headers ?? {})) headers[name.toLowerCase()] = field.value;
  const cookie = pairs(returned.cookies).join('; ');
  if (cookie !== '') headers.cookie = cookie;
  return { ...request, path: returned.uri, query: pairs(returned.querystring).join('&'), headers };
}

function responseFields(headers: RawHeaders): Record<string, Field> {
  const fields: Record<string, Field> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    fields[name] ??= { value: headerValue(headers, name) as string };
  }
  return fields;
}

function fromEventResponse(returned: Returned): FunctionResponse {
  const headers: string[] = [];
  for (const [name, field] of Object.entries<Field>(returned.headers ?? {})) {
    for (const { value } of field.multiValue ?? [field]) headers.push(name, value);
  }
  for (const [name, field] of Object.entries<Field & { attributes?: string }>(returned.cookies ?? {})) {
    headers.push('set-cookie', `${name}=${field.value}${field.attributes ? `; ${field.attributes}` : ''}`);
  }
  const body = returned.body;
  if (body === undefined) return { status: returned.statusCode, headers };
  const data = typeof body === 'string' ? body : String(body.data ?? '');
  const encoding = typeof body === 'object' && body.encoding === 'base64' ? 'base64' : 'utf8';
  return { status: returned.statusCode, headers, body: Buffer.from(data, encoding) };
}
