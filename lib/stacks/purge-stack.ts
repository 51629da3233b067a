import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { EdgeDistribution } from '../edge/edge-distribution';
import type { CachedApi } from '../gateway/cached-api';
import type { IPlatformNetwork } from '../network/platform-network';
import { CacheWarmer } from '../purge/cache-warmer';
import { drainOf } from '../purge/drain';
import { checkParentTags } from '../purge/parent-tags';
import type { PurgeBus } from '../purge/purge-bus';
import { PurgePipeline } from '../purge/purge-pipeline';
import { PurgeProbe } from '../purge/purge-probe';
import type { Route } from '../route';
import type { ISharedCache } from '../shared/shared-cache-base';
import { PlatformStack, type PlatformStackProps } from './platform-stack';
import type { Workload } from './workload';

export interface PurgeStackProps extends PlatformStackProps {
  readonly network: IPlatformNetwork;
  readonly database: IReplicatedDatabase;
  readonly shared: ISharedCache;
  readonly bus: PurgeBus;
  readonly api: CachedApi;
  readonly edge: EdgeDistribution;
  readonly workload: Workload;
  readonly routes: Route[];
  readonly exactTags?: Readonly<Record<string, Route>>;
  readonly parentTags?: Readonly<Record<string, string>>;
  readonly purgedKeys?: Route;
}

export class PurgeStack extends PlatformStack {
  readonly pipeline: PurgePipeline;
  readonly warmer?: CacheWarmer;
  readonly probe?: PurgeProbe;

  constructor(scope: Construct, props: PurgeStackProps) {
    super(scope, 'purge', 'relay, queues, rules and workers', props);
    const { network, database, shared, bus, api } = props;
    const { config, removalPolicy: logRemovalPolicy } = this;
    checkParentTags(props.parentTags ?? {}, props.routes);
    this.pipeline = new PurgePipeline(this, 'Purge', {
      network,
      database,
      shared,
      bus,
      api,
      edge: props.edge,
      exactTags: props.exactTags,
      parentTags: props.parentTags,
      drain: drainOf(props.routes, this.config.functions.readTimeout),
      logRemovalPolicy,
    });
    const deadLetterQueue = this.pipeline.deadLetters['undelivered events'] as sqs.IQueue;
    const warming = new Construct(this, 'Warmer');
    const worker = props.workload.addWarmer(warming, { config, network, logRemovalPolicy });
    // 'Default' is left out of logical ids, so that function and queue are named as one part.
    if (worker) this.warmer = new CacheWarmer(warming, 'Default', { worker, database, shared, bus, deadLetterQueue });
    const { purgedKeys } = props;
    if (purgedKeys) {
      this.probe = new PurgeProbe(this, 'Probe', { api, edge: props.edge, purgedKeys, deadLetterQueue, logRemovalPolicy });
    }
  }
}
