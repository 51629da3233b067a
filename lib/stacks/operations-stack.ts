import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ReplicatedDatabase } from '../database/replicated-database';
import type { EdgeDistribution } from '../edge/edge-distribution';
import type { CachedApi } from '../gateway/cached-api';
import { CacheBudget } from '../operations/cache-budget';
import { CacheMonitoring } from '../operations/cache-monitoring';
import { TopologyReporter } from '../operations/topology-reporter';
import type { CacheWarmer } from '../purge/cache-warmer';
import type { PurgeBus } from '../purge/purge-bus';
import type { PurgePipeline } from '../purge/purge-pipeline';
import type { PurgeProbe } from '../purge/purge-probe';
import type { Route } from '../route';
import type { SharedCache } from '../shared/shared-cache';
import { PlatformStack, type PlatformStackProps, STAGE_TAG } from './platform-stack';

export interface OperationsStackProps extends PlatformStackProps {
  readonly database: ReplicatedDatabase;
  readonly shared: SharedCache;
  readonly api: CachedApi;
  readonly edge: EdgeDistribution;
  readonly bus: PurgeBus;
  readonly pipeline: PurgePipeline;
  readonly warmer?: CacheWarmer;
  readonly probe?: PurgeProbe;
  /** Makes the responses that the edge keeps. */
  readonly reader: lambda.IFunction;
  readonly routes: Route[];
}

export class OperationsStack extends PlatformStack {
  constructor(scope: Construct, props: OperationsStackProps) {
    super(scope, 'operations', 'topology and alarms', props);
    const { database, shared, bus, api, edge, pipeline } = props;
    const topology = new TopologyReporter(this, 'Topology', { shared, bus, logRemovalPolicy: this.removalPolicy });

    const monitoring = new CacheMonitoring(this, 'Monitoring', { encryptionKey: props.key?.key, email: this.config.alarmEmail });
    monitoring.watchPlatform({ edge, api, shared, database, pipeline, topology });
    monitoring.watchResponses('reader', props.reader);
    if (props.warmer) monitoring.watchWarmer(props.warmer);
    if (props.probe) monitoring.watchProbe(props.probe);
    monitoring.watchReads(props.reader, props.routes);
    const { monthlyBudget } = this.config;
    if (monthlyBudget) {
      const costTag = { key: STAGE_TAG, value: this.config.name };
      new CacheBudget(this, 'Budget', { monthlyLimit: monthlyBudget, topic: monitoring.alarms, costTag });
    }
  }
}
