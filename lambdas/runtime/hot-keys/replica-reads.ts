import { wholeNumbers } from '../arguments';
import { monotonicNow } from '../clock';
import { newBudget } from '../connection/budget';
import { DedicatedClient } from '../connection/dedicated-client';
import { nodeOf, type RedisEndpoint } from '../connection/redis-client';
import { asUnavailable, ignored, unavailable } from '../errors';
import { slotOf } from '../shared/hash-slot';
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

/** Rest of a node that didn't answer, in milliseconds. */
const REST_MS = 1000;

/**
 * Reader from the master or any replica of a shard, at random; over connections of its own, since a replica's must be marked as
 * reading. A node that doesn't answer is left for a second.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function replicaReads(options: ReplicaReadsOptions): ReplicaReads {
  const { budgetMs } = wholeNumbers({ budgetMs: 20 }, options);
  const budget = newBudget(budgetMs, () => unavailable('no answer within its budget'));
  const dedicated = new DedicatedClient(options, { scaleReads: 'all' });
  /** Nodes that didn't answer, by address, each with the end of its rest. */
  const resting = new Map<string, number>();
  return {
    get: async (entryName) => {
      const { client } = dedicated;
      if (client?.status !== 'ready') throw unavailable('it is not connected yet');
      const key = valueKey(options.namespace, entryName);
      const now = monotonicNow();
      const awake = (client.slots[slotOf(key)] ?? []).filter((address) => (resting.get(address) ?? 0) <= now);
      const address = awake[Math.floor(Math.random() * awake.length)] as string;
      const node = nodeOf(client, address);
      if (!node) throw unavailable('no node of the slot answers');
      if (node.status !== 'ready') {
        // A handshake takes longer than a read may.
        node.ping().catch(ignored);
        throw unavailable('a node is not connected yet');
      }
      try {
        return await budget.limit(node.get(key));
      } catch (error) {
        // One that says that the slot has moved has answered.
        if ((error as Error).name !== 'ReplyError') resting.set(address, now + REST_MS);
        client.refreshSlotsCache();
        throw asUnavailable(error);
      }
    },
    close: async () => {
      dedicated.close();
    },
  };
}
