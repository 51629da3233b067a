import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { IEdgeDistribution } from '../edge/edge-distribution-base';
import type { ICachedApi } from '../gateway/cached-api-base';
import type { CacheWarmer } from '../purge/cache-warmer';
import type { PurgePipeline } from '../purge/purge-pipeline';
import type { PurgeProbe } from '../purge/purge-probe';
import type { Route } from '../route';
import type { ISharedCache } from '../shared/shared-cache-base';
import { EDGE_REGION } from './firewall';
import { checkUse } from './key-use';
import { METRICS, type WatchedMetric } from './metrics';
import type { TopologyReporter } from './topology-reporter';

/** Properties of a CacheMonitoring. */
export interface CacheMonitoringProps {
  /**
   * Key that encrypts the topic of alarms. CloudWatch must be in its policy, as it is in that of a `PlatformKey`.
   * @default - the topic isn't encrypted
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * E-mail address that receives alarms.
   * @default - none; subscribe to `alarms`
   */
  readonly email?: string;

  /**
   * Existing topic for alarms. Its policy must let CloudWatch publish.
   * @default - a topic of its own
   */
  readonly topic?: sns.ITopic;
}

/** Parts of a platform that are watched. */
export interface WatchedPlatform {
  /** The distribution. */
  readonly edge: IEdgeDistribution;
  /** The gateway. */
  readonly api: ICachedApi;
  /** The shared tier. */
  readonly shared: ISharedCache;
  /** The system of record. */
  readonly database: IReplicatedDatabase;
  /** Pipeline that purges the tiers. */
  readonly pipeline: PurgePipeline;
  /**
   * Reporter of the shared tier's nodes.
   * @default - none, as with a serverless cache
   */
  readonly topology?: TopologyReporter;
}

type MetricName = keyof typeof METRICS;

/** Alarms and a dashboard of the tiers that are watched, generated from the table of metrics. */
export class CacheMonitoring extends Construct {
  /** Topic for every alarm, when it begins and when it ends. */
  readonly alarms: sns.ITopic;

  readonly #dashboard: cloudwatch.Dashboard;
  readonly #graphs = new Map<MetricName, cloudwatch.GraphWidget>();

  constructor(scope: Construct, id: string, props: CacheMonitoringProps = {}) {
    super(scope, id);
    this.alarms = props.topic ?? this.#addTopic(props.encryptionKey);
    if (props.encryptionKey && !props.topic) checkUse(this, props.encryptionKey, 'cloudwatch.amazonaws.com');
    if (props.email) this.alarms.addSubscription(new EmailSubscription(props.email));
    this.#dashboard = new cloudwatch.Dashboard(this, 'Dashboard');
  }

