import { asUnavailable, unavailable } from '../errors';
import { Budget } from '../shared/budget';
import { OwnClient } from '../shared/dedicated-client';
import type { RedisPlace } from '../shared/redis-client';
import { valueKey } from '../shared/redis-keys';

/** Which cluster, and how long a read may take. */
export interface ReplicaReadsOptions extends RedisPlace {
  /** That of the cache's store. */
  readonly namespace: string;
  /**
   * How long a read may take, in milliseconds; then the master is asked.
   * @default 20
   */
  readonly budgetMs?: number;
}

/** Reads entries wherever the cluster has them. They may be as old as a replica lags, so a purge that has returned may not be seen. */
export interface ReplicaReads {
  /**
   * The entry of a key as the node that was asked has it; null where it has none.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where the node that was asked didn't answer.
   */
  get(key: string): Promise<string | null>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Reads from the master or any replica of a shard, at random; over connections of its own, since a replica's must be marked as reading. */
export function replicaReads(options: ReplicaReadsOptions): ReplicaReads {
  const budget = new Budget(options.budgetMs ?? 20, () => unavailable('no answer within its budget'));
  const own = new OwnClient(options, { scaleReads: 'all' });
  return {
    get: async (key) => {
      const { client } = own;
      if (client?.status !== 'ready') throw unavailable('it is not connected yet');
      try {
        return await budget.limit(client.get(valueKey(options.namespace, key)));
      } catch (error) {
        throw asUnavailable(error);
      }
    },
    close: async () => {
      own.close();
    },
  };
}
