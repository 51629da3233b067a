import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IFirewall } from '../operations/firewall';
import type { Route } from '../route';
import type { GatewayCacheSize } from './gateway-cache-size';
import type { WriteMethod, WriteOperation } from './route-checks';

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
   * Scripts of another origin that may use the API: the gateway itself answers their `OPTIONS`. Answers of functions carry
   * `Access-Control-Allow-Origin` themselves.
   * @default - none; no `OPTIONS` is answered
   */
  readonly cors?: CachedApiCors;

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

/** Scripts of another origin, which a browser lets use an API. */
export interface CachedApiCors {
  /**
   * Origin such as `https://shop.example.com`, or `*`. There is one: an answer that is cached is the same whoever asks.
   */
  readonly origin: string;

  /**
   * Headers that scripts may send.
   * @default - Authorization and Content-Type
   */
  readonly headers?: string[];

  /**
   * Time for which a browser doesn't ask again.
   * @default Duration.minutes(10)
   */
  readonly maxAge?: Duration;
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
   * True if `GET` needs IAM authorisation. Writes always do, unless the API is open. Not for a route that the edge caches.
   * @default false
   */
  readonly restricted?: boolean;

  /**
   * Authorizer of `GET` and of `writes`, in place of IAM. Whoever it lets in gets the same answers: one that differs by caller
   * must not be cached. Not for a route that the edge caches.
   * @default - `GET` is as `restricted` says, and writes need IAM authorisation
   */
  readonly authorizer?: apigateway.IAuthorizer;

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
