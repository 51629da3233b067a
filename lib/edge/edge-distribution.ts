import { Annotations, Arn, ArnFormat, Duration, Fn, Lazy, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, OriginGroup } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { REFRESHED_HEADER, TAG_HEADER } from '../contract/headers';
import type { ICachedApi } from '../gateway/cached-api-base';
import { checkWrites, DeclaredRoutes, type WriteOperation } from '../gateway/route-checks';
import { EDGE_REGION, type IFirewall } from '../operations/firewall';
import { referStrongly } from '../references';
import { KEPT } from '../removal';
import { type Route, worstCaseStalenessSeconds } from '../route';
import { CacheTags } from './cache-tags';
import {
  type EdgeDistributionAttributes,
  EdgeDistributionBase,
  type IEdgeDistribution,
  ImportedDistribution,
} from './edge-distribution-base';
import { KeyFunction } from './key-function';
import { byPrecedence, pathPattern } from './path-pattern';

/** Properties of an EdgeDistribution. */
export interface EdgeDistributionProps {
  /**
   * Routes that the edge serves. One with an edge TTL is cached; any other path isn't.
   * @default - what `addRoute` adds
   */
  readonly routes?: Route[];

  /** Origin of every path. */
  readonly api: ICachedApi;

  /**
   * Headers of a viewer's request that cached paths forward to the origin though they aren't part of the key: those that a write
   * needs.
   * @default - Content-Type
   */
  readonly originHeaders?: string[];

  /**
   * Methods other than reading, by path. Only needed with `failoverOrigin`.
   * @default - none
   */
  readonly writes?: WriteOperation[];

  /**
   * Web ACL for the edge, in us-east-1.
   * @default - none
   */
  readonly firewall?: IFirewall;

  /**
   * Custom domain name, and its certificate.
   * @default - the distribution's own name and certificate, which let viewers use TLS 1.0
   */
  readonly domain?: EdgeDomain;

  /**
   * Region of Origin Shield, the cache that every edge location asks before the origin: that of the API, or the nearest one that
   * has it. Billed by request.
   * @default - none
   */
  readonly originShieldRegion?: string;

  /**
   * Origin of cached paths when the API answers 5xx or not at all. Paths that are written can't have one: CloudFront fails over
   * reads only, and refuses an origin group where writes are allowed.
   * @default - none
   */
  readonly failoverOrigin?: cloudfront.IOrigin;

  /**
   * True if each request is logged to a bucket.
   * @default true
   */
  readonly accessLog?: boolean;

  /**
   * Removal policy of the logs.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Custom domain name of a distribution. */
export interface EdgeDomain {
  /** Domain name, such as `www.example.com`. */
  readonly name: string;
  /** Certificate of ACM in us-east-1, the one region that a distribution takes it from. */
  readonly certificate: acm.ICertificate;
}

/** Retention of access logs. */
const LOG_RETENTION = Duration.days(90);

/** Statuses after which CloudFront asks the other origin: the API is down or out of capacity. */
const FAILOVER_STATUS_CODES = [500, 502, 503, 504];

export { TAG_HEADER };

/**
 * Every status that CloudFront caches for 10 s by default. With a minimum of 0 the origin's headers alone decide.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
const CACHED_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** Options of a route at the edge. */
export interface EdgeRouteOptions {
  /**
   * True if the path is written too. One that is only read fails over to `failoverOrigin`.
   * @default false
   */
  readonly written?: boolean;
}

/**
 * The edge: a behaviour for each path, with cache policy and key from the route, purged by tag.
 *
 * @throws {RangeError} where routes conflict, or the certificate isn't of us-east-1.
 */
export class EdgeDistribution extends EdgeDistributionBase {
  /** Imports a distribution, which is purged; its behaviours are declared where it is defined. */
  static fromEdgeDistributionAttributes(scope: Construct, id: string, attributes: EdgeDistributionAttributes): IEdgeDistribution {
    return new ImportedDistribution(scope, id, attributes);
  }

  /** The distribution itself. */
  readonly distribution: cloudfront.IDistribution;
  readonly #made: cloudfront.Distribution;
  /** Bucket of access logs. */
  readonly logBucket?: s3.IBucket;

