import type { FunctionUrl, HttpApi } from './http-api/options';
import type { IntegrationResponse } from './response';

/** REST APIs that {@link createGateway} serves, and settings of all. */
export interface GatewayOptions {
  readonly apis: readonly RestApi[];
  /** @default - none */
  readonly httpApis?: readonly HttpApi[];
  /** @default - none */
  readonly functionUrls?: readonly FunctionUrl[];
  /** ARNs of the distributions that may sign requests for function URLs, by their access key id. @default - none */
  readonly distributions?: ReadonlyMap<string, string>;

  /**
   * Time that a flush takes to empty the cache after it was accepted, in milliseconds. AWS publishes no number.
   * @default 0
   */
  readonly flushDelayMilliseconds?: number;
}

/** A REST API. */
export interface RestApi {
  readonly id: string;
  readonly name: string;
  readonly binaryMediaTypes: readonly string[];
  readonly root: PathResource;
  readonly stages: readonly Stage[];
  /** Gateway responses by response type, such as `THROTTLED` or `DEFAULT_4XX`. */
  readonly gatewayResponses: Readonly<Record<string, GatewayResponseOptions>>;
}

/** A node of the tree of paths. */
export interface PathResource {
  readonly id: string;
  /** Whole path with parameters in braces, such as `/things/{id}`. */
  readonly path: string;
  /** Last segment as declared; empty for the root. */
  readonly part: string;
  readonly children: readonly PathResource[];
  /** Methods by HTTP method, or `ANY`. */
  readonly methods: Readonly<Record<string, Method>>;
}

/** A method of a resource with its integration: a function, or a mock. */
export interface Method {
  readonly httpMethod: string;
  readonly resourceId: string;
  readonly resourcePath: string;
  readonly authorization: 'NONE' | 'AWS_IAM';
  /** Answer of a mock integration, which calls no function. */
  readonly mock?: IntegrationResponse;
  /** ARN of the function that answers; empty for a mock. */
  readonly functionArn: string;
  readonly timeoutMilliseconds: number;
  /** Parameters without which a request is refused, such as `method.request.querystring.page`. Empty without a validator. */
  readonly requiredParameters: readonly string[];
  /** The only parts of a request in the cache key, such as `method.request.path.id`. */
  readonly cacheKeyParameters: readonly string[];
  readonly cacheNamespace: string;
}

/** A stage. */
export interface Stage {
  readonly name: string;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>> | undefined;
  /** Capacity of the stage's cache, in bytes; undefined without a cache cluster. */
  readonly cacheBytes: number | undefined;
  readonly methodSettings: readonly MethodSetting[];
}

/** Settings of a stage for one method, or for all. */
export interface MethodSetting {
  /** Path of the resource as declared, or `/*`. */
  readonly resourcePath: string;
  /** HTTP method, or `*`. */
  readonly httpMethod: string;
  readonly cachingEnabled: boolean | undefined;
  readonly cacheTtlSeconds: number | undefined;
  readonly throttlingRateLimit: number | undefined;
  readonly throttlingBurstLimit: number | undefined;
}

/**
 * Answer of API Gateway to a request for a refresh by somebody who may not. A template can't say it; a call of `UpdateStage`
 * does.
 */
export type UnauthorizedRefresh = 'FAIL_WITH_403' | 'SUCCEED_WITH_RESPONSE_HEADER' | 'SUCCEED_WITHOUT_RESPONSE_HEADER';

/** Guard of a stage's cache keys, for one method, or for all. */
export interface RefreshGuard {
  /** True where a caller must be authorised; otherwise anybody refreshes. */
  readonly required: boolean;
  readonly unauthorized: UnauthorizedRefresh;
}

/** Form of API Gateway's own answers of one type. */
export interface GatewayResponseOptions {
  readonly statusCode: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Template for `application/json`. */
  readonly template: string | undefined;
}
