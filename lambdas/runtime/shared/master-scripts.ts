import type { Cluster, Redis } from 'ioredis';
import { unavailable } from '../errors';
import { slotOf } from './hash-slot';
import { ScriptGroup } from './script-group';

/** Arguments of a script, besides its keys. */
export type Arguments = readonly (string | number)[];

/** Attempts of a script whose slot moves, and the pause between them, in milliseconds; a purge's budget ends earlier or later. */
const MOST_ATTEMPTS = 20;
const RETRY_MS = 50;

const groups = new WeakMap<Redis, ScriptGroup>();

/**
 * Runs a script once on the master of its keys' slot, and waits for one replica on the connection that sent it. A slot that has
 * moved, or whose master isn't known, is looked up and tried once more; one that is moving is followed.
 *
 * @param find connection to an address of the cluster's slot table.
 * @returns the script's reply; resolves once one replica has its effect too, or 100 ms have passed.
 * @throws {CacheError} `E_SHARED_UNAVAILABLE` where the script failed, or no master of the slot is known.
 */
export async function runOnMaster(
  cluster: Cluster,
  find: (address: string | undefined) => Redis | undefined,
  script: string,
  keys: readonly string[],
  args: Arguments,
): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    const owners = cluster.slots[slotOf(keys[0] as string)] ?? [];
    const master = find(owners[0]);
    if (master) {
      const group = groups.get(master) ?? new ScriptGroup(master);
      groups.set(master, group);
      const [error, reply] = await group.run(script, keys, args, owners.length > 1);
      if (!error) return reply;
      const [, kind, address] = /^(MOVED|ASK|TRYAGAIN|READONLY)(?: \d+ (\S+))?/.exec(error.message) ?? [];
      if (attempt === MOST_ATTEMPTS || !kind) throw unavailable(error.message, error);
      // Nothing was applied. While a slot moves, what has moved is asked for at its new master, and keys on both sides wait.
      const next = kind === 'ASK' ? find(address) : undefined;
      if (next) {
        const replies = await next
          .pipeline()
          .asking()
          .eval(script, keys.length, ...keys, ...args)
          .exec();
        const [refused, asked] = replies?.[1] ?? [new Error('no reply to a script')];
        if (!refused) return asked;
      }
      if (attempt > 0 || kind === 'TRYAGAIN') await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } else if (attempt > 0) throw unavailable('no master of the slot is known');
    await new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
  }
}