  readonly #declared = new DeclaredRoutes();
  readonly #origin: cloudfront.IOrigin;
  readonly #failoverOrigin?: cloudfront.IOrigin;
  readonly #responseHeaders: cloudfront.ResponseHeadersPolicy;
  readonly #cachedOriginRequests: cloudfront.OriginRequestPolicy;
  /** Policies by key and lifetime. */
  readonly #cachePolicies = new Map<string, cloudfront.CachePolicy>();

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const { routes = [], writes = [] } = props;
    checkWrites(routes, writes);
    checkCertificate(props.domain);

    this.#responseHeaders = new cloudfront.ResponseHeadersPolicy(this, 'ResponseHeaders', {
      responseHeadersPolicyName: nameInAccount(this, 'ResponseHeaders'),
      comment: 'Without tags, with timing',
      removeHeaders: [TAG_HEADER, REFRESHED_HEADER],
      serverTimingSamplingRate: 100,
    });
    this.#cachedOriginRequests = new cloudfront.OriginRequestPolicy(this, 'CachedPaths', {
      originRequestPolicyName: nameInAccount(this, 'CachedPaths'),
      comment: 'What a cached path needs beside its key',
      headerBehavior: cloudfront.OriginRequestHeaderBehavior.allowList(...(props.originHeaders ?? ['Content-Type'])),
      queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.none(),
      cookieBehavior: cloudfront.OriginRequestCookieBehavior.none(),
    });

    this.#origin = originOf(props.api, props.originShieldRegion);
    this.#failoverOrigin = props.failoverOrigin;
    this.logBucket = props.accessLog === false ? undefined : this.#addLogBucket(props.logRemovalPolicy ?? KEPT);
    this.#made = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Edge',
      minimumProtocolVersion: props.domain && cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      domainNames: props.domain && [props.domain.name],
      certificate: props.domain?.certificate,
      webAclId: props.firewall?.webAclArn,
      enableLogging: this.logBucket !== undefined,
      logBucket: this.logBucket,
      publishAdditionalMetrics: true,
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: { origin: this.#origin, ...this.#uncached() },
      errorResponses: CACHED_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    });
    this.distribution = this.#made;
    const resource = this.#made.node.defaultChild as cloudfront.CfnDistribution;
    inOrderOfPrecedence(resource);
    resource.with(new CacheTags());
    referStrongly(this.#made);
    for (const route of routes) this.addRoute(route, { written: writes.some((write) => write.route === route) });
  }

  /**
   * Gives a route a behaviour of its own. The order in which routes are added makes no difference.
   *
   * @throws {RangeError} where it conflicts with another route.
   */
  addRoute(route: Route, { written = false }: EdgeRouteOptions = {}): void {
    this.#declared.add(route);
    const pattern = pathPattern(route.path);
    if (!isCached(route)) {
      this.#made.addBehavior(pattern, this.#origin, this.#uncached());
    } else if (written || !this.#failoverOrigin) {
      this.#made.addBehavior(pattern, this.#origin, this.#cached(route));
    } else {
      const group = new OriginGroup({
        primaryOrigin: this.#origin,
        fallbackOrigin: this.#failoverOrigin,
        fallbackStatusCodes: FAILOVER_STATUS_CODES,
      });
      const allowedMethods = cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS;
      this.#made.addBehavior(pattern, group, { ...this.#cached(route), allowedMethods });
    }
  }

  #cached(route: Route): cloudfront.AddBehaviorOptions {
    const worstCase = worstCaseStalenessSeconds(route);
    Annotations.of(this).addInfo(`route '${route.name}': at most ${worstCase} s old at the edge if every purge of it were lost`);
    return {
      ...COMMON,
      responseHeadersPolicy: this.#responseHeaders,
      originRequestPolicy: this.#cachedOriginRequests,
      ...(KeyFunction.isNeededFor(route) && {
        functionAssociations: [
          {
            eventType: cloudfront.FunctionEventType.VIEWER_REQUEST,
            function: new KeyFunction(this, `KeyOrder-${route.name}`, route).function,
          },
        ],
      }),
      cachePolicy: this.#cachePolicyOf(Object.keys(route.query), route.freshness?.edgeTtlSeconds ?? 0),
    };
  }

  /**
   * One policy for all routes of the same key and lifetime: an account has 20.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
   */
  #cachePolicyOf(names: readonly string[], maxTtlSeconds: number): cloudfront.CachePolicy {
    const query = [...names].sort();
    const key = `${query.length > 0 ? query.join('-') : 'path'}-${maxTtlSeconds}`;
    const known = this.#cachePolicies.get(key);
    if (known) return known;
    const policy = new cloudfront.CachePolicy(this, `Key-${key}`, {
      comment: query.length > 0 ? `Path and ${query.join(', ')}`.slice(0, MAX_COMMENT) : 'Path',
      minTtl: Duration.seconds(0),
      // A response without a lifetime in its headers isn't cached.
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.seconds(maxTtlSeconds),
      queryStringBehavior:
        query.length > 0 ? cloudfront.CacheQueryStringBehavior.allowList(...query) : cloudfront.CacheQueryStringBehavior.none(),
      headerBehavior: cloudfront.CacheHeaderBehavior.none(),
      cookieBehavior: cloudfront.CacheCookieBehavior.none(),
      enableAcceptEncodingGzip: true,
      enableAcceptEncodingBrotli: true,
    });
    this.#cachePolicies.set(key, policy);
    return policy;
  }

  #addLogBucket(removalPolicy: RemovalPolicy): s3.Bucket {
    return new s3.Bucket(this, 'Logs', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      // CloudFront's delivery of access logs needs an access control list.
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ expiration: LOG_RETENTION, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
    });
  }

  #uncached(): cloudfront.AddBehaviorOptions {
    return {
      ...COMMON,
      responseHeadersPolicy: this.#responseHeaders,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      // The one policy that forwards Authorization to the origin without making it part of the key: CloudFront refuses it in a
      // custom policy.
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    };
  }
}

