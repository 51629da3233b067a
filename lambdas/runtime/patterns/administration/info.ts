/** State of one shard's master, of its own mouth; counts are since it started. */
export interface ShardStats {
  /** Number of the shard, by the order of its slots. */
  readonly shard: number;
  /** Names that it has, of whatever kind. */
  readonly keys: number;
  /** Bytes in use, and bytes that there are; 0 where nothing limits them. */
  readonly usedBytes: number;
  /** Largest number of bytes; 0 where nothing limits them. */
  readonly maxBytes: number;
  /** Policy when memory is full, such as `allkeys-lru`. */
  readonly evictionPolicy: string;
  /** Names that were evicted. */
  readonly evictedKeys: number;
  /** Lookups of names that were there. */
  readonly hits: number;
  /** Lookups of names that weren't. */
  readonly misses: number;
  /** Share of hits, from 0 to 1; 0 before the first lookup. */
  readonly hitRatio: number;
  /** Commands in the last second. */
  readonly commandsPerSecond: number;
  /** Connections of clients. */
  readonly connections: number;
  /** Seconds since it started. */
  readonly uptimeSeconds: number;
}

/** Figures of a master's INFO. */
export function shardStats(shard: number, info: string): ShardStats {
  const fields = new Map(
    info.split(/\r?\n/).map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const),
  );
  const number = (name: string): number => Number(fields.get(name) ?? 0);
  const [hits, misses] = [number('keyspace_hits'), number('keyspace_misses')];
  return {
    shard,
    keys: Number(/keys=(\d+)/.exec(fields.get('db0') ?? '')?.[1] ?? 0),
    usedBytes: number('used_memory'),
    maxBytes: number('maxmemory'),
    evictionPolicy: fields.get('maxmemory_policy') ?? '',
    evictedKeys: number('evicted_keys'),
    hits,
    misses,
    hitRatio: hits + misses === 0 ? 0 : hits / (hits + misses),
    commandsPerSecond: number('instantaneous_ops_per_sec'),
    connections: number('connected_clients'),
    uptimeSeconds: number('uptime_in_seconds'),
  };
}
