import type { EventDetails } from '../../../lib/contract/events';

type Report = EventDetails['TopologyReported'];

/** Whether some shard has another primary than before. */
export function failedOver(before: Report, after: Report): boolean {
  const primaries = primariesOf(before);
  return [...primariesOf(after)].some(([shard, node]) => primaries.has(shard) && primaries.get(shard) !== node);
}

function primariesOf({ shards }: Report): Map<string, string> {
  return new Map(
    shards.flatMap(({ id, nodes }) => nodes.filter(({ role }) => role === 'primary').map((node) => [id, node.id] as const)),
  );
}