  /**
   * Adds the topic of alarms. Any policy takes the place of the one that SNS gives a topic, which lets the account's own services
   * publish, so that this one must name CloudWatch.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
   */
  #addTopic(masterKey: kms.IKey | undefined): sns.Topic {
    const topic = new sns.Topic(this, 'Alarms', { masterKey, enforceSSL: true });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Alarms',
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return topic;
  }

  /** Watches every tier and the whole path of purges. */
  watchPlatform({ edge, api, shared, database, pipeline, topology }: WatchedPlatform): void {
    this.watchEdge(edge);
    this.watchApi(api);
    this.watchShared(shared);
    this.watchDatabase(database);
    this.watchPurges(pipeline);
    this.watchDeadLetters(pipeline.deadLetters);
    if (topology) this.watchDeadLetters({ 'undelivered reports': topology.deadLetters });
    for (const [name, queue] of Object.entries(pipeline.queues)) this.watchQueue(name, queue);
    this.watchFunction('relay', pipeline.relay);
    this.watchFunction('invalidator', pipeline.invalidator);
    this.watchFunction('executor', pipeline.executor);
  }

  /** Watches queues that should be empty. */
  watchDeadLetters(queues: Record<string, sqs.IQueue>): void {
    for (const [contents, queue] of Object.entries(queues)) this.#watch('deadLetters', contents, [queue.queueName]);
  }

  /** Watches how long messages wait. */
  watchQueue(name: string, queue: sqs.IQueue): void {
    this.#watch('oldestMessage', name, [queue.queueName]);
  }

  /** Watches one function: its errors and throttles. */
  watchFunction(name: string, fn: lambda.IFunction): void {
    this.#watch('functionErrors', name, [fn.functionName]);
    this.#watch('functionThrottles', name, [fn.functionName]);
  }

  /** Watches the metrics that the workers of a pipeline report. */
  watchPurges(pipeline: PurgePipeline): void {
    for (const metric of SWEPT_METRICS) this.#watch(metric, 'relay', [pipeline.relay.functionName]);
    for (const metric of REPORTED_METRICS) this.#watch(metric, 'invalidator', [pipeline.invalidator.functionName]);
    // Either function seals a batch, the first that runs after its window is over.
    for (const [name, worker] of [
      ['relay', pipeline.relay],
      ['invalidator', pipeline.invalidator],
    ] as const) {
      for (const metric of SEALED_METRICS) this.#watch(metric, name, [worker.functionName]);
    }
  }

  /** Shows the reads of a warmer, and watches its failures. */
  watchWarmer({ worker, deadLetters }: CacheWarmer): void {
    for (const metric of ['keysWarmed', 'predictedCoverage'] as const) this.#watch(metric, 'warmer', [worker.functionName]);
    this.watchDeadLetters({ warming: deadLetters });
    this.watchFunction('warmer', worker);
  }

  /** Watches the share of purged keys that a probe finds consistent with the primary. */
  watchProbe({ probe }: PurgeProbe): void {
    for (const metric of PROBED_METRICS) this.#watch(metric, 'probe', [probe.functionName]);
    this.watchFunction('probe', probe);
  }

  /** Watches a function whose responses the edge caches. */
  watchResponses(name: string, fn: lambda.IFunction): void {
    this.#watch('tagsDropped', name, [fn.functionName]);
  }

  /** Watches the tiers that answer the reads of routes, as the function reports them. */
  watchReads(fn: lambda.IFunction, routes: Route[]): void {
    for (const { name, freshness } of routes) {
      if (!freshness) continue;
      for (const metric of READ_METRICS) this.#watch(metric, name, [fn.functionName, name]);
    }
  }

  /** Shows the edge. Its metrics are in us-east-1, and alarms on them would have to be there too. */
  watchEdge(edge: IEdgeDistribution): void {
    for (const metric of ['edgeHitRatio', 'edgeErrors'] as const) {
      this.#watch(metric, 'edge', [edge.distribution.distributionId, 'Global'], EDGE_REGION);
    }
  }

  /** Watches a gateway: hits and misses of its stage cache, and its errors. */
  watchApi(api: ICachedApi): void {
    for (const metric of ['gatewayHits', 'gatewayMisses', 'gatewayErrors'] as const) {
      this.#watch(metric, 'gateway', [api.restApiName, api.stageName]);
    }
  }

  /** Watches every node, because an average hides a hot shard; of a serverless cache, its metrics as a whole. */
  watchShared(shared: ISharedCache): void {
    for (const node of shared.nodes) {
      for (const metric of SHARED_METRICS) this.#watch(metric, node.name, [node.cacheClusterId]);
    }
    const { serverlessCacheName } = shared;
    if (serverlessCacheName === undefined) return;
    for (const metric of SERVERLESS_METRICS) this.#watch(metric, 'shared', [serverlessCacheName]);
  }

  /** Watches each node of a tier for state, from which nothing is evicted. */
  watchState(state: ISharedCache): void {
    for (const node of state.nodes) this.#watch('stateMemory', `state ${node.name}`, [node.cacheClusterId]);
  }

  /** Watches each server of a database. */
  watchDatabase(database: IReplicatedDatabase): void {
    for (const [index, { name, instanceIdentifier, mayLag }] of database.servers.entries()) {
      for (const metric of DATABASE_METRICS) this.#watch(metric, name, [instanceIdentifier]);
      if (mayLag ?? index > 0) this.#watch('replicaLag', name, [instanceIdentifier]);
    }
  }

  #watch(name: MetricName, subject: string, dimensions: string[], region?: string): void {
    const row: WatchedMetric = METRICS[name];
    const metric = new cloudwatch.Metric({
      namespace: row.namespace,
      metricName: row.metricName,
      dimensionsMap: Object.fromEntries(row.dimensions.map((dimension, index) => [dimension, dimensions[index] as string])),
      statistic: row.statistic,
      period: row.period,
      region,
    });
    this.#graphOf(name, row).addLeftMetric(metric.with({ label: subject }));
    // An alarm sees the metrics of its own region only.
    if (!row.alarm || (region !== undefined && region !== Stack.of(this).region)) return;
    const alarm = new cloudwatch.Alarm(this, `${name}-${subject}`.replaceAll(' ', '-'), {
      alarmDescription: `${row.metricName} of ${subject}: ${row.meaning}`,
      metric,
      threshold: row.threshold,
      comparisonOperator:
        row.alarm === 'above'
          ? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
          : cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: row.evaluationPeriods,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.alarms));
    alarm.addOkAction(new SnsAction(this.alarms));
  }

  #graphOf(name: MetricName, row: WatchedMetric): cloudwatch.GraphWidget {
    const known = this.#graphs.get(name);
    if (known) return known;
    const graph = new cloudwatch.GraphWidget({
      title: `${row.namespace.replace('AWS/', '')} ${row.metricName}`,
      width: 8,
      leftAnnotations: row.alarm ? [{ value: row.threshold, label: `alarm ${row.alarm}` }] : [],
    });
    this.#graphs.set(name, graph);
    this.#dashboard.addWidgets(graph);
    return graph;
  }
}

const READ_METRICS = ['memoryHits', 'sharedHits', 'staleHits', 'readMisses', 'readBypasses', 'fillsRejected'] as const;
const SHARED_METRICS = [
  'sharedHitRatio',
  'sharedEvictions',
  'sharedMemory',
  'sharedCpu',
  'sharedReplicationLag',
  'sharedConnections',
] as const;

const SERVERLESS_METRICS = ['serverlessHitRatio', 'serverlessEvictions', 'serverlessThrottles', 'serverlessStored'] as const;

const SWEPT_METRICS = ['purgesParked', 'outboxOverdue'] as const;

const REPORTED_METRICS = ['commitToShared', 'commitToGateway', 'commitToFresh'] as const;

const PROBED_METRICS = ['consistentAfter10Seconds', 'consistentAfter1Minute', 'consistentAfter10Minutes'] as const;

const SEALED_METRICS = ['edgeItems', 'edgeItemsSaved', 'edgeBudgetUsed', 'edgeItemsLeftToTtl'] as const;

const DATABASE_METRICS = ['databaseCpu', 'databaseConnections', 'databaseStorage'] as const;