/** Longest comment of a policy. @see https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html */
const MAX_COMMENT = 128;

/**
 * Name of a policy that no stack of the same name in another region takes, since an account has one list of names. The CDK adds
 * the region to the names of cache policies only.
 */
function nameInAccount(scope: Construct, policy: string): string {
  return `${Names.uniqueId(scope).slice(0, 90)}${policy}-${Stack.of(scope).region}`;
}

/** The API's stage, over TLS only. */
function originOf({ url }: ICachedApi, originShieldRegion: string | undefined): cloudfront.IOrigin {
  const parts = Fn.split('/', url);
  return new HttpOrigin(Fn.select(2, parts), {
    originPath: `/${Fn.select(3, parts)}`,
    ...(originShieldRegion ? { originShieldRegion } : { originShieldEnabled: false }),
  });
}

/** Orders behaviours by precedence: CloudFront takes the first pattern that matches. */
function inOrderOfPrecedence(resource: cloudfront.CfnDistribution): void {
  const config = resource.distributionConfig as cloudfront.CfnDistribution.DistributionConfigProperty;
  const { cacheBehaviors } = config;
  resource.distributionConfig = {
    ...config,
    cacheBehaviors: Lazy.uncachedAny({
      produce: (context) => {
        const behaviors: cloudfront.CfnDistribution.CacheBehaviorProperty[] | undefined = context.resolve(cacheBehaviors);
        return behaviors && [...behaviors].sort((a, b) => byPrecedence(a.pathPattern, b.pathPattern));
      },
    }),
  };
}

const COMMON = {
  viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
  // All, because a path that serves reads and writes is one behaviour, and because the origin answers 405.
  allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
  compress: true,
};

/** @throws {RangeError} where the certificate is made in another region than a distribution takes it from. */
function checkCertificate(domain: EdgeDomain | undefined): void {
  if (!domain) return;
  const { certificate } = domain;
  // A literal ARN names its region; an imported construct's environment is that of the stack.
  const region = Token.isUnresolved(certificate.certificateArn)
    ? certificate.env.region
    : Arn.split(certificate.certificateArn, ArnFormat.SLASH_RESOURCE_NAME).region;
  if (region === EDGE_REGION) return;
  const got =
    region === undefined || Token.isUnresolved(region) ? 'a region that is only known when it is deployed' : `'${region}'`;
  throw new RangeError(
    `edge distribution: 'domain.certificate' must be in ${EDGE_REGION}, got: ${got}; make it in a stack with that 'env.region', such as UsEast1Stack`,
  );
}

const isCached = (route: Route): boolean => (route.freshness?.edgeTtlSeconds ?? 0) > 0;
