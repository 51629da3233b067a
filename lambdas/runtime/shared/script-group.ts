import type { Redis } from 'ioredis';

/** Reply of one script. */
export type ScriptReply = readonly [error: Error | null, reply?: unknown];

/** Longest wait of a group for one replica to have its effects, in milliseconds. */
const REPLICATION_WAIT_MS = 100;

interface Waiting {
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly resolve: (reply: ScriptReply) => void;
}

/**
 * Scripts of one master, with its replica's acknowledgement. `WAIT` holds up everything behind it on its connection, so one for
 * each script would make each of them wait for all before it. Instead those that come while a group is on its way are the next
 * group: one pipeline, one `WAIT`, however many they are.
 */
export class ScriptGroup {
  #waiting: Waiting[] = [];
  #busy = false;
  readonly #master: Redis;

  constructor(master: Redis) {
    this.#master = master;
  }

  /**
   * Runs a script. It never rejects: a lost connection is the error of each script on its way.
   *
   * @param replicated true where there is a replica to wait for.
   */
  run(script: string, keys: readonly string[], args: readonly (string | number)[], replicated: boolean): Promise<ScriptReply> {
    return new Promise((resolve) => {
      this.#waiting.push({ script, keys, args, resolve });
      if (!this.#busy) void this.#send(replicated);
    });
  }

  async #send(replicated: boolean): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      try {
        const pipeline = this.#master.pipeline();
        for (const { script, keys, args } of group) pipeline.eval(script, keys.length, ...keys, ...args);
        if (replicated) pipeline.wait(1, REPLICATION_WAIT_MS);
        const replies = (await pipeline.exec()) ?? [];
        for (const [i, { resolve }] of group.entries()) resolve(replies[i] ?? [new Error('no reply to a script')]);
      } catch (error) {
        for (const { resolve } of group) resolve([error as Error]);
      }
    }
    this.#busy = false;
  }
}
