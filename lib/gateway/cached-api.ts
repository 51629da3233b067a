import { CrossStackReferences, Duration, ReferenceStrength, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Firewall } from '../operations/firewall';
import type { Route } from '../route';
import { GatewayCacheSize } from './gateway-cache-size';
import { checkRoutes, type WriteOperation } from './route-checks';

export interface CachedApiProps {
  /** Everything that the API answers. A route with a gateway TTL is cached. */
  readonly routes: readonly Route[];

  /** Answers `GET` and `HEAD` of every route, and says 405 to every method that isn't declared. */
  readonly reader: lambda.IFunction;

  /** Answers `writes`. */
  readonly writer: lambda.IFunction;

  /** @default - none, the API is read only */
  readonly writes?: readonly WriteOperation[];

  /**
   * Routes whose `GET` needs IAM authorisation. Writes always do, unless the API is open.
   * @default - none
   */
  readonly restricted?: readonly Route[];

  /**
   * Whether nothing needs authorisation. For a machine of one's own only.
   * @default false
   */
  readonly open?: boolean;

  /** @default GatewayCacheSize.GB_0_5 */
  readonly cacheSize?: GatewayCacheSize;

  /**
   * Requests a second that are let through to each method, whoever they are from.
   * @default - 10,000, what an account has for all of its APIs
   */
  readonly requestsPerSecond?: number;

  /**
   * Requests that may come at once.
   * @default - 5,000, what an account has for all of its APIs
   */
  readonly requestBurst?: number;

  /**
   * Regional rules that requests must pass.
   * @default - none, the API is open to what AWS lets through
   */
  readonly firewall?: Firewall;

  /**
   * What happens to the access log, and to the role that API Gateway logs as, when the API goes.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** API Gateway's own limits of an account and region, in requests a second and at once. */
const ACCOUNT_REQUESTS_PER_SECOND = 10_000;
const ACCOUNT_REQUEST_BURST = 5_000;

const STAGE_NAME = 'live';

/** One line of JSON a request: who asked for what, and who answered in which time. Neither headers nor bodies. */
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
 * A REST API with a stage cache. The key of a cached method needs three places to agree (request parameters, cache key parameters of the
 * integration, caching of the method), or API Gateway serves one response for all; all three come from the route.
 */
export class CachedApi extends Construct {
  readonly restApi: apigateway.RestApi;
  readonly stageName = STAGE_NAME;
  readonly grants: CachedApiGrants;

  constructor(scope: Construct, id: string, props: CachedApiProps) {
    super(scope, id);
    const writes = props.writes ?? [];
    checkRoutes(props.routes, writes);

    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: props.logRemovalPolicy,
    });
    const everyMethod: apigateway.MethodDeploymentOptions = {
      // Said for every method, because one that has settings of its own takes none from the stage.
      throttlingRateLimit: props.requestsPerSecond ?? ACCOUNT_REQUESTS_PER_SECOND,
      throttlingBurstLimit: props.requestBurst ?? ACCOUNT_REQUEST_BURST,
      loggingLevel: apigateway.MethodLoggingLevel.ERROR,
      dataTraceEnabled: false,
      metricsEnabled: true,
      cacheDataEncrypted: true,
    };
    this.restApi = new apigateway.RestApi(this, 'Api', {
      restApiName: Stack.of(this).stackName,
      description: 'Reads through the stage cache, writes past it',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      // An account has one such role for all of its APIs; whoever came last is it.
      cloudWatchRole: true,
      cloudWatchRoleRemovalPolicy: props.logRemovalPolicy,
      deployOptions: {
        stageName: STAGE_NAME,
        cacheClusterEnabled: true,
        cacheClusterSize: (props.cacheSize ?? GatewayCacheSize.GB_0_5).gigabytes,
        // Both booleans always, here for every method that isn't listed: API Gateway keeps what a template no longer says.
        ...everyMethod,
        cachingEnabled: false,
        methodOptions: methodSettings(props.routes, writes, everyMethod),
        tracingEnabled: true,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
        accessLogFormat: ACCESS_LOG_FORMAT,
      },
    });
    this.grants = new CachedApiGrants(this);
    this.addProblemResponses();
    props.firewall?.protect(this.restApi.deploymentStage);
    CrossStackReferences.of(this.restApi).produce(ReferenceStrength.STRONG);

