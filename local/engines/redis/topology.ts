import { nodeId } from './config';
import type { NodeOptions, ReplicationGroupOptions } from './options';

/** What the cluster says of one of its nodes. */
export interface NodeState {
  readonly node: NodeOptions;
  readonly role: 'primary' | 'replica';
  /** Whether the others have given up on it. */
  readonly failed: boolean;
  /** Whether it serves slots. */
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
