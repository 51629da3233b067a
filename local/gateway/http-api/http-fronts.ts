import { randomUUID } from 'node:crypto';
import { serviceCaller } from '../../identity';
import type { Clock, Keys, Registry } from '../../types';
import type { Access } from '../access';
import { type GatewayRequest, headerValues } from '../request';
import { type GatewayResponse, proxyResponse } from '../response';
import { isSigner, Signatures } from '../signature';
import type { FunctionUrl, HttpApi, HttpRoute, HttpTarget } from './options';
import { type EventContext, payload1, payload2, response2 } from './payload';
import { matchRoute } from './routes';

/** Dependencies of {@link HttpFronts}. */
export interface HttpFrontServices {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly keys: Keys;
  readonly access: Access;
  /** ARNs of the distributions that may sign requests, by their access key id. */
  readonly distributions: ReadonlyMap<string, string>;
  readonly log: (message: string) => void;
}

/** HTTP APIs and function URLs to serve. */
export interface HttpFrontOptions {
  readonly httpApis?: readonly HttpApi[];
  readonly functionUrls?: readonly FunctionUrl[];
}

type Front = { readonly api: HttpApi; readonly url?: undefined } | { readonly url: FunctionUrl; readonly api?: undefined };

/** A request for an HTTP API or a function URL, with the path below its address. */
export interface FrontRequest {
  readonly front: Front;
  readonly request: GatewayRequest;
}

/** Name of the stage that is part of no path. */
const DEFAULT_STAGE = '$default';

/** Longest that a function URL waits: as long as a function may run. */
const URL_TIMEOUT_MILLISECONDS = 900_000;

/** An answer that no function made. */
class Refusal extends Error {
  constructor(readonly response: GatewayResponse) {
    super(`${response.statusCode}`);
  }
}

const refusal = (statusCode: number, body: object | string, headers: [string, string][] = []) =>
  new Refusal({
    statusCode,
    headers: [['Content-Type', typeof body === 'string' ? 'text/plain' : 'application/json'], ...headers],
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });

/**
 * HTTP APIs and function URLs. Requests say which by path, `/<id>/...`, or by their own host name. They have neither a cache nor
 * a throttle; what they pass on is whole, and not streamed.
 */
export class HttpFronts {
  /** Host names with the id of whatever answers to them. */
  readonly hosts: ReadonlyMap<string, string>;
  /** By id. */
  readonly #fronts: ReadonlyMap<string, Front>;
  readonly #services: HttpFrontServices;
  readonly #ofApis: Signatures;
  readonly #ofUrls: Signatures;
  /** Cancels the timeouts of invocations in progress. */
  readonly #timeouts = new Set<() => void>();

