import type { Redis } from 'ioredis';
import type { Arguments, Script } from './script';

/** Reply of a script, and whether a replica had its effect before the group ended. */
export type ReplicatedReply = readonly [reply: unknown, replicated: boolean];

/** Longest wait of a group for one replica to have its effects, in milliseconds. */
const REPLICATION_WAIT_MS = 100;

interface Waiting {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: Arguments;
  readonly resolve: (reply: ReplicatedReply) => void;
  readonly reject: (error: Error) => void;
}

const groups = new WeakMap<Redis, ReplicatedGroup>();

/** Group of a master's connection. */
export function groupOf(master: Redis): ReplicatedGroup {
  const group = groups.get(master) ?? new ReplicatedGroup(master);
  groups.set(master, group);
  return group;
}

/**
 * Scripts of one master, with its replica's acknowledgement. `WAIT` holds up everything behind it on its connection, so one for
 * each script would make each of them wait for all before it. Instead those that come while a group is on its way are the next
 * group: one pipeline, one `WAIT`, however many they are.
 */
export class ReplicatedGroup {
  #waiting: Waiting[] = [];
  #busy = false;
  readonly #master: Redis;

  constructor(master: Redis) {
    this.#master = master;
  }

  /**
   * Runs a script. A lost connection is the error of each script on its way.
   *
   * @param replicas number of replicas; where there is none, nobody is waited for.
   */
  run(script: Script, keys: readonly string[], args: Arguments, replicas: number): Promise<ReplicatedReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ script, keys, args, resolve, reject });
      if (!this.#busy) void this.#send(replicas);
    });
  }

  async #send(replicas: number): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      let replies: readonly (readonly [Error | null, unknown])[] = [];
      let lost = new Error('no reply to a script');
      try {
        const pipeline = this.#master.pipeline();
        for (const { script, keys, args } of group) pipeline.eval(script.text, keys.length, ...keys, ...args);
        if (replicas > 0) pipeline.wait(1, REPLICATION_WAIT_MS);
        replies = (await pipeline.exec()) ?? [];
      } catch (error) {
        lost = error as Error;
      }
      const replicated = Number(replies[group.length]?.[1]) > 0;
      for (const [i, { resolve, reject }] of group.entries()) {
        const [error, reply] = replies[i] ?? [lost];
        if (error) reject(error);
        else resolve([reply, replicated]);
      }
    }
    this.#busy = false;
  }
}
