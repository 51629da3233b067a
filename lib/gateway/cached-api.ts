import { Annotations, Lazy, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { quotaProblems } from '../quotas';
import { referStrongly } from '../references';
import { KEPT } from '../removal';
import type { Route } from '../route';
import { accountRoleOf } from './account-role';
import { type CachedApiAttributes, CachedApiBase, type ICachedApi, ImportedApi } from './cached-api-base';
import type { CachedApiCors, CachedApiPlanOptions, CachedApiProps, CachedRouteOptions } from './cached-api-props';
import { GatewayCacheSize } from './gateway-cache-size';
import { addMethodNotAllowed, addPreflight } from './own-answers';
import { addProblemResponses } from './problem-responses';
import { RefreshAuthorization } from './refresh-authorization';
import { checkWrites, DeclaredRoutes } from './route-checks';

export type { CachedApiCors, CachedApiPlanOptions, CachedApiProps, CachedRouteOptions };

/** API Gateway's default limits of an account and region, in requests per second and at once. */
const ACCOUNT_REQUESTS_PER_SECOND = 10_000;
const ACCOUNT_REQUEST_BURST = 5_000;

/** API Gateway's largest quota of a plan. */
const MAX_QUOTA = 2_147_483_647;

const STAGE_NAME = 'live';

/**
 * Format of the access log, one line of JSON per request: client, path, status, source of the response and latency. Neither
 * headers nor bodies.
 */
const ACCESS_LOG_FORMAT = apigateway.AccessLogFormat.custom(
  JSON.stringify({
    requestId: apigateway.AccessLogField.contextRequestId(),
    time: apigateway.AccessLogField.contextRequestTimeEpoch(),
    ip: apigateway.AccessLogField.contextIdentitySourceIp(),
    caller: apigateway.AccessLogField.contextIdentityUserArn(),
    method: apigateway.AccessLogField.contextHttpMethod(),
    resource: apigateway.AccessLogField.contextResourcePath(),
    path: apigateway.AccessLogField.contextPath(),
    status: apigateway.AccessLogField.contextStatus(),
    responseLength: apigateway.AccessLogField.contextResponseLength(),
    responseLatency: apigateway.AccessLogField.contextResponseLatency(),
    integrationLatency: apigateway.AccessLogField.contextIntegrationLatency(),
    wafStatus: apigateway.AccessLogField.contextWafStatus(),
  }),
);

/**
 * A REST API with a stage cache. The key of a cached method is declared in three places (request parameters, cache key parameters
 * of the integration, caching of the method). If they disagree, API Gateway serves one response for all requests; here all three
 * come from the route.
 *
 * @throws {RangeError} where routes conflict, or no function answers them.
 */
export class CachedApi extends CachedApiBase {
  /** Imports an API, whose stage cache is flushed; its routes are declared where it is defined. */
  static fromCachedApiAttributes(scope: Construct, id: string, attributes: CachedApiAttributes): ICachedApi {
    return new ImportedApi(scope, id, attributes);
  }

  /** The API itself. */
  readonly restApi: apigateway.RestApi;
  /** Name of the stage whose cache is purged. */
  readonly stageName = STAGE_NAME;

  readonly #declared = new DeclaredRoutes();
  readonly #open: boolean;
  readonly #cors?: CachedApiCors;
  readonly #requestValidator: apigateway.RequestValidator;
  /** Declared methods by path. */
  readonly #methods = new Map<string, string[]>();
  /** Settings of every method; the first applies to those that aren't listed. */
  readonly #methodSettings: apigateway.CfnStage.MethodSettingProperty[];

  constructor(scope: Construct, id: string, props: CachedApiProps = {}) {
    super(scope, id);
    this.#open = props.open ?? false;
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: props.logRemovalPolicy ?? KEPT,
    });
    const accountRole = accountRoleOf(Stack.of(this));
    const setsAccountRole = props.setsAccountRole ?? accountRole === undefined;
    this.restApi = new apigateway.RestApi(this, 'Api', {
      restApiName: nameOf(this),
      description: 'Reads through the stage cache, writes past it',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // An account has one such role for all of its APIs in a region: the one that was set last. A stack that is deleted leaves
      // the setting as it is, so that the role must outlive it, and a create of it that failed too:
      // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-account.html
      cloudWatchRole: setsAccountRole,
      cloudWatchRoleRemovalPolicy: setsAccountRole ? RemovalPolicy.RETAIN : undefined,
      deployOptions: {
        stageName: STAGE_NAME,
        cacheClusterEnabled: true,
        cacheClusterSize: (props.cacheSize ?? GatewayCacheSize.GB_0_5).gigabytes,
        // For every method, because one that has settings of its own takes none from the stage.
        throttlingRateLimit: props.requestsPerSecond ?? ACCOUNT_REQUESTS_PER_SECOND,
        throttlingBurstLimit: props.requestBurst ?? ACCOUNT_REQUEST_BURST,
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        metricsEnabled: true,
        // Both booleans always, here for every method that isn't listed: API Gateway keeps a setting that leaves the template.
        cacheDataEncrypted: true,
        cachingEnabled: false,
        tracingEnabled: true,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
        accessLogFormat: ACCESS_LOG_FORMAT,
      },
    });
    const stage = this.restApi.deploymentStage.node.defaultChild as apigateway.CfnStage;
    this.#methodSettings = [...(stage.methodSettings as apigateway.CfnStage.MethodSettingProperty[])];
    stage.methodSettings = Lazy.any({ produce: () => this.#methodSettings });
    // API Gateway refuses a stage with logs while the role isn't set.
    if (accountRole) this.restApi.deploymentStage.node.addDependency(accountRole);
    addProblemResponses(this.restApi, props.cors);
    this.#cors = props.cors;
    props.firewall?.protect(this.restApi.deploymentStage);
    referStrongly(this.restApi);
    this.#requestValidator = this.restApi.addRequestValidator('Validator', {
      validateRequestParameters: true,
      validateRequestBody: true,
    });
    new RefreshAuthorization(this, 'RefreshAuthorization', {
      restApi: this.restApi,
      methodSettings: this.#methodSettings,
      logRemovalPolicy: props.logRemovalPolicy,
    });
    this.node.addValidation({
      validate: () => {
        const resources = this.node.findAll().filter((construct) => construct instanceof apigateway.CfnResource);
        return quotaProblems(this, 'cached api', 'apiResources', resources.length);
      },
    });
    this.#addRoutes(props);
  }

  get restApiId(): string {
    return this.restApi.restApiId;
  }

  get restApiName(): string {
    return this.restApi.restApiName;
  }

  get url(): string {
    return this.restApi.url;
  }

  /**
   * Serves a route.
   *
   * @throws {RangeError} where it conflicts with another route, or the edge caches it although not everybody may read it.
   */
  addRoute(route: Route, options: CachedRouteOptions): void {
    this.#declared.add(route);
    this.#addReads(route, options);
    this.#addWrites(route, options);
  }

  /**
   * Adds a usage plan and its API key, which admits to the routes that need one.
   *
   * @param id names the client in the stack.
   * @throws {RangeError} where a number is outside of API Gateway's limits.
   */
  addPlan(id: string, options: CachedApiPlanOptions): apigateway.IApiKey {
    const {
      requestsPerSecond,
      requestBurst = Math.min(2 * requestsPerSecond, ACCOUNT_REQUEST_BURST),
      requestsPerMonth,
    } = options;
    for (const [property, value, most] of [
      ['requestsPerSecond', requestsPerSecond, ACCOUNT_REQUESTS_PER_SECOND],
      ['requestBurst', requestBurst, ACCOUNT_REQUEST_BURST],
      ['requestsPerMonth', requestsPerMonth ?? 1, MAX_QUOTA],
    ] as const) {
      if (Number.isInteger(value) && value >= 1 && value <= most) continue;
      throw new RangeError(
        `cached api: '${property}' of plan '${id}' must be a whole number of 1 to ${most}, got: ${value}; choose one in between`,
      );
    }
    const plan = this.restApi.addUsagePlan(`Plan-${id}`, {
      throttle: { rateLimit: requestsPerSecond, burstLimit: requestBurst },
      quota: requestsPerMonth === undefined ? undefined : { limit: requestsPerMonth, period: apigateway.Period.MONTH },
      apiStages: [{ stage: this.restApi.deploymentStage }],
    });
    const key = this.restApi.addApiKey(`Key-${id}`, { description: `Key of ${id}` });
    plan.addApiKey(key);
    return key;
  }

  /** Adds all reads, then all writes: the id of the deployment is a hash of them in this order. */
  #addRoutes({ routes = [], reader, writer, writes = [], restricted = [] }: CachedApiProps): void {
    if (routes.length > 0 && !reader) {
      throw new RangeError(
        "cached api: 'reader' must be given with 'routes', got: undefined; name the function that answers them",
      );
    }
    checkWrites(routes, writes);
    for (const route of routes) {
      this.#declared.add(route);
      this.#addReads(route, { reader: reader as lambda.IFunction, restricted: restricted.includes(route) });
    }
    for (const { route, method } of writes) {
      this.#addWrites(route, { reader: reader as lambda.IFunction, writer, writes: [method] });
    }
  }

  #addReads(route: Route, options: CachedRouteOptions): void {
    checkReaders(route, options);
    this.#sayLimit(route);
    const { restricted = false, authorizer, apiKeyRequired } = options;
    const reader = this.#invokable(options.reader);
    const resource = this.restApi.root.resourceForPath(route.path);
    const requestParameters = requestParametersOf(route);
    const method = {
      ...this.#authorizedBy(restricted || authorizer !== undefined, authorizer),
      requestParameters,
      requestValidator: this.#requestValidator,
      apiKeyRequired,
    };
    const read = new apigateway.LambdaIntegration(reader, {
      scopePermissionToMethod: false,
      // A new version of the value's shape must not be mixed with cached responses of the old one.
      cacheNamespace: `${route.name}-${route.version}`,
      cacheKeyParameters: isCached(route) ? Object.keys(requestParameters) : [],
    });
    const uncachedRead = new apigateway.LambdaIntegration(reader, { scopePermissionToMethod: false });
    resource.addMethod('GET', read, method);
    resource.addMethod('HEAD', uncachedRead, method);
    const methods = ['GET', 'HEAD', ...(this.#cors ? ['OPTIONS'] : [])];
    this.#methods.set(route.path, methods);
    addMethodNotAllowed(resource, () => methods);
    if (this.#cors) addPreflight(resource, this.#cors, () => methods);
    this.#addSettings(route, 'GET', isCached(route) ? route.freshness?.gatewayTtlSeconds : undefined);
    this.#addSettings(route, 'HEAD');
  }

  /** Says of a route's limit what the declaration alone can't see to. */
  #sayLimit({ name, limit, freshness }: Route): void {
    if (limit && freshness?.edgeTtlSeconds) {
      Annotations.of(this).addInfo(`route '${name}': its limit counts the requests that the edge doesn't answer`);
    }
    if (limit?.by === 'address') {
      Annotations.of(this).addWarningV2(
        `cachement:limitByAddress:${name}`,
        `route '${name}': whoever calls the API past the edge can write any address into 'X-Forwarded-For', and so has no limit by 'address'; ` +
          "let the API's 'firewall' admit the edge alone, by a header that it adds, and acknowledge this, or set 'limit.by' to 'caller' or 'api-key'",
      );
    }
  }

  #addWrites(route: Route, { reader, writer = reader, writes = [], authorizer, apiKeyRequired }: CachedRouteOptions): void {
    const write = new apigateway.LambdaIntegration(this.#invokable(writer), { scopePermissionToMethod: false });
    for (const method of writes) {
      this.restApi.root
        .resourceForPath(route.path)
        .addMethod(method, write, { ...this.#authorizedBy(true, authorizer), apiKeyRequired });
      this.#methods.get(route.path)?.push(method);
      this.#addSettings(route, method);
    }
  }

  #authorizedBy(isNeeded: boolean, authorizer: apigateway.IAuthorizer | undefined): apigateway.MethodOptions {
    if (this.#open || !isNeeded) return { authorizationType: apigateway.AuthorizationType.NONE };
    return authorizer ? { authorizer } : { authorizationType: apigateway.AuthorizationType.IAM };
  }

  /**
   * A function of another stack as this one knows it by its ARN, with the permission to invoke it here: beside the function, it
   * would name this API, and the two stacks would need each other.
   */
  #invokable(handler: lambda.IFunction): lambda.IFunction {
    if (Stack.of(handler) === Stack.of(this)) return handler;
    const id = `Handler-${Names.nodeUniqueId(handler.node)}`;
    const known = this.node.tryFindChild(id);
    if (known) return known as unknown as lambda.IFunction;
    return lambda.Function.fromFunctionAttributes(this, id, { functionArn: handler.functionArn, sameEnvironment: true });
  }

  /** @param ttlSeconds lifetime of cached responses; without it the method isn't cached. */
  #addSettings({ path }: Route, httpMethod: string, ttlSeconds?: number): void {
    this.#methodSettings.push({
      ...this.#methodSettings[0],
      httpMethod,
      resourcePath: `/${path.replaceAll('/', '~1')}`,
      cachingEnabled: ttlSeconds !== undefined,
      ...(ttlSeconds !== undefined && { cacheTtlInSeconds: ttlSeconds }),
    });
  }
}