    const requestValidator = this.restApi.addRequestValidator('Validator', {
      validateRequestParameters: true,
      validateRequestBody: true,
    });
    const iamOnly = { authorizationType: props.open ? apigateway.AuthorizationType.NONE : apigateway.AuthorizationType.IAM };
    const anyone = { authorizationType: apigateway.AuthorizationType.NONE };
    for (const route of props.routes) {
      const resource = this.restApi.root.resourceForPath(route.path);
      const authorization = props.restricted?.includes(route) ? iamOnly : anyone;
      const requestParameters = requestParametersOf(route);
      const read = new apigateway.LambdaIntegration(props.reader, {
        scopePermissionToMethod: false,
        // A new version of the value's shape must not be mixed with what is still cached of the old one.
        cacheNamespace: `${route.name}-${route.version}`,
        cacheKeyParameters: isCached(route) ? Object.keys(requestParameters) : [],
      });
      const uncachedRead = new apigateway.LambdaIntegration(props.reader, { scopePermissionToMethod: false });
      resource.addMethod('GET', read, { ...authorization, requestParameters, requestValidator });
      resource.addMethod('HEAD', uncachedRead, { ...authorization, requestParameters, requestValidator });
      // The reader, because it can't change anything whatever the request says.
      resource.addMethod('ANY', uncachedRead, anyone);
    }
    const write = new apigateway.LambdaIntegration(props.writer, { scopePermissionToMethod: false });
    for (const { route, method } of writes) {
      this.restApi.root.resourceForPath(route.path).addMethod(method, write, iamOnly);
    }
  }

  /** What API Gateway answers by itself looks like what the functions answer (RFC 9457). */
  private addProblemResponses(): void {
    const responseHeaders = { 'Content-Type': "'application/problem+json'" };
    const anyError = { 'application/json': '{"type":"about:blank","title":$context.error.messageString}' };
    this.restApi.addGatewayResponse('ClientError', {
      type: apigateway.ResponseType.DEFAULT_4XX,
      templates: anyError,
      responseHeaders,
    });
    this.restApi.addGatewayResponse('ServerError', {
      type: apigateway.ResponseType.DEFAULT_5XX,
      templates: anyError,
      responseHeaders,
    });
    this.restApi.addGatewayResponse('MissingParameters', {
      type: apigateway.ResponseType.BAD_REQUEST_PARAMETERS,
      templates: {
        'application/json': '{"type":"about:blank","title":"Bad Request","status":400,"detail":$context.error.messageString}',
      },
      responseHeaders,
    });
    // How API Gateway calls a path that no resource has, and answers with 403 by itself.
    this.restApi.addGatewayResponse('NoSuchPath', {
      type: apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN,
      statusCode: '404',
      templates: { 'application/json': '{"type":"about:blank","title":"Not Found","status":404}' },
      responseHeaders,
    });
  }
}

/** What others may be allowed to do with an API. */
export class CachedApiGrants {
  constructor(private readonly api: CachedApi) {}

  /** Lets a grantee flush the stage cache, and nothing else of the API. */
  flush(grantee: iam.IGrantable): iam.Grant {
    const { partition, region } = Stack.of(this.api);
    const stage = `/restapis/${this.api.restApi.restApiId}/stages/${this.api.stageName}`;
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['apigateway:DELETE'],
      resourceArns: [`arn:${partition}:apigateway:${region}::${stage}/cache/data`],
    });
  }
}

const isCached = (route: Route): boolean => (route.freshness?.gatewayTtlSeconds ?? 0) > 0;

/** Every parameter that is part of the key, and whether a request is refused without it. */
function requestParametersOf(route: Route): Record<string, boolean> {
  return Object.fromEntries([
    ...route.pathParameters.map((name) => [`method.request.path.${name}`, true] as const),
    ...Object.entries(route.query).map(
      ([name, { required = false }]) => [`method.request.querystring.${name}`, required] as const,
    ),
  ]);
}

function methodSettings(
  routes: readonly Route[],
  writes: readonly WriteOperation[],
  everyMethod: apigateway.MethodDeploymentOptions,
): Record<string, apigateway.MethodDeploymentOptions> {
  const settings: Record<string, apigateway.MethodDeploymentOptions> = {};
  const uncached = { ...everyMethod, cachingEnabled: false };
  for (const route of routes) {
    settings[`${route.path}/GET`] = isCached(route)
      ? { ...everyMethod, cachingEnabled: true, cacheTtl: Duration.seconds(route.freshness?.gatewayTtlSeconds ?? 0) }
      : uncached;
    settings[`${route.path}/HEAD`] = uncached;
  }
  for (const { route, method } of writes) settings[`${route.path}/${method}`] = uncached;
  return settings;
}
