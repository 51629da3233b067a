import { randomUUID } from 'node:crypto';
import type { GatewayAnswer, Observe } from '../observations';
import type { Clock, Registry } from '../types';
import type { Access, Decision } from './access';
import { type GatewayResponseType, gatewayResponse } from './gateway-responses';
import { type EffectiveSettings, effectiveSettings } from './method-settings';
import { isUnsupported } from './mock-integration';
import type { Method, RestApi, Stage } from './options';
import { proxyEvent, type RequestContext, traceIdOf } from './proxy-event';
import { RefreshGuards } from './refresh-guards';
import { type GatewayRequest, headerValues, parameterValue } from './request';
import { bodyFor, type GatewayResponse, type IntegrationResponse, proxyResponse } from './response';
import { matchPath, methodOf } from './routing';
import { isSigner, type Signatures, type Signer, type Unverified } from './signature';
import { asksForRefresh, cacheKey, StageCache, type StageCacheEntry } from './stage-cache';
import { TokenBucket } from './throttle';

/** Counters of a stage; the first two under the names of CloudWatch's metrics. */
export interface StageStatistics {
  CacheHitCount: number;
  CacheMissCount: number;
  /** Requests, of whatever outcome. */
  Count: number;
  /** Invocations of functions. */
  integrations: number;
}

/** Dependencies of a StageHandler. */
export interface StageServices {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly access: Access;
  readonly signatures: Signatures;
  readonly log: (message: string) => void;
  readonly observe?: Observe;
}

/** One request on its way through the stage. */
interface Exchange {
  readonly request: GatewayRequest;
  readonly method: Method;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** Signer of a request that needs one. */
  readonly signer: Signer | undefined;
  readonly steps: Steps;
}

/** Steps that a request took, for a person to look at. */
type Steps = Partial<Pick<Writable<GatewayAnswer>, 'cache' | 'key' | 'madeAt' | 'functionArn' | 'invocationId'>>;

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Answer of API Gateway's own, in place of the integration's. */
class Refusal extends Error {
  constructor(
    readonly type: GatewayResponseType,
    readonly text?: string,
    readonly errorType?: string,
  ) {
    super(text ?? type);
  }
}

/** Texts of the service about a refresh that isn't allowed. */
const UNAUTHORIZED_REFRESH = 'Unauthorized to invalidate the cache';
const IGNORED_REFRESH = '199 Cache-control headers were ignored because the caller was unauthorized.';

/** A stage of an API: route, authorisation, throttle, validation, cache, integration, in this order. */
export class StageHandler {
  readonly statistics: StageStatistics = { CacheHitCount: 0, CacheMissCount: 0, Count: 0, integrations: 0 };
  readonly #cache: StageCache;
  readonly #settings = new Map<Method, EffectiveSettings>();
  readonly #buckets = new Map<Method, TokenBucket>();
  /** Decisions whether a function lets API Gateway in, by method: policies don't change while the platform runs. */
  readonly #permitted = new Map<string, boolean>();
  /** Cancels the timeouts of integrations in progress. */
  readonly #timeouts = new Set<() => void>();

  readonly #api: RestApi;
  readonly #stage: Stage;
  readonly #services: StageServices;

  constructor(api: RestApi, stage: Stage, services: StageServices) {
    this.#api = api;
    this.#stage = stage;
    this.#services = services;
    this.#cache = new StageCache(stage.cacheBytes ?? 0);
  }

  /** Guards of the cache's keys against refreshes. */
  readonly refreshGuards = new RefreshGuards();

