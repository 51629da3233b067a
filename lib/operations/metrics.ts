import { Duration } from 'aws-cdk-lib';
import {
  FUNCTION_DIMENSION,
  PURGE_METRICS_NAMESPACE,
  type PurgeMetric,
  READ_METRICS_NAMESPACE,
  type ReadMetric,
  ROUTE_DIMENSION,
} from '../contract/metrics';

/** Metric that is watched: its name in CloudWatch, and its alarm. */
export interface WatchedMetric {
  /** Namespace in CloudWatch, such as `AWS/ElastiCache`. */
  readonly namespace: string;
  /** Name in CloudWatch. */
  readonly metricName: string;
  /** Names of the dimensions; their values come from the resource. */
  readonly dimensions: string[];
  /** Statistic of the values of one period. */
  readonly statistic: 'Maximum' | 'Minimum' | 'Sum' | 'Average' | 'p99';
  /** Length of one data point. */
  readonly period: Duration;
  /** Side of `threshold` on which the alarm is. @default - no alarm, only a graph */
  readonly alarm?: 'above' | 'below';
  /** Threshold of the statistic, in the metric's own unit. */
  readonly threshold: number;
  /** Consecutive periods beyond the threshold before the alarm. */
  readonly evaluationPeriods: number;
  /** Meaning, and what to do. */
  readonly meaning: string;
  /** Source of the name, the dimensions or the threshold. */
  readonly source: string;
}

const ELASTICACHE =
  'AWS CLI: cloudwatch list-metrics --namespace AWS/ElastiCache; thresholds: ElastiCache, "Which metrics should I monitor?"';
const PER_NODE = {
  namespace: 'AWS/ElastiCache',
  dimensions: ['CacheClusterId'],
  period: Duration.minutes(1),
  source: ELASTICACHE,
};

/** Metrics of a serverless cache, which has one dimension, of another name than a node's. */
const SERVERLESS = {
  namespace: 'AWS/ElastiCache',
  dimensions: ['clusterId'],
  period: Duration.minutes(1),
  source: 'ElastiCache, "Serverless cache metrics"; the dimension as `aws cloudwatch list-metrics` shows it',
};

/** Metrics that the functions of the purge path report in the embedded metric format, each under its own name. */
const purge = (metricName: PurgeMetric) => ({
  namespace: PURGE_METRICS_NAMESPACE,
  metricName: metricName as string,
  dimensions: [FUNCTION_DIMENSION],
  period: Duration.minutes(1),
  source: 'lib/contract/metrics.ts',
});

/** Metrics that a function reports of the reads of one route; counts since its last report. */
const reads = (metricName: ReadMetric) => ({
  namespace: READ_METRICS_NAMESPACE,
  metricName: metricName as string,
  dimensions: [FUNCTION_DIMENSION, ROUTE_DIMENSION],
  statistic: 'Sum' as const,
  period: Duration.minutes(1),
  threshold: 0,
  evaluationPeriods: 1,
  source: 'lambdas/runtime/telemetry/telemetry.ts',
});

