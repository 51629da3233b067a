import type { Redis } from 'ioredis';
import { asUnavailable, type CacheError } from '../errors';
import type { Send } from './on-master';
import { type RedisConnection, replicated } from './redis-connection';
import { type Arguments, evaluate, type Script, script } from './script';

export type { Send } from './on-master';
export type { Arguments, Script } from './script';

/** Keys of one slot. */
export type Keys = readonly [string, ...string[]];

/** Options of {@link runScript}. */
export interface RunScriptOptions {
  /**
   * True where the script only reads, so that it has `budgetMs` rather than `writeBudgetMs`.
   * @default false
   */
  readonly readOnly?: boolean;
}

/** Reply of a script that a replica should have the effect of. */
export interface Replicated<T> {
  /** Reply of the script. */
  readonly reply: T;
  /** True where one replica had the effect in time, so that a failover to it doesn't lose it. */
  readonly replicated: boolean;
}

/**
 * Replies of a server that refuses a script before it runs. A script that begins as {@link atomicScript} makes it is refused as
 * a whole where memory is full, or the server may not write.
 */
const REFUSED =
  /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|LOADING|MASTERDOWN|NOSCRIPT|OOM|NOPERM|NOAUTH|WRONGPASS|MISCONF|NOREPLICAS|BUSY)/;

/**
 * Script that is refused as a whole where it can't write: by its first line the server checks that before it begins, instead of
 * at its first write. Every key that it uses must be one of `KEYS`, and all in one slot.
 *
 * @see https://redis.io/docs/latest/develop/programmability/eval-intro/ "Eval flags"
 */
export const atomicScript = (text: string): Script => script(`#!lua\n${text}`);

/** Script that only reads, and so runs where memory is full or the server may not write. */
export const readScript = (text: string): Script => script(`#!lua flags=no-writes\n${text}`);

/**
 * Runs a script on the master of its keys' slot, once: where it isn't known whether it ran, it isn't sent again.
 *
 * @throws {CacheError} `E_SHARED_UNAVAILABLE`, with `applied`.
 */
export function runScript<T>(
  connection: RedisConnection,
  script: Script,
  keys: Keys,
  args: Arguments = [],
  { readOnly = false }: RunScriptOptions = {},
): Promise<T> {
  const send = (node: Redis, _: number, asked: boolean) => evaluate(node, script, keys, args, asked) as Promise<T>;
  return told(readOnly ? connection.read(keys[0], send) : connection.write(keys[0], send));
}

/**
 * {@link runScript} that returns once one replica has its effect too, or 100 ms have passed. Those of a process that are on
 * their way together wait together.
 */
export async function runReplicated<T>(
  connection: RedisConnection,
  script: Script,
  keys: Keys,
  args: Arguments = [],
): Promise<Replicated<T>> {
  const [reply, isReplicated] = await told(connection.write(keys[0], replicated(script, keys, args)));
  return { reply: reply as T, replicated: isReplicated };
}

/**
 * Sends a command on the master of a key's slot, once. Several of one turn of the event loop leave in one packet a server.
 *
 * @throws {CacheError} `E_SHARED_UNAVAILABLE`
 */
export function readCommand<T>(connection: RedisConnection, key: string, command: (node: Redis) => Promise<T>): Promise<T> {
  return told(connection.read(key, command));
}

/** {@link readCommand} of one with an effect. @throws {CacheError} `E_SHARED_UNAVAILABLE`, with `applied`. */
export function writeCommand<T>(connection: RedisConnection, key: string, command: Send<T>): Promise<T> {
  return told(connection.write(key, command));
}

/** Says of a failure whether the operation may have had an effect. */
async function told<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    const failure: CacheError = asUnavailable(error);
    failure.applied ??= REFUSED.test((failure.cause as Error | undefined)?.message ?? '') ? 'no' : 'unknown';
    throw failure;
  }
}