  /** Empties the cache. */
  flush(): void {
    const { clock, observe } = this.#services;
    const dropped = this.#cache.flush();
    observe?.({ kind: 'flush', at: clock.now(), restApiId: this.#api.id, stage: this.#stage.name, dropped });
  }

  /** Views of what its cache holds. */
  entries(): StageCacheEntry[] {
    return this.#cache.entries(this.#services.clock.now());
  }

  /** Leaves no timer behind. */
  dispose(): void {
    for (const cancel of this.#timeouts) cancel();
    this.#timeouts.clear();
  }

  async handle(request: GatewayRequest): Promise<GatewayResponse> {
    this.statistics.Count += 1;
    const { observe } = this.#services;
    if (!observe) return this.#answer(request, randomUUID(), {});
    const requestId = randomUUID();
    const at = this.#services.clock.now();
    const began = performance.now();
    const steps: Steps = {};
    const response = await this.#answer(request, requestId, steps);
    observe({
      kind: 'gateway',
      requestId,
      at,
      ms: performance.now() - began,
      restApiId: this.#api.id,
      stage: this.#stage.name,
      method: request.httpMethod,
      path: request.path,
      query: request.queryString,
      status: response.statusCode,
      fromEdge: headerValues(request, 'x-amz-cf-id').length > 0,
      headers: response.headers,
      cache: 'off',
      ...steps,
      ...(steps.functionArn !== undefined && { traceId: traceIdOf(request, requestId) }),
    });
    return response;
  }

  async #answer(request: GatewayRequest, requestId: string, steps: Steps): Promise<GatewayResponse> {
    const own: [string, string][] = [
      ['x-amzn-RequestId', requestId],
      ['x-amz-apigw-id', extendedRequestId(requestId)],
    ];
    try {
      const response = await this.#respond(request, requestId, steps);
      return { ...response, headers: [...response.headers, ...own] };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.refuse(error, requestId, own);
    }
  }

  /** API Gateway's own answer, for what goes wrong before a stage sees the request too. */
  refuse({ type, text, errorType }: Unverified, requestId: string, more: [string, string][] = []): GatewayResponse {
    const response = gatewayResponse(type, this.#api.gatewayResponses, { requestId, message: text, errorType });
    return { ...response, headers: [...response.headers, ...more] };
  }

  async #respond(request: GatewayRequest, requestId: string, steps: Steps): Promise<GatewayResponse> {
    const match = matchPath(this.#api.root, request.path);
    const method = match && methodOf(match.resource, request.httpMethod);
    if (!match || !method) throw new Refusal('MISSING_AUTHENTICATION_TOKEN');
    const { pathParameters } = match;
    const signer = method.authorization === 'AWS_IAM' ? this.#authorize(request) : undefined;
    const settings = this.#settingsOf(method);
    this.#throttle(method, settings);
    const missing = method.requiredParameters.filter((name) => parameterValue(name, request, pathParameters) === undefined);
    if (missing.length > 0) {
      const names = missing.map((parameter) => parameter.split('.').slice(3).join('.')).join(', ');
      throw new Refusal('BAD_REQUEST_PARAMETERS', `Missing required request parameters: [${names}]`);
    }
    const exchange = { request, method, pathParameters, requestId, signer, steps };
    const ttl = settings.cacheTtlSeconds(request.httpMethod);
    return ttl > 0 ? this.#respondThroughCache(exchange, ttl) : this.#bodyFor(request, await this.#integrate(exchange));
  }

  async #respondThroughCache(exchange: Exchange, ttlSeconds: number): Promise<GatewayResponse> {
    const { request, method, pathParameters, steps } = exchange;
    const { clock } = this.#services;
    const key = cacheKey(method, request, pathParameters);
    const refresh = asksForRefresh(headerValues(request, 'cache-control'));
    const guard = this.refreshGuards.of(method);
    const mayRefresh = refresh && (!guard.required || this.#mayInvalidate(request));
    if (refresh && !mayRefresh && guard.unauthorized === 'FAIL_WITH_403')
      throw new Refusal('ACCESS_DENIED', UNAUTHORIZED_REFRESH);
    const stored = mayRefresh ? undefined : this.#cache.get(key, clock.now());
    let response = stored;
    steps.key = key;
    steps.cache = stored ? 'hit' : mayRefresh ? 'refresh' : 'miss';
    steps.madeAt = stored?.madeAt;
    if (response) this.statistics.CacheHitCount += 1;
    else {
      this.statistics.CacheMissCount += 1;
      response = await this.#integrate(exchange);
      // The clock again: the TTL counts from the answer.
      this.#cache.set(key, response, ttlSeconds, clock.now());
    }
    const warns = refresh && !mayRefresh && guard.unauthorized === 'SUCCEED_WITH_RESPONSE_HEADER';
    const answer = this.#bodyFor(request, response);
    return warns ? { ...answer, headers: [...answer.headers, ['Warning', IGNORED_REFRESH]] } : answer;
  }

  async #integrate(exchange: Exchange): Promise<IntegrationResponse> {
    const { request, method, steps } = exchange;
    if (method.mock) {
      if (isUnsupported(headerValues(request, 'content-type')[0])) throw new Refusal('UNSUPPORTED_MEDIA_TYPE');
      return method.mock;
    }
    const { registry, clock, log } = this.#services;
    const target = registry.functions.get(method.functionArn);
    if (!target || !this.#functionLetsIn(method, request)) throw new Refusal('API_CONFIGURATION_ERROR');
    this.statistics.integrations += 1;
    const event = proxyEvent(request, this.#contextOf(exchange));
    const madeAt = clock.now();
    steps.madeAt = madeAt;
    steps.functionArn = method.functionArn;
    let cancel = (): void => {};
    const timeout = new Promise<never>((_, reject) => {
      cancel = clock.schedule(method.timeoutMilliseconds, () => reject(new Refusal('INTEGRATION_TIMEOUT')));
      this.#timeouts.add(cancel);
    });
    // Where Lambda doesn't take the invocation, a throttle included, API Gateway says 500, by Lambda's guide.
    const invocation = target.invoke(event).catch((error: Error) => {
      log(`${method.functionArn} was not invoked: ${error.message}`);
      throw new Refusal('API_CONFIGURATION_ERROR');
    });
    const result = await Promise.race([invocation, timeout]).finally(() => {
      cancel();
      this.#timeouts.delete(cancel);
    });
    steps.invocationId = result.requestId;
    if (result.functionError) throw new Refusal('INTEGRATION_FAILURE');
    const response = proxyResponse(result.payload);
    if (!response) {
      log(`${method.functionArn} answered what a proxy integration can't pass on: ${result.payload.slice(0, 200)}`);
      throw new Refusal('INTEGRATION_FAILURE');
    }
    return { ...response, madeAt };
  }

  #bodyFor(request: GatewayRequest, response: IntegrationResponse): GatewayResponse {
    return bodyFor(response, headerValues(request, 'accept')[0], this.#api.binaryMediaTypes);
  }

  #contextOf({ method, pathParameters, requestId, signer }: Exchange): RequestContext {
    const { account, region, clock } = this.#services;
    return {
      account,
      region,
      api: this.#api,
      stage: this.#stage,
      method,
      pathParameters,
      requestId,
      extendedRequestId: extendedRequestId(requestId),
      time: clock.now(),
      signer,
    };
  }

  /** @returns the signer, who may call the method. */
  #authorize(request: GatewayRequest): Signer {
    const signer = this.#services.signatures.verify(request);
    if (!isSigner(signer)) throw new Refusal(signer.type, signer.text, signer.errorType);
    const { allowed, reason } = this.#decide(signer, 'execute-api:Invoke', request);
    if (!allowed) throw new Refusal('ACCESS_DENIED', reason);
    return signer;
  }

  #mayInvalidate(request: GatewayRequest): boolean {
    const signer = this.#services.signatures.verify(request);
    return isSigner(signer) && this.#decide(signer, 'execute-api:InvalidateCache', request).allowed;
  }

  #decide({ caller }: Signer, action: string, request: GatewayRequest): Decision {
    return this.#services.access.policies.authorize({ caller, action, resource: this.#requestArn(request) });
  }

