/** One price, in USD, of us-east-1. */
export interface Price {
  readonly usd: number;
  readonly per: 'hour' | 'month' | 'GB-month' | 'GB' | 'million' | 'GB-second';
  /** Day of the source, or the day on which it was read where it has none. */
  readonly pricedAt: string;
  /** Page that was read. AWS's own pages hold no prices where they are read as text, so that most are of whoever read them. */
  readonly source: string;
  /** Why it may be off. @default - nothing is known against it */
  readonly caveat?: string;
}

/** Day on which sources without a date were read. */
const READ = '2026-11-28';

const NODES = {
  per: 'hour',
  pricedAt: '2026-10-02',
  source: 'AWS Price List API (AmazonElastiCache, NodeUsage), as a public repository has it',
} as const;
const CACHES = {
  per: 'hour',
  pricedAt: '2026-08-12',
  source: 'aws.amazon.com/api-gateway/pricing, as awsforengineers.com and go-cloud.io have it',
  caveat: 'the smallest and the largest are confirmed, those between are of notes without a date',
} as const;
const INSTANCES = {
  per: 'hour',
  pricedAt: READ,
  source: 'aws.amazon.com/rds/postgresql/pricing, as public tables have it',
  caveat: 'the tables have no date, and differ by 5 % for R7g',
} as const;
const NOTED = {
  pricedAt: READ,
  caveat: 'notes without a date, which agree',
} as const;
const METRIC = {
  usd: 0.3,
  per: 'month',
  pricedAt: '2026-02-15',
  source: 'signoz.io/guides/cloudwatch-pricing; the first 10,000, billed by the hour that it has values in',
} as const;

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
  databaseStorage: {
    ...NOTED,
    usd: 0.115,
    per: 'GB-month',
    source: 'aws.amazon.com/rds/postgresql/pricing, as public tables have it',
  },
  interfaceEndpoint: {
    usd: 0.01,
    per: 'hour',
    pricedAt: '2026-10-06',
    source: 'aws.amazon.com/privatelink/pricing, as a public repository read it from the Price List API',
  },
  key: { ...NOTED, usd: 1, per: 'month', source: 'aws.amazon.com/kms/pricing, as public repositories have it' },
  secret: {
    usd: 0.4,
    per: 'month',
    pricedAt: '2026-10-06',
    source: 'aws.amazon.com/secrets-manager/pricing, as a public repository has it',
  },
  alarm: {
    ...NOTED,
    usd: 0.1,
    per: 'month',
    source: 'aws.amazon.com/cloudwatch/pricing, as a public repository read it from the Price List API',
    caveat: 'the first ten of an account are free',
  },
  dashboard: {
    usd: 3,
    per: 'month',
    pricedAt: '2026-06-13',
    source: 'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards',
    caveat: 'the first three of an account are free',
  },
  webAcl: { ...NOTED, usd: 5, per: 'month', source: 'aws.amazon.com/waf/pricing, as public repositories have it' },
  webAclRule: { ...NOTED, usd: 1, per: 'month', source: 'aws.amazon.com/waf/pricing, as public repositories have it' },
  // Eight metrics of a distribution, each a custom one.
  distributionMetrics: { ...METRIC, usd: 8 * METRIC.usd },
  metric: METRIC,
} satisfies Record<string, Price>;

/** What costs by use. */
export const USE = {
  edgeRequests: { ...NOTED, usd: 1, per: 'million', source: 'public tables; 10 million a month are free' },
  webAclRequests: { ...NOTED, usd: 0.6, per: 'million', source: 'aws.amazon.com/waf/pricing, as public repositories have it' },
  gatewayRequests: { usd: 3.5, per: 'million', pricedAt: '2025-05-19', source: 'awsforengineers.com; the first 333 million' },
  functionRequests: { usd: 0.2, per: 'million', pricedAt: '2026-07-31', source: 'a public repository, by the Price List API' },
  functionTime: {
    usd: 0.0000166667,
    per: 'GB-second',
    pricedAt: '2026-07-31',
    source: 'a public repository, by the Price List API; Arm is a fifth less',
  },
  functionTimeArm: {
    ...NOTED,
    usd: 0.0000133334,
    per: 'GB-second',
    source: 'aws.amazon.com/lambda/pricing, as cloudchipr.com/blog/aws-lambda-pricing has it; the first 7.5 billion GB-seconds',
  },
  invalidations: {
    usd: 5000,
    per: 'million',
    pricedAt: READ,
    source: 'aws.amazon.com/cloudfront/pricing, as public tables have it; 1,000 a month are free, and a tag counts as a path',
  },
  events: { usd: 1, per: 'million', pricedAt: '2026-03-01', source: 'cloudburn.io, Amazon EventBridge pricing' },
  logs: {
    usd: 0.5,
    per: 'GB',
    pricedAt: '2026-06-13',
    source: 'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards',
  },
} satisfies Record<string, Price>;

/** What isn't counted, and what its size depends on. */
export const NOT_COUNTED = [
  'data transfer, to viewers and between zones, and 0.01 USD a GB through interface endpoints',
  "access logs and backups in S3, database backups beyond the database's size, and snapshots of the shared tier beyond one",
  "the volume of logs, without --log-gb: of functions, of the database (exported, and of its enhanced monitoring) and of the network's flows",
  'requests to KMS (0.03 USD for 10,000) and Secrets Manager (0.05 USD for 10,000), queues, and the queries of dashboards',
  'Origin Shield, Lambda@Edge and provisioned concurrency, which no stage here has',
  'taxes, discounts and free tiers, unless a price says so',
] as const;
