import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { ICachedApi } from '../gateway/cached-api-base';
import type { WriteOperation } from '../gateway/route-checks';
import type { IFirewall } from '../operations/firewall';
import type { Route } from '../route';

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
   * Headers that the edge adds to each request of the API, over what viewers send by those names. A rule of a web ACL of your own
   * can ask for one that nobody else knows.
   * @default - none
   */
  readonly customHeaders?: Record<string, string>;

  /**
   * Edge locations that answer, by what they cost.
   * @default cloudfront.PriceClass.PRICE_CLASS_ALL
   */
  readonly priceClass?: cloudfront.PriceClass;

  /**
   * Countries whose viewers are answered, or aren't.
   * @default - all are
   */
  readonly geoRestriction?: cloudfront.GeoRestriction;

  /**
   * True if viewers may come by IPv6.
   * @default true
   */
  readonly enableIpv6?: boolean;

  /**
   * True if CloudWatch has the distribution's hit rate, latency at the origin and each error status, at the price of eight
   * metrics a month. Alarms on the hit rate stay silent without.
   * @default true
   */
  readonly publishAdditionalMetrics?: boolean;

  /**
   * True if each request is logged to a bucket.
   * @default - true, but in a region that an account has to opt into, whose buckets CloudFront doesn't log to
   */
  readonly accessLog?: boolean;

  /**
   * Bucket of the access logs: it allows access control lists, and isn't of a region that an account has to opt into.
   * @default - a bucket of its own
   */
  readonly accessLogBucket?: s3.IBucket;

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
  /**
   * Further names, which the certificate has too.
   * @default - none
   */
  readonly aliases?: string[];
}

/** Options of a route at the edge. */
export interface EdgeRouteOptions {
  /**
   * True if the path is written too. One that is only read fails over to `failoverOrigin`.
   * @default false
   */
  readonly written?: boolean;
}
