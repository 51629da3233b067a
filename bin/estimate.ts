import { BUSY_METADATA } from '../lib/contract/defaults';
import { PURGE_METRICS, READ_METRICS } from '../lib/contract/metrics';
import { CACHE_NODES, DATABASE_INSTANCES, FIXED, type Price, STAGE_CACHES, USE } from './prices';

/** AWS's month. */
const HOURS = 730;

/** What a month costs of one resource, or of one kind of use. */
export interface Line {
  readonly resource: string;
  readonly what: string;
  readonly usd: number;
  readonly price: Price;
}

/** What a month is used for. */
export interface Traffic {
  /** Requests at the edge. */
  readonly requests: number;
  /** Share of them that the edge answers, 0 to 1. */
  readonly edgeHits: number;
  /** Share of the rest that the gateway answers, 0 to 1. */
  readonly gatewayHits: number;
  /** Tags that are purged, after those of the same batch are one. */
  readonly purgedTags: number;
  /** Volume of logs that CloudWatch takes, in GB. */
  readonly logGb: number;
  /** Routes whose reads are counted, each by its own metrics. */
  readonly routes: number;
  /** True if a web ACL looks at each request at the edge. */
  readonly firewall: boolean;
}

/** One resource of a template. */
export interface Priced {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
  readonly Properties?: Record<string, any>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/** Mean time of a read function, in seconds, and its memory in GB. */
const READ_SECONDS = 0.02;
const READ_GB = 1;

/** @throws {RangeError} where something is of a size that the table has no price of. */
export function fixedCosts(resources: ReadonlyMap<string, Priced>): Line[] {
  return [...resources].flatMap(([resource, { Type, Properties = {} }]) =>
    (RULES[Type]?.(Properties, resource, resources) ?? []).map(([what, count, price]) => ({
      resource,
      what,
      usd: count * price.usd * (price.per === 'hour' ? HOURS : 1),
      price,
    })),
  );
}

/** Resources that cost, and that no rule here has a price of. */
export function unpriced(resources: ReadonlyMap<string, Priced>): string[] {
  return [...resources].filter(([, { Type }]) => UNPRICED.has(Type)).map(([resource, { Type }]) => `${resource} (${Type})`);
}

const UNPRICED: ReadonlySet<string> = new Set([
  'AWS::ElastiCache::ServerlessCache',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBProxy',
  'AWS::EC2::NatGateway',
  'AWS::Route53::HostedZone',
]);

/** What is paid by use. */
export function usageCosts({ requests, edgeHits, gatewayHits, purgedTags, logGb, routes, firewall }: Traffic): Line[] {
  const misses = requests * (1 - edgeHits);
  const invocations = misses * (1 - gatewayHits);
  const million = 1e6;
  const line = (what: string, amount: number, price: Price): Line => ({ resource: 'use', what, usd: amount * price.usd, price });
  return [
    line('requests at the edge', Math.max(0, requests - 10 * million) / million, USE.edgeRequests),
    line('requests at the web ACL', firewall ? requests / million : 0, USE.webAclRequests),
    line('requests at the gateway', misses / million, USE.gatewayRequests),
    line('invocations of read-api', invocations / million, USE.functionRequests),
    line('time of read-api', invocations * READ_SECONDS * READ_GB, USE.functionTime),
    line('invalidated tags', Math.max(0, purgedTags - 1000) / million, USE.invalidations),
    // A purge is announced, reported by each tier and completed.
    line('events of purges', (purgedTags * 6) / million, USE.events),
    line('logs', logGb, USE.logs),
    // In the embedded metric format; a metric costs in the hours that it has values in.
    line('metrics of reads', requests > 0 ? routes * Object.keys(READ_METRICS).length : 0, FIXED.metric),
    line('metrics of purges', purgedTags > 0 ? Object.keys(PURGE_METRICS).length : 0, FIXED.metric),
  ];
}

type Charge = readonly [what: string, count: number, price: Price];

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
type Rule = (p: Record<string, any>, resource: string, all: ReadonlyMap<string, Priced>) => Charge[];

const RULES: Readonly<Record<string, Rule>> = {
  'AWS::ElastiCache::ReplicationGroup': (p, resource) => {
    const nodes = Number(p.NumNodeGroups ?? 1) * (1 + Number(p.ReplicasPerNodeGroup ?? 0));
    const engine = p.Engine === 'redis' ? 'redis' : 'valkey';
    const price = known(CACHE_NODES[p.CacheNodeType]?.[engine], resource, 'CacheNodeType', p.CacheNodeType);
    return [[`${nodes} x ${p.CacheNodeType} ${engine}`, nodes, price]];
  },
  'AWS::RDS::DBInstance': (p, resource) => {
    const zones = p.MultiAZ === true ? 2 : 1;
    const price = known(DATABASE_INSTANCES[p.DBInstanceClass], resource, 'DBInstanceClass', p.DBInstanceClass);
    const storage = Number(p.AllocatedStorage ?? 20);
    return [
      [`${p.DBInstanceClass}, ${zones} zone(s)`, zones, price],
      [`${storage} GB gp3, ${zones} zone(s)`, zones * storage, FIXED.databaseStorage],
    ];
  },
  'AWS::ApiGateway::Stage': (p, resource) =>
    p.CacheClusterEnabled
      ? [
          [
            `stage cache of ${p.CacheClusterSize} GB`,
            1,
            known(STAGE_CACHES[p.CacheClusterSize], resource, 'CacheClusterSize', p.CacheClusterSize),
          ],
        ]
      : [],
  // Detailed metrics are of each method, once it has been asked.
  'AWS::ApiGateway::Method': (p, _, all) =>
    p.Integration?.Type !== 'MOCK' && hasDetailedMetrics(all)
      ? [[`detailed metrics of ${p.HttpMethod}`, GATEWAY_METRICS, FIXED.metric]]
      : [],
  'AWS::EC2::VPCEndpoint': (p) =>
    p.VpcEndpointType === 'Interface'
      ? [[`endpoint in ${p.SubnetIds.length} zones`, p.SubnetIds.length, FIXED.interfaceEndpoint]]
      : [],
  'AWS::KMS::Key': () => [['key', 1, FIXED.key]],
  'AWS::SecretsManager::Secret': () => [['secret', 1, FIXED.secret]],
  'AWS::CloudWatch::Alarm': () => [['alarm', 1, FIXED.alarm]],
  'AWS::CloudWatch::Dashboard': () => [['dashboard', 1, FIXED.dashboard]],
  'AWS::CloudFront::MonitoringSubscription': () => [['additional metrics', 1, FIXED.distributionMetrics]],
  // What a schedule calls costs by use, but for what it keeps busy all the time.
  'AWS::Events::Rule': (p, resource, all) => {
    const busy = Number(all.get(resource)?.Metadata?.[BUSY_METADATA] ?? 0);
    if (busy === 0) return [];
    const stack = resource.slice(0, resource.lastIndexOf('/') + 1);
    const target = all.get(`${stack}${p.Targets[0].Arn['Fn::GetAtt']?.[0]}`)?.Properties ?? {};
    const gb = Number(target.MemorySize ?? 128) / 1024;
    const price = target.Architectures?.[0] === 'arm64' ? USE.functionTimeArm : USE.functionTime;
    return [[`function of ${gb} GB that runs ${Math.round(busy * 100)} % of the time`, busy * HOURS * 3600 * gb, price]];
  },
  'AWS::WAFv2::WebACL': (p) => [
    ['web ACL', 1, FIXED.webAcl],
    [`${p.Rules.length} rules`, p.Rules.length, FIXED.webAclRule],
  ],
};

/**
 * Metrics of one method of a cached stage: `Count`, `Latency`, `IntegrationLatency`, `4XXError`, `5XXError`, `CacheHitCount` and
 * `CacheMissCount`.
 */
const GATEWAY_METRICS = 7;

function hasDetailedMetrics(all: ReadonlyMap<string, Priced>): boolean {
  return [...all.values()].some(
    ({ Type, Properties }) =>
      Type === 'AWS::ApiGateway::Stage' &&
      Properties?.MethodSettings?.some(({ MetricsEnabled }: { MetricsEnabled?: boolean }) => MetricsEnabled),
  );
}

function known(price: Price | undefined, resource: string, property: string, got: unknown): Price {
  if (price) return price;
  throw new RangeError(
    `'${property}' of ${resource} must have a price in bin/prices.ts, got: ${JSON.stringify(got)}; add it with its source`,
  );
}
