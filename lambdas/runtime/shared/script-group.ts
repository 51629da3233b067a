import type { Redis } from 'ioredis';

/** Reply of one script. */
export type ScriptReply = readonly [error: Error | null, reply?: unknown];

interface Waiting {
  readonly script: string;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly resolve: (reply: ScriptReply) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Scripts of one master, with its replica's acknowledgement. `WAIT` holds up everything behind it on its connection, so one for each script
 * would make each of them wait for all before it. Instead those that come while a group is on its way are the next group: one pipeline,
 * one `WAIT`, however many they are.
 */
export class ScriptGroup {
  #waiting: Waiting[] = [];
  #busy = false;
  readonly #master: Redis;
  readonly #waitMs: number;

  /** @param waitMs longest wait of a group for one replica to have it, in milliseconds. */
  constructor(master: Redis, waitMs: number) {
    this.#master = master;
    this.#waitMs = waitMs;
  }

  /** @param replicated whether there is a replica to wait for. */
  run(script: string, keys: readonly string[], args: readonly (string | number)[], replicated: boolean): Promise<ScriptReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ script, keys, args, resolve, reject });
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
        if (replicated) pipeline.wait(1, this.#waitMs);
        const replies = (await pipeline.exec()) ?? [];
        for (const [i, { resolve, reject }] of group.entries()) {
          const reply = replies[i];
          if (reply) resolve(reply);
          else reject(new Error('no reply to a script'));
        }
      } catch (error) {
        for (const { reject } of group) reject(error as Error);
      }
    }
    this.#busy = false;
  }
}
