import { AwsError, type Environment, type Operation, type Operations } from '../types';
import { groupArn } from './redis/names';
import type { ReplicationGroup } from './redis/replication-group';

interface DescribeInput {
  readonly ReplicationGroupId?: string;
}

/** The operations of the ElastiCache API that are answered here. */
export function cacheOperations(groups: () => readonly ReplicationGroup[], environment: Environment): Operations {
  const describe: Operation<DescribeInput> = {
    input: { ReplicationGroupId: 'text' },
    action: 'elasticache:DescribeReplicationGroups',
    resources: ({ ReplicationGroupId }) => [groupArn(ReplicationGroupId?.toLowerCase() ?? '*', environment)],
    handle: async ({ ReplicationGroupId }) => {
      const id = ReplicationGroupId?.toLowerCase();
      const found = groups().filter(({ options }) => options.arn !== undefined && (id === undefined || options.id === id));
      if (id !== undefined && found.length === 0) {
        throw new AwsError('ReplicationGroupNotFoundFault', `ReplicationGroup ${ReplicationGroupId} not found.`, 404);
      }
      return { ReplicationGroups: await Promise.all(found.map((group) => described(group, environment))) };
    },
  };
  return { elasticache: { DescribeReplicationGroups: describe } };
}

/** Shards whose nodes are not all up are `modifying`, as while ElastiCache replaces a node. */
async function described(group: ReplicationGroup, environment: Environment) {
  const { options } = group;
  const states = await group.topology();
  const running = (name: string) => group.nodes.some((node) => node.options.name === name && node.running);
  const endpoint = { Address: 'localhost', Port: group.nodes[0]!.options.port };
  const nodeGroups = options.shards.map((shard) => {
    const members = shard.nodes.map(
      (node) => states?.find((state) => state.node === node) ?? { node, role: undefined, failed: true },
    );
    const isWhole =
      members.every((member) => !member.failed && running(member.node.name)) &&
      members.filter((member) => member.role === 'primary').length === 1;
    return {
      NodeGroupId: shard.id,
      Status: isWhole ? 'available' : 'modifying',
      Slots: shard.slots,
      NodeGroupMembers: members.map(({ node, role }, index) => ({
        CacheClusterId: node.cacheClusterId,
        CacheNodeId: '0001',
        PreferredAvailabilityZone: `${environment.region}${'abc'[index % 3]}`,
        // Beyond AWS, which names roles for groups without cluster mode only.
        ...(role && { CurrentRole: role }),
      })),
    };
  });
  return {
    ReplicationGroupId: options.id,
    ARN: options.arn,
    Status: nodeGroups.every((shard) => shard.Status === 'available') ? 'available' : 'modifying',
    ClusterEnabled: options.clusterMode,
    ClusterMode: options.clusterMode ? 'enabled' : 'disabled',
    AutomaticFailover: options.automaticFailover ? 'enabled' : 'disabled',
    TransitEncryptionEnabled: options.tls,
    MemberClusters: options.shards.flatMap((shard) => shard.nodes.map((node) => node.cacheClusterId)),
    // Of a cluster; of anything else each node group has an endpoint of its primary.
    ...(options.clusterMode && { ConfigurationEndpoint: endpoint }),
    NodeGroups: options.clusterMode ? nodeGroups : nodeGroups.map((shard) => ({ ...shard, PrimaryEndpoint: endpoint })),
  };
}
