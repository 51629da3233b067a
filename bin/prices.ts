/** One price, in USD, of us-east-1. */
export interface Price {
  readonly usd: number;
  readonly per: 'hour' | 'month' | 'GB-month' | 'million' | 'GB-second';
  /** When the source was current. */
  readonly pricedAt: string;
  readonly source: string;
  /** Why it may be off. @default - nothing is known against it */
  readonly caveat?: string;
}

const NODES = { per: 'hour', pricedAt: '2026-10-02', source: 'public table, read from the AWS Price List API' } as const;
const CACHES = {
  per: 'hour',
  pricedAt: '2025-05-01',
  source: 'i05nagai/memorandum cloud/aws/amazon_api_gateway.md; kejyun/aws-learning-notes',
  caveat: 'notes without a date; 0.5 GB confirmed by awsforengineers.com in May 2025',
} as const;
const INSTANCES = { per: 'hour', pricedAt: '2026-06-01', source: 'infratally.com, and public tables' } as const;
const LIST = (service: string) =>
  ({
    per: 'month',
    pricedAt: '2025-01-01',
    source: `aws.amazon.com/${service}/pricing`,
    caveat: 'from memory; not checked since',
  }) as const;

/** By `CacheNodeType`, and engine. */
export const CACHE_NODES: Readonly<Record<string, Readonly<Record<'redis' | 'valkey', Price>>>> = Object.fromEntries(
  (
    [
      ['cache.t4g.micro', 0.016, 0.0128],
      ['cache.t4g.small', 0.032, 0.0256],
      ['cache.t4g.medium', 0.065, 0.052],
      ['cache.m7g.large', 0.158, 0.1264],
      ['cache.r7g.large', 0.219, 0.1752],
      ['cache.r7g.xlarge', 0.437, 0.3496],
    ] as const
  ).map(([type, redis, valkey]) => [type, { redis: { usd: redis, ...NODES }, valkey: { usd: valkey, ...NODES } }]),
);

/** By `CacheClusterSize` in GB. */
export const STAGE_CACHES: Readonly<Record<string, Price>> = Object.fromEntries(
  (
    [
      ['0.5', 0.02],
      ['1.6', 0.038],
      ['6.1', 0.2],
      ['13.5', 0.25],
      ['28.4', 0.5],
      ['58.2', 1],
      ['118', 1.9],
      ['237', 3.8],
    ] as const
  ).map(([size, usd]) => [size, { usd, ...CACHES }]),
);

/** By `DBInstanceClass`, in one zone; two zones are twice as much. */
export const DATABASE_INSTANCES: Readonly<Record<string, Price>> = Object.fromEntries(
  (
    [
      ['db.t4g.micro', 0.016],
      ['db.t4g.small', 0.032],
      ['db.t4g.medium', 0.065],
      ['db.t4g.large', 0.129],
      ['db.r7g.large', 0.239],
    ] as const
  ).map(([type, usd]) => [type, { usd, ...INSTANCES, caveat: 'public tables differ by 5 %' }]),
);

/** Everything else that costs whether or not it is used. */
export const FIXED = {
  databaseStorage: { usd: 0.115, per: 'GB-month', pricedAt: '2026-06-01', source: 'usage.ai' },
  interfaceEndpoint: { ...LIST('privatelink'), usd: 0.01, per: 'hour' },
  key: { ...LIST('kms'), usd: 1 },
  secret: { ...LIST('secrets-manager'), usd: 0.4 },
  alarm: { ...LIST('cloudwatch'), usd: 0.1 },
  dashboard: { ...LIST('cloudwatch'), usd: 3 },
  webAcl: { ...LIST('waf'), usd: 5 },
  webAclRule: { ...LIST('waf'), usd: 1 },
  distributionMetrics: { ...LIST('cloudwatch'), usd: 2.4 },
} satisfies Record<string, Price>;

/** What costs by use. */
export const USE = {
  edgeRequests: { usd: 1, per: 'million', pricedAt: '2026-06-01', source: 'public table; 10 million a month are free' },
  gatewayRequests: { usd: 3.5, per: 'million', pricedAt: '2026-06-01', source: 'i05nagai/memorandum; the first 333 million' },
  functionRequests: { usd: 0.2, per: 'million', pricedAt: '2026-06-01', source: 'public notes' },
  functionTime: { usd: 0.0000166667, per: 'GB-second', pricedAt: '2026-06-01', source: 'public notes; Arm is a fifth less' },
  invalidations: { usd: 5000, per: 'million', pricedAt: '2026-06-01', source: 'CloudFront; 1,000 a month are free' },
  events: { usd: 1, per: 'million', pricedAt: '2026-03-01', source: 'cloudburn.io, Amazon EventBridge pricing' },
} satisfies Record<string, Price>;
