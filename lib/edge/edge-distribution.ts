import { Annotations, Duration, Fn, Lazy, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, OriginGroup } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { REFRESHED_HEADER, TAG_HEADER } from '../contract/headers';
import { checkWrites, DeclaredRoutes } from '../gateway/route-checks';
import { countInAccount, quotaProblems } from '../quotas';
import { referStrongly } from '../references';
import { KEPT } from '../removal';
import { type Route, worstCaseStalenessSeconds } from '../route';
import { CacheTags } from './cache-tags';
import { checkCertificate, checkPartition } from './edge-checks';
import {
  type EdgeDistributionAttributes,
  EdgeDistributionBase,
  type IEdgeDistribution,
  ImportedDistribution,
} from './edge-distribution-base';
import type { EdgeDistributionProps, EdgeDomain, EdgeRouteOptions } from './edge-distribution-props';
import { KeyFunction } from './key-function';

export type { EdgeDistributionProps, EdgeDomain, EdgeRouteOptions };

import { byPrecedence, pathPattern } from './path-pattern';

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
  /** Number of behaviours that aren't of routes. */
  #own = 0;
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
    checkPartition(Stack.of(this));

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

    this.#origin = originOf(props);
    this.#failoverOrigin = props.failoverOrigin;
    this.logBucket = this.#logBucketOf(props);
    this.#made = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Edge',
      minimumProtocolVersion: props.domain && cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      domainNames: props.domain && [props.domain.name, ...(props.domain.aliases ?? [])],
      certificate: props.domain?.certificate,
      webAclId: props.firewall?.webAclArn,
      enableLogging: this.logBucket !== undefined,
      logBucket: this.logBucket,
      publishAdditionalMetrics: props.publishAdditionalMetrics ?? true,
      priceClass: props.priceClass,
      geoRestriction: props.geoRestriction,
      enableIpv6: props.enableIpv6,
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
    this.node.addValidation({ validate: () => this.#quotaProblems() });
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
      this.#made.addBehavior(pattern, this.#origin, { ...this.#uncached(), ...this.#keyOf(route) });
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

  /**
   * Adds a behaviour of your own, such as files of a bucket. Its place among those of the routes is that of its pattern; viewers
   * don't see the header with the tags, unless you give a response headers policy of your own.
   *
   * @param pattern pattern of paths, such as `/images/*`.
   * @throws {RangeError} where a route has the pattern.
   */
  addBehavior(pattern: string, origin: cloudfront.IOrigin, options: cloudfront.AddBehaviorOptions = {}): void {
    const route = this.#declared.all.find(({ path }) => pathPattern(path) === pattern);
    if (route) {
      throw new RangeError(
        `edge distribution: 'pattern' must not be that of a route, got: '${pattern}' of '${route.name}'; take another one`,
      );
    }
    this.#own++;
    const { viewerProtocolPolicy } = COMMON;
    this.#made.addBehavior(pattern, origin, { viewerProtocolPolicy, responseHeadersPolicy: this.#responseHeaders, ...options });
  }

  #quotaProblems(): string[] {
    const policies = countInAccount(this, (construct) => construct instanceof cloudfront.CfnCachePolicy);
    const functions = countInAccount(this, (construct) => construct instanceof cloudfront.CfnFunction);
    const routes = this.#declared.all;
    const queryStrings = Math.max(0, ...routes.filter(isCached).map(({ query }) => Object.keys(query).length));
    const what = 'edge distribution';
    return [
      ...quotaProblems(this, what, 'cachePolicies', policies),
      ...quotaProblems(this, what, 'edgeFunctions', functions),
      ...quotaProblems(this, what, 'behaviors', routes.length + this.#own),
      ...quotaProblems(this, what, 'queryStrings', queryStrings),
    ];
  }

  #cached(route: Route): cloudfront.AddBehaviorOptions {
    const worstCase = worstCaseStalenessSeconds(route);
    Annotations.of(this).addInfo(`route '${route.name}': at most ${worstCase} s old at the edge if every purge of it were lost`);
    return {
      ...COMMON,
      responseHeadersPolicy: this.#responseHeaders,
      originRequestPolicy: this.#cachedOriginRequests,
      ...this.#keyOf(route),
      cachePolicy: this.#cachePolicyOf(Object.keys(route.query), route.freshness?.edgeTtlSeconds ?? 0),
    };
  }

  /** Function that gives each request of a route its one key, where one is needed. */
  #keyOf(route: Route): cloudfront.AddBehaviorOptions {
    if (!KeyFunction.isNeededFor(route)) return {};
    const { function: key } = new KeyFunction(this, `KeyOrder-${route.name}`, route);
    return { functionAssociations: [{ eventType: cloudfront.FunctionEventType.VIEWER_REQUEST, function: key }] };
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

  #logBucketOf({ accessLog, accessLogBucket, logRemovalPolicy = KEPT }: EdgeDistributionProps): s3.IBucket | undefined {
    if (accessLog === false) return undefined;
    const { region } = Stack.of(accessLogBucket ?? this);
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging.html: only its second version delivers
    // to such a region, from a source that is made in us-east-1.
    if (Token.isUnresolved(region) || !RegionInfo.get(region).isOptInRegion) {
      return accessLogBucket ?? this.#addLogBucket(logRemovalPolicy);
    }
    const wayOut = "give 'accessLogBucket' of another region, or deliver the logs by their second version from us-east-1";
    if (accessLog || accessLogBucket) {
      throw new RangeError(
        `edge distribution: 'accessLog' must be false in a region that is opted into, to whose buckets CloudFront doesn't log, got: true in '${region}'; ${wayOut}`,
      );
    }
    Annotations.of(this).addWarningV2(
      'cachement:noAccessLog',
      `requests aren't logged: CloudFront doesn't log to buckets of '${region}', a region that is opted into; ${wayOut}`,
    );
    return undefined;
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
function originOf({ api: { url }, originShieldRegion, customHeaders }: EdgeDistributionProps): cloudfront.IOrigin {
  const parts = Fn.split('/', url);
  return new HttpOrigin(Fn.select(2, parts), {
    originPath: `/${Fn.select(3, parts)}`,
    customHeaders,
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

const isCached = (route: Route): boolean => (route.freshness?.edgeTtlSeconds ?? 0) > 0;
