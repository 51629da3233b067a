import { DescribeReplicationGroupsCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import type { EventDetails } from '../../lib/contract/events';

export interface TopologyOptions {
  readonly replicationGroupId: string;
  /** @default - a client of this function's region */
  readonly client?: Pick<ElastiCacheClient, 'send'>;
  /** Epoch milliseconds. @default Date.now */
  readonly now?: () => number;
}

/** The cluster as ElastiCache describes it. @throws where ElastiCache doesn't know it, or doesn't answer. */
export async function describeTopology(options: TopologyOptions): Promise<EventDetails['TopologyReported']> {
  const client = options.client ?? new ElastiCacheClient({ maxAttempts: 3 });
  const { ReplicationGroups = [] } = await client.send(
    new DescribeReplicationGroupsCommand({ ReplicationGroupId: options.replicationGroupId }),
  );
  const group = ReplicationGroups[0];
  if (!group) throw new Error(`ElastiCache described no replication group '${options.replicationGroupId}'`);
  return {
    replicationGroupId: options.replicationGroupId,
    status: group.Status ?? 'unknown',
    reportedAt: (options.now ?? Date.now)(),
    shards: (group.NodeGroups ?? []).map((shard) => ({
      id: shard.NodeGroupId ?? '',
      status: shard.Status ?? 'unknown',
      slots: shard.Slots ?? '',
      nodes: (shard.NodeGroupMembers ?? []).map((node) => ({
        id: node.CacheClusterId ?? '',
        ...(node.CurrentRole && { role: node.CurrentRole }),
        ...(node.PreferredAvailabilityZone && { availabilityZone: node.PreferredAvailabilityZone }),
      })),
    })),
  };
}
