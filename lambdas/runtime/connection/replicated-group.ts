import type { Redis } from 'ioredis';
import { type Clock, systemClock } from '../clock';
import type { Arguments, Script } from './script';

/** Reply of a script, and whether a replica had its effect before the group ended. */
export type ReplicatedReply = readonly [reply: unknown, replicated: boolean];

/** Longest wait of a group for one replica to have its effects, in milliseconds. */
const REPLICATION_WAIT_MS = 100;
/** Time for which reads behind it are held up, and the pause before it is asked again, in milliseconds. */
const HELD_UP_MS = 1;
const PAUSE_MS = 5;

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
  const group = groups.get(master) ?? newReplicatedGroup(master);
  groups.set(master, group);
  return group;
}

/**
 * Scripts of one master, with its replica's acknowledgement. `WAIT` holds up everything behind it on its connection, on which
 * others read: so it is a short one that is sent again, and one for many scripts. Those that come while a group is on its way are
 * the next group: one pipeline, and one wait, however many they are.
 */
export function newReplicatedGroup(master: Redis, clock: Clock = systemClock) {
  let waiting: Waiting[] = [];
  let busy = false;

  async function send(replicas: number): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      let replies: readonly (readonly [Error | null, unknown])[] = [];
      let lost = new Error('no reply to a script');
      let acknowledged = 0;
      try {
        const pipeline = master.pipeline();
        for (const { script, keys, args } of group) pipeline.eval(script.text, keys.length, ...keys, ...args);
        if (replicas > 0) pipeline.wait(1, HELD_UP_MS);
        replies = (await pipeline.exec()) ?? [];
        acknowledged = Number(replies[group.length]?.[1]);
        for (const until = clock.now() + REPLICATION_WAIT_MS; acknowledged === 0 && clock.now() < until; ) {
          await clock.sleep(PAUSE_MS);
          acknowledged = await master.wait(1, HELD_UP_MS);
        }
      } catch (error) {
        lost = error as Error;
      }
      for (const [i, { resolve, reject }] of group.entries()) {
        const [error, reply] = replies[i] ?? [lost];
        if (error) reject(error);
        else resolve([reply, acknowledged > 0]);
      }
    }
    busy = false;
  }

  return {
    /**
     * Runs a script. A lost connection is the error of each script on its way.
     *
     * @param replicas number of replicas; where there is none, nobody is waited for.
     */
    run: (script: Script, keys: readonly string[], args: Arguments, replicas: number): Promise<ReplicatedReply> =>
      new Promise((resolve, reject) => {
        waiting.push({ script, keys, args, resolve, reject });
        if (!busy) void send(replicas);
      }),
  };
}

/** Scripts of one master. */
export type ReplicatedGroup = ReturnType<typeof newReplicatedGroup>;
