import * as vm from 'node:vm';
import type { ViewerRequest } from './cache-key';
import { checkFunctionHeader, isHidden, isReadOnly } from './function-headers';
import { headerValue, isHeader, isHopByHop, type RawHeaders } from './headers';
import type { ViewerFunction } from './options';

/** A response that a function made or changed. */
export interface FunctionResponse {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body?: Buffer;
}

/**
 * Most time of the processor that a call may take, in milliseconds. CloudFront bounds the share of its own processor (under 1 ms
 * in all); that can't be measured here, so that this only ends endless loops.
 */
const CPU_LIMIT_MS = 100;

/**
 * Longest time that a call may take by the clock, in milliseconds: beside busy processes it gets a small share of the processor.
 */
const WALL_LIMIT_MS = 10_000;

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
    if (returned && typeof returned.statusCode === 'number') return fromEventResponse(fn, returned);
    if (!returned || typeof returned.uri !== 'string' || !returned.uri.startsWith('/')) {
      throw new Error(`function '${fn.name}' returned neither a request nor a response`);
    }
    return fromEvent(fn, request, returned);
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
    return fromEventResponse(fn, returned, response.headers);
  }

  /** @throws {Error} of the function, and of one that never settles or takes too long. */
  #call(fn: ViewerFunction, event: object): Returned {
    let context = this.#contexts.get(fn.code);
    if (!context) {
      const globals = { console: { log: () => undefined, error: () => undefined } };
      // Promises of the function settle before a call returns; nothing else could settle them.
      context = vm.createContext(globals, { microtaskMode: 'afterEvaluate' });
      runWithin(fn, context, fn.code);
      this.#contexts.set(fn.code, context);
    }
    context.event = JSON.stringify(event);
    context.outcome = undefined;
    runWithin(fn, context, CALL);
    const outcome = context.outcome as { value?: string; error?: string } | undefined;
    if (outcome === undefined) throw new Error(`function '${fn.name}' never settled`);
    if (outcome.error !== undefined) throw new Error(`function '${fn.name}': ${outcome.error}`);
    return outcome.value === undefined ? undefined : JSON.parse(outcome.value);
  }
}

/**
 * Runs code within the limits. A script is ended by the clock alone, so that one which had too little of the processor by then is
 * run again with twice the time: a function has no effect outside of its context.
 */
function runWithin({ name }: ViewerFunction, context: vm.Context, code: string): void {
  const script = new vm.Script(code, { filename: `${name}.js` });
  for (let timeout = CPU_LIMIT_MS; ; timeout *= 2) {
    const before = process.cpuUsage();
    try {
      script.runInContext(context, { timeout });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 >= CPU_LIMIT_MS || timeout * 2 > WALL_LIMIT_MS) {
        throw new Error(`function '${name}' timed out: it took more than ${CPU_LIMIT_MS} ms of the processor`);
      }
    }
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

/** Fields by name, in an object without a prototype: names are the viewer's. */
function newFields(): Record<string, Field> {
  return Object.create(null);
}

function toEvent(request: ViewerRequest) {
  const headers = newFields();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && name !== 'cookie' && !isHidden(name)) headers[name] = { value };
  }
  const querystring = newFields();
  for (const pair of request.query === '' ? [] : request.query.split('&')) add(querystring, pair);
  const cookies = newFields();
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

/** @throws {Error} of a request that can't be sent. */
function fromEvent(fn: ViewerFunction, request: ViewerRequest, returned: Returned): ViewerRequest {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const [name, field] of Object.entries<Field>(returned.headers ?? {})) {
    const key = name.toLowerCase();
    headers[key] = checkedHeader(fn, name, field?.value);
    checkFunctionHeader(fn.name, 'viewer-request', key, headers[key], request.headers[key]);
  }
  for (const [name, value] of Object.entries(request.headers)) {
    if (isHidden(name) || isReadOnly('viewer-request', name)) headers[name] ??= value;
  }
  const cookie = pairs(returned.cookies).join('; ');
  if (cookie !== '') headers.cookie = checkedHeader(fn, 'cookie', cookie);
  const query = pairs(returned.querystring).join('&');
  // What Node.js takes as the path of a request; a space or a line break would end it.
  if (/[^\x21-\xff]/.test(returned.uri + query))
    throw new Error(`function '${fn.name}' returned a URL with unencoded characters`);
  return { ...request, path: returned.uri, query, headers };
}

function checkedHeader(fn: ViewerFunction, name: string, value: unknown): string {
  if (!isHeader(name, value)) throw new Error(`function '${fn.name}' returned a header that can't be sent, '${name}'`);
  return value;
}

function responseFields(headers: RawHeaders): Record<string, Field> {
  const fields = newFields();
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    if (isHidden(name)) continue;
    fields[name] ??= { value: headerValue(headers, name) as string };
  }
  return fields;
}

/** Headers that a function can't set: the edge says how long a body is and what becomes of the connection. */
function isEdgesOwn(name: string): boolean {
  return name === 'content-length' || isHopByHop(name);
}

/**
 * @param before headers that the response had; none if the function made it.
 * @throws {Error} of a response that can't be sent.
 */
function fromEventResponse(fn: ViewerFunction, returned: Returned, before: RawHeaders = []): FunctionResponse {
  const status: number = returned.statusCode;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new Error(`function '${fn.name}' returned a status that is none of 200 to 599, got: ${status}`);
  }
  const headers: string[] = [];
  for (let i = 0; i < before.length; i += 2) if (isHidden(before[i]!.toLowerCase())) headers.push(before[i]!, before[i + 1]!);
  for (const [name, field] of Object.entries<Field>(returned.headers ?? {})) {
    const key = name.toLowerCase();
    checkFunctionHeader(fn.name, 'viewer-response', key, field?.value, headerValue(before, key));
    if (isEdgesOwn(key)) continue;
    for (const each of field.multiValue ?? [field]) headers.push(name, checkedHeader(fn, name, each?.value));
  }
  for (const [name, field] of Object.entries<Field & { attributes?: string }>(returned.cookies ?? {})) {
    const cookie = `${name}=${field.value}${field.attributes ? `; ${field.attributes}` : ''}`;
    headers.push('set-cookie', checkedHeader(fn, 'set-cookie', cookie));
  }
  const body = returned.body;
  if (body === undefined) return { status, headers };
  const data = typeof body === 'string' ? body : String(body.data ?? '');
  const encoding = typeof body === 'object' && body.encoding === 'base64' ? 'base64' : 'utf8';
  return { status, headers, body: Buffer.from(data, encoding) };
}
