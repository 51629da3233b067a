import type { Cluster, Redis } from 'ioredis';
import { unavailable } from '../errors';
import { slotOf } from './hash-slot';
import { addressOf } from './redis-client';
import { ScriptGroup } from './script-group';

/** Arguments of a script, besides its keys. */
export type Arguments = readonly (string | number)[];

/** Longest wait of a script for one replica to have its effect, in milliseconds. */
const REPLICATION_WAIT_MS = 100;

/** Scripts that run once on the master of their keys' slot, and wait for one replica on the connection that sent them. */
export class MasterScripts {
  readonly #groups = new WeakMap<Redis, ScriptGroup>();

  /**
   * Runs a script. A slot that has moved, or whose master isn't known, is looked up and tried once more.
   *
   * @param find connection to an address of the cluster's slot table.
   * @returns the script's reply; resolves once one replica has its effect too, or 100 ms have passed.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where the script failed, or no master of the slot is known.
   */
  async run(
    cluster: Cluster,
    script: string,
    keys: readonly string[],
    args: Arguments,
    find: (address: string | undefined) => Redis | undefined = (address) => nodeOf(cluster, address),
  ): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const owners = cluster.slots[slotOf(keys[0] as string)] ?? [];
      const master = find(owners[0]);
      if (master) {
        const group = this.#groups.get(master) ?? new ScriptGroup(master, REPLICATION_WAIT_MS);
        this.#groups.set(master, group);
        const [error, reply] = await group.run(script, keys, args, owners.length > 1);
        if (!error) return reply;
        if (attempt > 0 || !/^(MOVED|ASK|TRYAGAIN|READONLY)/.test(error.message)) throw unavailable(error.message, error);
      } else if (attempt > 0) throw unavailable('no master of the slot is known');
      await new Promise<void>((resolve) => cluster.refreshSlotsCache(() => resolve()));
    }
  }
}

/** The cluster's connection to an address, `host:port`. */
export function nodeOf(cluster: Cluster | undefined, address: string | undefined): Redis | undefined {
  return cluster?.nodes('all').find((node) => addressOf(node) === address);
}
