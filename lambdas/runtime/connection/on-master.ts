import type { Cluster, Redis } from 'ioredis';
import { unavailable, unsent } from '../errors';
import { slotOf } from '../shared/hash-slot';
import { nodeOf } from './redis-client';

/**
 * Sending of an operation on the connection of one master, once.
 *
 * @param replicas number of replicas that the master has, as far as is known.
 * @param asked true behind an `ASKING`, which holds for the next command only: that must be the operation, and leave at once.
 */
export type Send<T> = (master: Redis, replicas: number, asked: boolean) => Promise<T>;

/** Attempts of an operation that was refused, and the pause between them, in milliseconds; a budget ends earlier or later. */
const MOST_ATTEMPTS = 20;
const RETRY_MS = 50;

/** Replies that prove that nothing happened, and that another master, or the same one later, will take the operation. */
const ELSEWHERE = /^(MOVED|ASK|TRYAGAIN|READONLY|CLUSTERDOWN|MASTERDOWN|LOADING)(?: \d+ (\S+))?/;

/**
 * Sends an operation to the master of a key's slot. It is never sent again where it may have taken effect, as ioredis's cluster
 * does when a connection breaks: only what was refused is. A slot that has moved, or whose master isn't known, is looked up; one
 * that is moving is followed.
 *
 * @throws {CacheError} `E_SHARED_UNAVAILABLE` where the operation failed, or no master of the slot is known.
 */
export async function onMaster<T>(cluster: Cluster, key: string, send: Send<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const [address, ...replicas] = cluster.slots[slotOf(key)] ?? [];
    const master = nodeOf(cluster, address);
    if (master) {
      let refused: RegExpExecArray | null;
      const check = (error: Error) => {
        refused = ELSEWHERE.exec(error.message);
        if (attempt === MOST_ATTEMPTS || !refused) throw unavailable(error.message, error);
      };
      try {
        return await send(master, replicas.length, false);
      } catch (error) {
        check(error as Error);
      }
      // While a slot moves, what has moved is asked for at its new master, and keys on both sides wait.
      const next = refused![1] === 'ASK' ? nodeOf(cluster, refused![2]) : undefined;
      if (next) {
        try {
          next.asking();
          return await send(next, 0, true);
        } catch (error) {
          check(error as Error);
        }
      }
      if (attempt > 0 || refused![1] !== 'MOVED') await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } else if (attempt > 0) throw unsent('no master of the slot is known');
    await new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
  }
}
