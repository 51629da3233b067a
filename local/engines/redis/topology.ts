import { nodeId } from './config';
import type { NodeOptions, ReplicationGroupOptions } from './options';

/** State of a node, as the cluster reports it. */
export interface NodeState {
  readonly node: NodeOptions;
  readonly role: 'primary' | 'replica';
  /** True where a majority of the primaries takes it for failed. */
  readonly failed: boolean;
  /** True where it serves slots. */
  readonly serving: boolean;
}

/** Reads the answer of `CLUSTER NODES`: a line per node with id, address, flags, primary, two times, epoch, link and slots. */
export function readTopology(group: ReplicationGroupOptions, clusterNodes: string): NodeState[] {
  const lines = new Map(clusterNodes.split('\n').map((line) => [line.slice(0, 40), line.split(' ')]));
  return group.shards
    .flatMap((shard) => shard.nodes)
    .map((node) => {
      const fields = lines.get(nodeId(node)) ?? [];
      const flags = (fields[2] ?? 'fail').split(',');
      return {
        node,
        role: flags.includes('master') ? 'primary' : 'replica',
        failed: flags.includes('fail'),
        serving: fields.length > 8,
      };
    });
}
