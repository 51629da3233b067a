import { newBudget } from '../connection/budget';
import { DedicatedClient } from '../connection/dedicated-client';
import type { RedisEndpoint } from '../connection/redis-client';
import { asUnavailable, unavailable } from '../errors';
import { valueKey } from '../shared/redis-keys';

/** Options of {@link replicaReads}. */
export interface ReplicaReadsOptions extends RedisEndpoint {
  /** Namespace of the cache's store. */
  readonly namespace: string;
  /**
   * Longest duration of a read, in milliseconds; then the master is asked.
   * @default 20
   */
  readonly budgetMs?: number;
}

/**
 * Reader of entries from any node that has them. They may be as old as a replica lags, so a purge that has returned may not be
 * seen.
 */
export interface ReplicaReads {
  /**
   * Entry as the node that was asked has it; null where it has none.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where the node that was asked didn't answer.
   */
  get(entryName: string): Promise<string | null>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * Reader from the master or any replica of a shard, at random; over connections of its own, since a replica's must be marked as
 * reading.
 */
export function replicaReads(options: ReplicaReadsOptions): ReplicaReads {
  const budget = newBudget(options.budgetMs ?? 20, () => unavailable('no answer within its budget'));
  const dedicated = new DedicatedClient(options, { scaleReads: 'all' });
  return {
    get: async (entryName) => {
      const { client } = dedicated;
      if (client?.status !== 'ready') throw unavailable('it is not connected yet');
      try {
        return await budget.limit(client.get(valueKey(options.namespace, entryName)));
      } catch (error) {
        throw asUnavailable(error);
      }
    },
    close: async () => {
      dedicated.close();
    },
  };
}