const isCached = (route: Route): boolean => (route.freshness?.gatewayTtlSeconds ?? 0) > 0;

/**
 * @throws {RangeError} where not everybody may read a route that the edge keeps: it answers whoever asks, and hands on neither
 * signatures nor tokens of a path that it caches.
 */
function checkReaders(route: Route, { restricted = false, authorizer, apiKeyRequired = false }: CachedRouteOptions): void {
  if ((route.freshness?.edgeTtlSeconds ?? 0) === 0) return;
  const fail = (property: string, rule: string, got: string, fix: string): never => {
    throw new RangeError(`cached api: '${property}' must be ${rule}, got: ${got}; set its 'edgeTtlSeconds' to 0, or ${fix}`);
  };
  const kept = `route '${route.name}', which the edge keeps and answers without`;
  if (apiKeyRequired) fail('apiKeyRequired', `false for ${kept} a key`, 'true', "'apiKeyRequired' to false");
  if (restricted) {
    fail(
      'restricted',
      `false for ${kept} a signature, so that every read by it would be answered 403`,
      'true',
      "'restricted' to false",
    );
  }
  if (authorizer) fail('authorizer', `left out for ${kept} a token`, 'an authorizer', 'leave it out');
}

/**
 * Name of an API: that of its stack, but for the second one of a stack, whose metrics CloudWatch would add to the first one's.
 */
function nameOf(api: CachedApi): string {
  const { stackName, node } = Stack.of(api);
  const isFirst = !node.findAll().some((other) => other instanceof CachedApi && other !== api);
  return isFirst ? stackName : `${stackName}-${Names.uniqueResourceName(api, { maxLength: 60 })}`;
}

/** Parameters of the key, each with true if a request without it is refused. */
function requestParametersOf(route: Route): Record<string, boolean> {
  return Object.fromEntries([
    ...route.pathParameters.map((name) => [`method.request.path.${name}`, true] as const),
    ...Object.entries(route.query).map(
      ([name, { required = false }]) => [`method.request.querystring.${name}`, required] as const,
    ),
  ]);
}