/** Every metric that the platform shows or alarms on, by subject. Dashboards and alarms are generated from it alone. */
export const METRICS = {
  deadLetters: {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimensions: ['QueueName'],
    statistic: 'Maximum',
    period: Duration.minutes(1),
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'a step of a purge could not be done; read the message, mend the cause, redrive the queue',
    source: 'SQS, "Available CloudWatch metrics"',
  },
  oldestMessage: {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateAgeOfOldestMessage',
    dimensions: ['QueueName'],
    statistic: 'Maximum',
    period: Duration.minutes(1),
    alarm: 'above',
    threshold: 300,
    evaluationPeriods: 5,
    meaning:
      'purges are late: a worker fails, is throttled, or CloudFront takes no more; look at its log and at what is in progress',
    source: 'SQS, "Available CloudWatch metrics"; 300 s is five times what a purge should take',
  },
  commitToShared: {
    ...purge('CommitToShared'),
    statistic: 'p99',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'from the commit of a change until the shared tier is purged, in milliseconds',
  },
  commitToGateway: {
    ...purge('CommitToGateway'),
    statistic: 'p99',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'from the commit of a change until the stage cache is purged, in milliseconds',
  },
  commitToFresh: {
    ...purge('CommitToFresh'),
    statistic: 'p99',
    alarm: 'above',
    // CloudFront completes an invalidation within 25 s at P95; the rest of the path takes about 10 s.
    threshold: 60_000,
    evaluationPeriods: 5,
    meaning:
      'changes take too long to be seen at the edge, in milliseconds; `cachement purges show` says which step takes the time',
  },
  purgesParked: {
    ...purge('PurgesParked'),
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'a purge was sent for hours and nobody ever reported of it; mend the cause, then replay the time of its change',
  },
  outboxOverdue: {
    ...purge('OutboxOverdue'),
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 5,
    meaning: 'purges wait in the outbox: the relay fails or is throttled, or the bus refuses; look at the log of the relay',
  },
  edgeItems: {
    ...purge('EdgeItems'),
    statistic: 'Sum',
    period: Duration.hours(1),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'items that CloudFront was asked to invalidate, each 0.005 USD after the first 1000 of a month',
  },
  edgeItemsSaved: {
    ...purge('EdgeItemsSaved'),
    statistic: 'Sum',
    period: Duration.hours(1),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'items that parents saved',
  },
  edgeBudgetUsed: {
    ...purge('EdgeBudgetUsed'),
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 80,
    evaluationPeriods: 1,
    meaning:
      "the month's items are nearly used up, in percent; at 100 purges go by parent tags, then are left to their TTL. Lengthen the window, declare parents, or raise the budget",
  },
  edgeItemsLeftToTtl: {
    ...purge('EdgeItemsLeftToTtl'),
    statistic: 'Sum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 1,
    meaning:
      'the budget is used up: what these items are for is stale at the edge until its TTL; raise the budget, and replay the purges',
  },
  keysWarmed: {
    ...purge('KeysWarmed'),
    statistic: 'Sum',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'keys that were loaded after a purge of theirs, or by a plan, before a viewer asked for them',
  },
  predictedCoverage: {
    ...purge('PredictedCoverage'),
    statistic: 'Average',
    period: Duration.hours(1),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: "share of an hour's reads that the warmer's plan of the hour before would have covered, in percent",
  },
  consistentAfter10Seconds: {
    ...purge('ConsistentAfter10Seconds'),
    statistic: 'Average',
    period: Duration.minutes(5),
    threshold: 100,
    evaluationPeriods: 1,
    meaning: 'share of purged keys that the edge shows as the primary has them 10 s after the commit, in percent',
  },
  consistentAfter1Minute: {
    ...purge('ConsistentAfter1Minute'),
    statistic: 'Average',
    period: Duration.minutes(5),
    threshold: 100,
    evaluationPeriods: 1,
    meaning: 'share of purged keys that the edge shows as the primary has them a minute after the commit, in percent',
  },
  consistentAfter10Minutes: {
    ...purge('ConsistentAfter10Minutes'),
    statistic: 'Average',
    period: Duration.minutes(5),
    alarm: 'below',
    threshold: 100,
    evaluationPeriods: 1,
    meaning:
      'the edge shows something old ten minutes after its purge was committed; the log of the probe names key and purge, and `cachement purges show` the step that is missing',
  },
  tagsDropped: {
    ...purge('TagsDropped'),
    statistic: 'Sum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 1,
    meaning:
      'a response has more than the 50 tags that CloudFront keeps, so that a purge of the others leaves it stale at the edge; the log of the function names its route',
  },
  memoryHits: {
    ...reads('MemoryHits'),
    meaning: 'reads that the memory of a function answered',
  },
  sharedHits: {
    ...reads('SharedHits'),
    meaning: 'reads that the shared tier answered',
  },
  staleHits: {
    ...reads('StaleHits'),
    meaning: 'reads that got what is past its freshness, while somebody loaded it anew',
  },
  readMisses: {
    ...reads('Misses'),
    meaning: 'reads that waited for a load from the database',
  },
  readBypasses: {
    ...reads('Bypasses'),
    alarm: 'above',
    // A new execution environment whose first connection is slow causes a few.
    threshold: 100,
    evaluationPeriods: 5,
    meaning: 'reads go to the database without the shared tier: a shard is down or overloaded; look at `/health` and at its CPU',
  },
  fillsRejected: {
    ...reads('FillsRejected'),
    meaning: 'loads that a purge kept from being stored; many of them mean that a key is purged about as often as it is read',
  },
  edgeHitRatio: {
    namespace: 'AWS/CloudFront',
    metricName: 'CacheHitRate',
    dimensions: ['DistributionId', 'Region'],
    statistic: 'Average',
    period: Duration.minutes(5),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'share of requests that the edge answered by itself, in percent',
    source: 'CloudFront, "Additional CloudFront distribution metrics"; needs a monitoring subscription',
  },
  edgeErrors: {
    namespace: 'AWS/CloudFront',
    metricName: '5xxErrorRate',
    dimensions: ['DistributionId', 'Region'],
    statistic: 'Average',
    period: Duration.minutes(5),
    alarm: 'above',
    threshold: 5,
    evaluationPeriods: 3,
    meaning: 'viewers get errors; see which tier says so in the access log of the API',
    source: 'CloudFront, "Default CloudFront distribution metrics"',
  },
  gatewayHits: {
    namespace: 'AWS/ApiGateway',
    metricName: 'CacheHitCount',
    dimensions: ['ApiName', 'Stage'],
    statistic: 'Sum',
    period: Duration.minutes(5),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'requests that the stage cache answered',
    source: 'API Gateway, "Amazon API Gateway dimensions and metrics"',
  },
  gatewayMisses: {
    namespace: 'AWS/ApiGateway',
    metricName: 'CacheMissCount',
    dimensions: ['ApiName', 'Stage'],
    statistic: 'Sum',
    period: Duration.minutes(5),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'requests that the stage cache had no answer for',
    source: 'API Gateway, "Amazon API Gateway dimensions and metrics"',
  },
  gatewayErrors: {
    namespace: 'AWS/ApiGateway',
    metricName: '5XXError',
    dimensions: ['ApiName', 'Stage'],
    statistic: 'Sum',
    period: Duration.minutes(5),
    alarm: 'above',
    threshold: 10,
    evaluationPeriods: 3,
    meaning: 'a function fails or is throttled; look at its log',
    source: 'API Gateway, "Amazon API Gateway dimensions and metrics"',
  },
  functionErrors: {
    namespace: 'AWS/Lambda',
    metricName: 'Errors',
    dimensions: ['FunctionName'],
    statistic: 'Sum',
    period: Duration.minutes(5),
    alarm: 'above',
    threshold: 5,
    evaluationPeriods: 3,
    meaning: 'a function fails; look at its log',
    source: 'Lambda, "Types of metrics for Lambda functions"',
  },
  functionThrottles: {
    namespace: 'AWS/Lambda',
    metricName: 'Throttles',
    dimensions: ['FunctionName'],
    statistic: 'Sum',
    period: Duration.minutes(5),
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 3,
    meaning: 'requests are refused for want of concurrency; raise it together with the connections of the database',
    source: 'Lambda, "Types of metrics for Lambda functions"',
  },
  sharedHitRatio: {
    ...PER_NODE,
    metricName: 'CacheHitRate',
    statistic: 'Average',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'share of reads that the node found, in percent',
  },
  sharedEvictions: {
    ...PER_NODE,
    metricName: 'Evictions',
    statistic: 'Sum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 5,
    meaning: 'memory is full: entries go before their time, and fences may, which a fill relies on; add shards or memory',
  },
  sharedMemory: {
    ...PER_NODE,
    metricName: 'DatabaseMemoryUsageCountedForEvictPercentage',
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 80,
    evaluationPeriods: 5,
    meaning: 'memory is nearly full; add shards or memory before entries are evicted',
  },
  stateMemory: {
    ...PER_NODE,
    metricName: 'DatabaseMemoryUsageCountedForEvictPercentage',
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 70,
    evaluationPeriods: 5,
    meaning: 'nothing is evicted from the tier for state, and writes will fail once its memory is full; add shards or memory',
  },
  sharedCpu: {
    ...PER_NODE,
    metricName: 'EngineCPUUtilization',
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 80,
    evaluationPeriods: 5,
    meaning: 'the one thread that commands run on is nearly busy; add shards, or look for a hot key',
  },
  sharedReplicationLag: {
    ...PER_NODE,
    metricName: 'ReplicationLag',
    statistic: 'Maximum',
    alarm: 'above',
    threshold: 10,
    evaluationPeriods: 5,
    meaning: 'a replica is seconds behind; a failover to it would lose purges, which are then replayed',
  },
  sharedConnections: {
    ...PER_NODE,
    metricName: 'CurrConnections',
    statistic: 'Maximum',
    alarm: 'above',
    // A node accepts 65,000.
    threshold: 50_000,
    evaluationPeriods: 5,
    meaning: 'connections are nearly used up; a client makes more than it keeps',
  },
  serverlessHitRatio: {
    ...SERVERLESS,
    metricName: 'CacheHitRate',
    statistic: 'Average',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'share of reads that the serverless cache found, in percent',
  },
  serverlessEvictions: {
    ...SERVERLESS,
    metricName: 'Evictions',
    statistic: 'Sum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 5,
    meaning: 'the limit of storage is reached: entries go before their time, and fences may; raise `maxStorageGb`',
  },
  serverlessThrottles: {
    ...SERVERLESS,
    metricName: 'ThrottledCmds',
    statistic: 'Sum',
    alarm: 'above',
    threshold: 0,
    evaluationPeriods: 5,
    meaning: 'commands are refused: load grew faster than the cache, or reached its limit; raise `maxUnitsPerSecond`',
  },
  serverlessStored: {
    ...SERVERLESS,
    metricName: 'BytesUsedForCache',
    statistic: 'Maximum',
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'data that is stored, in bytes; billed by the hour',
  },
  databaseCpu: {
    namespace: 'AWS/RDS',
    metricName: 'CPUUtilization',
    dimensions: ['DBInstanceIdentifier'],
    statistic: 'Average',
    period: Duration.minutes(1),
    alarm: 'above',
    threshold: 80,
    evaluationPeriods: 10,
    meaning: 'more reads come through than the instance is made for; look at the hit ratios of the tiers before it',
    source: 'RDS, "Amazon CloudWatch metrics for Amazon RDS"',
  },
  databaseConnections: {
    namespace: 'AWS/RDS',
    metricName: 'DatabaseConnections',
    dimensions: ['DBInstanceIdentifier'],
    statistic: 'Maximum',
    period: Duration.minutes(1),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: "connections of the functions' pools, whose sum is checked when the app is synthesized",
    source: 'RDS, "Amazon CloudWatch metrics for Amazon RDS"',
  },
  databaseStorage: {
    namespace: 'AWS/RDS',
    metricName: 'FreeStorageSpace',
    dimensions: ['DBInstanceIdentifier'],
    statistic: 'Minimum',
    period: Duration.minutes(5),
    alarm: 'below',
    // Bytes; a tenth of the smallest disk.
    threshold: 2 * 1024 ** 3,
    evaluationPeriods: 3,
    meaning: 'the disk is nearly full; a full one stops the database',
    source: 'RDS, "Amazon CloudWatch metrics for Amazon RDS"',
  },
  replicaLag: {
    namespace: 'AWS/RDS',
    metricName: 'ReplicaLag',
    dimensions: ['DBInstanceIdentifier'],
    statistic: 'Maximum',
    period: Duration.minutes(1),
    alarm: 'above',
    threshold: 30,
    evaluationPeriods: 5,
    meaning: 'a read replica is behind; reads after a purge go to the primary until it has caught up',
    source: 'RDS, "Amazon CloudWatch metrics for Amazon RDS"; in seconds',
  },
} satisfies Record<string, WatchedMetric>;
