import { Fn } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type { Construct } from 'constructs';
import { checkScaling, type ScaledCache } from './shared-cache-checks';

/** Range and target of an automatic scaling. */
export interface CacheScalingOptions {
  /** Lowest number of shards or replicas. */
  readonly min: number;
  /** Highest number of shards or replicas. */
  readonly max: number;
  /**
   * Percent of use that the number is adjusted to, 35 to 70: of memory for shards, of the engine's CPU for replicas.
   * @default 60
   */
  readonly targetPercent?: number;
}

/** Scalable dimension and metric of each number. */
const TARGETS = {
  shards: {
    id: 'Shards',
    dimension: 'elasticache:replication-group:NodeGroups',
    metric: appscaling.PredefinedMetric.ELASTICACHE_DATABASE_MEMORY_USAGE_COUNTED_FOR_EVICT_PERCENTAGE,
  },
  replicas: {
    id: 'Replicas',
    dimension: 'elasticache:replication-group:Replicas',
    metric: appscaling.PredefinedMetric.ELASTICACHE_REPLICA_ENGINE_CPU_UTILIZATION,
  },
} as const;

/**
 * Adds automatic scaling of the shards, or of the replicas of each shard, beside the group.
 *
 * @throws {RangeError} where Application Auto Scaling refuses the node type or the range.
 */
export function addCacheScaling(
  group: elasticache.CfnReplicationGroup,
  what: 'shards' | 'replicas',
  { min, max, targetPercent = 60 }: CacheScalingOptions,
  cache: ScaledCache,
): void {
  checkScaling(what, { min, max, targetPercent }, cache);
  const { id, dimension, metric } = TARGETS[what];
  const scalable = new appscaling.ScalableTarget(group.node.scope as Construct, `${id}Target`, {
    serviceNamespace: appscaling.ServiceNamespace.ELASTICACHE,
    resourceId: Fn.join('/', ['replication-group', group.ref]),
    scalableDimension: dimension,
    minCapacity: min,
    maxCapacity: max,
  });
  scalable.scaleToTrackMetric(`${id}Tracking`, { predefinedMetric: metric, targetValue: targetPercent });
}
