import { Lazy, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { IFirewall } from '../operations/firewall';
import { referStrongly } from '../references';
import { KEPT } from '../removal';
import type { Route } from '../route';
import { accountRoleOf } from './account-role';
import { type CachedApiAttributes, CachedApiBase, type ICachedApi, ImportedApi } from './cached-api-base';
import { GatewayCacheSize } from './gateway-cache-size';
import { addMethodNotAllowed } from './own-answers';
import { addProblemResponses } from './problem-responses';
import { RefreshAuthorization } from './refresh-authorization';
import { checkWrites, DeclaredRoutes, type WriteMethod, type WriteOperation } from './route-checks';

/** Properties of a CachedApi. */
export interface CachedApiProps {
  /**
   * Routes that the API serves. One with a gateway TTL is cached.
   * @default - what `addRoute` adds
   */
  readonly routes?: Route[];

  /**
   * Function that answers `GET` and `HEAD` of `routes`. The gateway itself answers 405 to every method that isn't declared.
   * @default - none, each `addRoute` names one
   */
  readonly reader?: lambda.IFunction;

  /**
   * Function that answers `writes`.
   * @default - none, the API is read only
   */
  readonly writer?: lambda.IFunction;

  /**
   * Operations other than reading.
   * @default - none, the API is read only
   */
  readonly writes?: WriteOperation[];

  /**
   * Subset of `routes` whose `GET` needs IAM authorisation. Writes always do, unless the API is open.
   * @default - none
   */
  readonly restricted?: Route[];

  /**
   * True if nothing needs authorisation. Only for an API that runs on a developer's own machine.
   * @default false
   */
  readonly open?: boolean;

  /**
   * Size of the stage cache, which is billed by the hour.
   * @default GatewayCacheSize.GB_0_5
   */
  readonly cacheSize?: GatewayCacheSize;

  /**
   * Requests per second that each method accepts, from all clients together.
   * @default - 10,000, what an account has for all of its APIs
   */
  readonly requestsPerSecond?: number;

  /**
   * Burst of requests that is accepted at once.
   * @default - 5,000, what an account has for all of its APIs
   */
  readonly requestBurst?: number;

  /**
   * Regional web ACL.
   * @default - none
   */
  readonly firewall?: IFirewall;

  /**
   * True if the API sets the role that API Gateway logs as, of which an account has one in a region. Where several stacks set it,
   * the last one that was deployed does; the roles of the others stay, so that it makes no difference which is deleted.
   * @default - true, unless another API of the stack does
   */
  readonly setsAccountRole?: boolean;

  /**
   * Removal policy of the access log.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Functions and authorisation of a route. */
export interface CachedRouteOptions {
  /** Function that answers `GET` and `HEAD`. The gateway itself answers 405 to every method that isn't declared. */
  readonly reader: lambda.IFunction;

  /**
   * Methods other than reading.
   * @default - none, the route is read only
   */
  readonly writes?: WriteMethod[];

  /**
   * Function that answers `writes`.
   * @default - the reader
   */
  readonly writer?: lambda.IFunction;

  /**
   * True if `GET` needs IAM authorisation. Writes always do, unless the API is open.
   * @default false
   */
  readonly restricted?: boolean;

  /**
   * True if a request needs an API key of one of the usage plans. Not for a route that the edge caches, which answers every
   * viewer.
   * @default false
   */
  readonly apiKeyRequired?: boolean;
}

/** Limits of a client with an API key. */
export interface CachedApiPlanOptions {
  /** Requests per second. */
  readonly requestsPerSecond: number;

  /**
   * Burst of requests that is accepted at once.
   * @default - twice the requests per second
   */
  readonly requestBurst?: number;

  /**
   * Requests per month.
   * @default - unlimited
   */
  readonly requestsPerMonth?: number;
}

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
    addProblemResponses(this.restApi);
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
   * @throws {RangeError} where it conflicts with another route, or the edge caches it although its requests need an API key.
   */
  addRoute(route: Route, options: CachedRouteOptions): void {
    this.#declared.add(route);
    if (options.apiKeyRequired && (route.freshness?.edgeTtlSeconds ?? 0) > 0) {
      throw new RangeError(
        `cached api: 'apiKeyRequired' must be false for route '${route.name}', which the edge keeps and answers without a key, got: true; ` +
          "set its 'edgeTtlSeconds' to 0, or 'apiKeyRequired' to false",
      );
    }
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

  #addReads(route: Route, { reader, restricted = false, apiKeyRequired }: CachedRouteOptions): void {
    const resource = this.restApi.root.resourceForPath(route.path);
    const authorizationType = restricted ? this.#iamUnlessOpen : apigateway.AuthorizationType.NONE;
    const requestParameters = requestParametersOf(route);
    const options = { authorizationType, requestParameters, requestValidator: this.#requestValidator, apiKeyRequired };
    const read = new apigateway.LambdaIntegration(reader, {
      scopePermissionToMethod: false,
      // A new version of the value's shape must not be mixed with cached responses of the old one.
      cacheNamespace: `${route.name}-${route.version}`,
      cacheKeyParameters: isCached(route) ? Object.keys(requestParameters) : [],
    });
    const uncachedRead = new apigateway.LambdaIntegration(reader, { scopePermissionToMethod: false });
    resource.addMethod('GET', read, options);
    resource.addMethod('HEAD', uncachedRead, options);
    const methods = ['GET', 'HEAD'];
    this.#methods.set(route.path, methods);
    addMethodNotAllowed(resource, () => methods);
    this.#addSettings(route, 'GET', isCached(route) ? route.freshness?.gatewayTtlSeconds : undefined);
    this.#addSettings(route, 'HEAD');
  }

  #addWrites(route: Route, { reader, writer = reader, writes = [], apiKeyRequired }: CachedRouteOptions): void {
    const write = new apigateway.LambdaIntegration(writer, { scopePermissionToMethod: false });
    for (const method of writes) {
      this.restApi.root
        .resourceForPath(route.path)
        .addMethod(method, write, { authorizationType: this.#iamUnlessOpen, apiKeyRequired });
      this.#methods.get(route.path)?.push(method);
      this.#addSettings(route, method);
    }
  }

  get #iamUnlessOpen(): apigateway.AuthorizationType {
    return this.#open ? apigateway.AuthorizationType.NONE : apigateway.AuthorizationType.IAM;
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
