import { Annotations, CrossStackReferences, Duration, ReferenceStrength } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { RestApiOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { CachedApi } from '../gateway/cached-api';
import { checkRoutes } from '../gateway/route-checks';
import { type Route, worstCaseStalenessSeconds } from '../route';
import { byPrecedence, pathPattern } from './path-pattern';

export interface EdgeDistributionProps {
  /** A route with an edge TTL is cached; any other path isn't. */
  readonly routes: readonly Route[];

  /** Where misses go. */
  readonly api: CachedApi;

  /**
   * Headers of a viewer's request that cached paths hand to the origin though they aren't part of the key: those that a write needs.
   * @default - Content-Type
   */
  readonly originHeaders?: readonly string[];
}

/** Response header with a response's tags, separated by commas. It stays between the origin and the edge. */
export const TAG_HEADER = 'Cache-Tag';

/**
 * Every status that CloudFront would cache for 10 s by itself. With a minimum of 0 the origin alone says for how long.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
const CACHED_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** The edge: a behaviour a path, with cache policy and key from the route, purged by tag. */
export class EdgeDistribution extends Construct {
  readonly distribution: cloudfront.Distribution;
  readonly grants: EdgeDistributionGrants;

  private readonly responseHeaders: cloudfront.ResponseHeadersPolicy;
  private readonly cachedOriginRequests: cloudfront.OriginRequestPolicy;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    checkRoutes(props.routes);

    this.responseHeaders = new cloudfront.ResponseHeadersPolicy(this, 'ResponseHeaders', {
      comment: 'Without tags, with timing',
      removeHeaders: [TAG_HEADER],
      serverTimingSamplingRate: 100,
    });
    this.cachedOriginRequests = new cloudfront.OriginRequestPolicy(this, 'CachedPaths', {
      comment: 'What a cached path needs beside its key',
      headerBehavior: cloudfront.OriginRequestHeaderBehavior.allowList(...(props.originHeaders ?? ['Content-Type'])),
      queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.none(),
      cookieBehavior: cloudfront.OriginRequestCookieBehavior.none(),
    });

    const origin = new RestApiOrigin(props.api.restApi);
    const routes = [...props.routes].sort((a, b) => byPrecedence(pathPattern(a.path), pathPattern(b.path)));
    this.distribution = new cloudfront.Distribution(this, 'Distribution', {
      comment: 'Edge',
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      defaultBehavior: { origin, ...this.uncached() },
      errorResponses: CACHED_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
    });
    for (const route of routes) {
      this.distribution.addBehavior(pathPattern(route.path), origin, isCached(route) ? this.cached(route) : this.uncached());
    }
    this.grants = new EdgeDistributionGrants(this);
    CrossStackReferences.of(this.distribution).produce(ReferenceStrength.STRONG);
    // The L2 has no property for it yet.
    (this.distribution.node.defaultChild as cloudfront.CfnDistribution).addPropertyOverride('DistributionConfig.CacheTagConfig', {
      HeaderName: TAG_HEADER,
    });
  }

  private cached(route: Route): cloudfront.AddBehaviorOptions {
    const query = Object.keys(route.query);
    const worstCase = worstCaseStalenessSeconds(route);
    Annotations.of(this).addInfo(`route '${route.name}': at most ${worstCase} s old at the edge if every purge of it were lost`);
    return {
      ...COMMON,
      responseHeadersPolicy: this.responseHeaders,
      originRequestPolicy: this.cachedOriginRequests,
      cachePolicy: new cloudfront.CachePolicy(this, `Key-${route.name}`, {
        comment: `Route '${route.name}'`,
        minTtl: Duration.seconds(0),
        // What doesn't say how long it may be kept isn't kept.
        defaultTtl: Duration.seconds(0),
        maxTtl: Duration.seconds(route.freshness?.edgeTtlSeconds ?? 0),
        queryStringBehavior:
          query.length > 0 ? cloudfront.CacheQueryStringBehavior.allowList(...query) : cloudfront.CacheQueryStringBehavior.none(),
        headerBehavior: cloudfront.CacheHeaderBehavior.none(),
        cookieBehavior: cloudfront.CacheCookieBehavior.none(),
        enableAcceptEncodingGzip: true,
        enableAcceptEncodingBrotli: true,
      }),
    };
  }

  private uncached(): cloudfront.AddBehaviorOptions {
    return {
      ...COMMON,
      responseHeadersPolicy: this.responseHeaders,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
      // The one policy that takes Authorization to the origin without making it a key: CloudFront refuses it in a policy of one's own.
      originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    };
  }
}

/** What others may be allowed to do with a distribution. */
export class EdgeDistributionGrants {
  constructor(private readonly edge: EdgeDistribution) {}

  /** Lets a grantee invalidate by tag or path, and see what became of it. */
  purge(grantee: iam.IGrantable): iam.Grant {
    return this.edge.distribution.grant(grantee, 'cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation');
  }
}

const COMMON = {
  viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
  // All, because a path that serves reads and writes is one behaviour, and because it is for the origin to say 405.
  allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
  compress: true,
};

const isCached = (route: Route): boolean => (route.freshness?.edgeTtlSeconds ?? 0) > 0;