  /** A function is invoked only where its own policy says so: the permission that a template must give. */
  #functionLetsIn(method: Method, request: GatewayRequest): boolean {
    const sourceArn = `${this.#stageArn}/${request.httpMethod}${method.resourcePath}`;
    let allowed = this.#permitted.get(sourceArn);
    if (allowed === undefined) {
      const { policies } = this.#services.access;
      const call = {
        principal: 'apigateway.amazonaws.com',
        action: 'lambda:InvokeFunction',
        resource: method.functionArn,
        sourceArn,
      };
      const decision = policies.authorizeResource(call);
      if (!decision.allowed) this.#services.log(decision.reason ?? `${method.functionArn} doesn't let ${sourceArn} in`);
      allowed = decision.allowed;
      this.#permitted.set(sourceArn, allowed);
    }
    return allowed;
  }

  #settingsOf(method: Method): EffectiveSettings {
    let settings = this.#settings.get(method);
    if (!settings) {
      settings = effectiveSettings(this.#stage, method);
      this.#settings.set(method, settings);
    }
    return settings;
  }

  #throttle(method: Method, { throttle }: EffectiveSettings): void {
    if (!throttle) return;
    const now = this.#services.clock.now();
    let bucket = this.#buckets.get(method);
    if (!bucket) {
      bucket = new TokenBucket(throttle.rate, throttle.burst, now);
      this.#buckets.set(method, bucket);
    }
    if (!bucket.take(now)) throw new Refusal('THROTTLED');
  }

  get #stageArn(): string {
    const { account, region } = this.#services;
    return `arn:aws:execute-api:${region}:${account}:${this.#api.id}/${this.#stage.name}`;
  }

  /** ARN of the request as policies name it: with the path as requested. */
  #requestArn(request: GatewayRequest): string {
    return `${this.#stageArn}/${request.httpMethod}${request.path}`;
  }
}

/** API Gateway's second id of a request is shorter than the first. */
function extendedRequestId(requestId: string): string {
  return Buffer.from(requestId.replaceAll('-', ''), 'hex').toString('base64url').slice(0, 15).concat('=');
}