  constructor({ httpApis = [], functionUrls = [] }: HttpFrontOptions, services: HttpFrontServices) {
    this.#services = services;
    this.#fronts = new Map<string, Front>([
      ...httpApis.map((api): [string, Front] => [api.id, { api }]),
      ...functionUrls.map((url): [string, Front] => [url.id, { url }]),
    ]);
    this.hosts = new Map([...httpApis, ...functionUrls].map(({ host, id }) => [host, id]));
    const { keys, access, region, clock } = services;
    this.#ofApis = new Signatures({ keys, callers: access.callers, region, clock });
    this.#ofUrls = new Signatures({ keys, callers: access.callers, region, clock, service: 'lambda' });
  }

  /** Leaves no timer behind. */
  dispose(): void {
    for (const cancel of this.#timeouts) cancel();
    this.#timeouts.clear();
  }

  /** @returns undefined of a request for something else. */
  find(host: string, request: GatewayRequest): FrontRequest | undefined {
    const id = this.hosts.get(host);
    const [, first = ''] = request.path.split('/', 2);
    const front = this.#fronts.get(id ?? first);
    if (!front) return undefined;
    const named = (front.api ?? front.url).id;
    // Who takes the base URL from the registry and sends the own host, as the edge does, names it twice.
    const path = first === named ? request.path.slice(1 + named.length) || '/' : request.path;
    const headers = request.headers.map(([name, value]): [string, string] =>
      name.toLowerCase() === 'host' ? [name, (front.api ?? front.url).host] : [name, value],
    );
    // Who sends the own host has signed for it, and not for the address on this machine, which begins with the id.
    const sent = id !== undefined && first === named ? { ...request.sent, path } : request.sent;
    return { front, request: { ...request, path, headers, sent } };
  }

  async handle({ front, request }: FrontRequest): Promise<GatewayResponse> {
    const requestId = randomUUID();
    const name = front.api ? 'Apigw-Requestid' : 'x-amzn-RequestId';
    try {
      const response = await (front.api
        ? this.#ofApi(front.api, request, requestId)
        : this.#ofUrl(front.url, request, requestId));
      return { ...response, headers: [...response.headers, [name, requestId]] };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...error.response, headers: [...error.response.headers, [name, requestId]] };
    }
  }

  async #ofApi(api: HttpApi, request: GatewayRequest, requestId: string): Promise<GatewayResponse> {
    const [, first = '', ...rest] = request.path.split('/');
    const isNamed = first !== DEFAULT_STAGE && api.stages.has(first);
    const stage = isNamed ? first : DEFAULT_STAGE;
    const path = isNamed ? `/${rest.join('/')}` : request.path;
    const match = api.stages.has(stage) ? matchRoute(api.routes, request.httpMethod, path) : undefined;
    if (!match) throw refusal(404, { message: 'Not Found' });
    const { route, pathParameters } = match;
    const { account, region, access, log } = this.#services;
    const stageArn = `arn:aws:execute-api:${region}:${account}:${api.id}/${stage}`;
    const signer = route.iam ? this.#signerOfApi(request, `${stageArn}/${request.httpMethod}${path}`) : undefined;
    const [, routePath = `/${route.key}`] = route.key.split(' ');
    const sourceArn = routePath.startsWith('/$') ? `${stageArn}${routePath}` : `${stageArn}/${request.httpMethod}${routePath}`;
    const call = {
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resource: route.functionArn,
      sourceArn,
    };
    const { allowed, reason } = access.policies.authorizeResource(call);
    if (!allowed) {
      log(reason ?? `${route.functionArn} doesn't let ${sourceArn} in`);
      throw refusal(500, { message: 'Internal Server Error' });
    }
    const context: EventContext = {
      account,
      apiId: api.id,
      domainName: api.host,
      routeKey: route.key,
      stage,
      stageVariables: api.stages.get(stage),
      pathParameters,
      rawPath: request.path,
      requestId,
      time: this.#services.clock.now(),
      ...(signer && { signer }),
    };
    return this.#integrate(route, request, context);
  }

  async #integrate(route: HttpRoute, request: GatewayRequest, context: EventContext): Promise<GatewayResponse> {
    const event = route.payload === '2.0' ? payload2(request, context) : payload1(request, context);
    const unavailable = refusal(503, { message: 'Service Unavailable' });
    const failed = refusal(500, { message: 'Internal Server Error' });
    const payload = await this.#invoke(route, event, route.timeoutMilliseconds, { late: unavailable, busy: unavailable, failed });
    if (route.payload === '2.0') return response2(payload, 'text/plain; charset=utf-8') ?? this.#unusable(route, payload, failed);
    const response = proxyResponse(payload) ?? this.#unusable(route, payload, failed);
    return { ...response, body: response.decodedBody ?? response.body };
  }

  async #ofUrl(url: FunctionUrl, request: GatewayRequest, requestId: string): Promise<GatewayResponse> {
    const signer = this.#signerOfUrl(url, request);
    const context: EventContext = {
      account: this.#services.account,
      apiId: url.id,
      domainName: url.host,
      routeKey: DEFAULT_STAGE,
      stage: DEFAULT_STAGE,
      pathParameters: {},
      rawPath: request.path,
      requestId,
      time: this.#services.clock.now(),
      ...(signer && { signer }),
    };
    const failed = refusal(502, 'Internal Server Error');
    const busy = refusal(429, { Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User', message: 'Rate Exceeded.' });
    const refusals = { late: refusal(504, 'Gateway Timeout'), busy, failed };
    const payload = await this.#invoke(url, payload2(request, context), URL_TIMEOUT_MILLISECONDS, refusals);
    return response2(payload, 'application/json') ?? this.#unusable(url, payload, failed);
  }

  async #invoke(
    { functionArn }: HttpTarget,
    event: object,
    timeoutMilliseconds: number,
    { late, busy, failed }: { readonly late: Refusal; readonly busy: Refusal; readonly failed: Refusal },
  ): Promise<string> {
    const { registry, clock, log } = this.#services;
    const target = registry.functions.get(functionArn);
    if (!target) throw failed;
    let cancel = (): void => {};
    const timeout = new Promise<never>((_, reject) => {
      cancel = clock.schedule(timeoutMilliseconds, () => reject(late));
      this.#timeouts.add(cancel);
    });
    const invocation = target.invoke(event).catch((error: Error) => {
      log(`${functionArn} was not invoked: ${error.message}`);
      throw busy;
    });
    const result = await Promise.race([invocation, timeout]).finally(() => {
      cancel();
      this.#timeouts.delete(cancel);
    });
    if (result.functionError) throw failed;
    return result.payload;
  }

  #unusable({ functionArn }: HttpTarget, payload: string, answer: Refusal): never {
    this.#services.log(`${functionArn} answered what can't be passed on: ${payload.slice(0, 200)}`);
    throw answer;
  }

  #signerOfApi(request: GatewayRequest, resource: string): EventContext['signer'] {
    const signer = this.#ofApis.verify(request);
    const policies = this.#services.access.policies;
    const allowed =
      isSigner(signer) && policies.authorize({ caller: signer.caller, action: 'execute-api:Invoke', resource }).allowed;
    if (!isSigner(signer) || !allowed) throw refusal(403, { message: 'Forbidden' });
    return { accessKey: signer.accessKeyId, userArn: signer.caller.roleArn ?? null };
  }

  /**
   * Who calls a function by its URL: everybody, somebody who signs, or a distribution with origin access control. The function's
   * policy decides, on both actions.
   *
   * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
   */
  #signerOfUrl({ functionArn: resource, iam }: FunctionUrl, request: GatewayRequest): EventContext['signer'] {
    const { access, keys, clock, distributions, log } = this.#services;
    const keysOfCall = { 'lambda:functionurlauthtype': [iam ? 'AWS_IAM' : 'NONE'], 'lambda:invokedviafunctionurl': ['true'] };
    const check = (decide: (action: string) => { allowed: boolean; reason?: string }) => {
      for (const action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']) {
        const { allowed, reason } = decide(action);
        if (allowed) continue;
        log(`403 of a function URL: ${reason ?? `the policy of ${resource} doesn't allow ${action} to everybody`}`);
        throw FORBIDDEN;
      }
    };
    if (!iam) {
      check((action) => access.policies.authorizeAnybody({ action, resource, keys: keysOfCall }));
      return undefined;
    }
    const { sent } = request;
    const url = sent.queryString === '' ? sent.path : `${sent.path}?${sent.queryString}`;
    const asked = { method: sent.method, url, headers: sent.headers };
    const service = serviceCaller(asked, { keys, callers: distributions, now: clock.now() }, sent.body);
    if (service?.arn !== undefined) {
      const { arn: sourceArn } = service;
      const principal = 'cloudfront.amazonaws.com';
      check((action) => access.policies.authorizeResource({ principal, action, resource, sourceArn, keys: keysOfCall }));
      return { accessKey: headerValues(request, 'authorization')[0]?.slice(0, 20) ?? '', userArn: null };
    }
    const signer = this.#ofUrls.verify(request);
    if (!isSigner(signer)) {
      log(`403 of a function URL: ${service?.problem ?? signer.text ?? 'the request is not signed'}`);
      throw FORBIDDEN;
    }
    check((action) => access.policies.authorize({ caller: signer.caller, action, resource, keys: keysOfCall }));
    return { accessKey: signer.accessKeyId, userArn: signer.caller.roleArn ?? null };
  }
}

const FORBIDDEN = refusal(
  403,
  {
    Message:
      'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
  },
  [['x-amzn-ErrorType', 'AccessDeniedException']],
);
