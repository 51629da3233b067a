import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Script in Lua, and the hash by which servers know it. */
export interface Script {
  /** Lua. */
  readonly text: string;
  /** SHA-1 of the text, in lower case hex digits. */
  readonly sha: string;
}

/** Arguments of a script, besides its keys. */
export type Arguments = readonly (string | number | Buffer)[];

/** Script of a text. */
export const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') });

/** Sends a script by its hash, and its text only to a server that doesn't know it; such a server has done nothing yet. */
export async function evaluate(
  master: Redis,
  { text, sha }: Script,
  keys: readonly string[],
  args: Arguments,
  asked: boolean,
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...args] as const;
  try {
    if (!asked) return await master.evalsha(sha, ...rest);
  } catch (error) {
    if (!/^NOSCRIPT/.test((error as Error).message)) throw error;
  }
  return master.eval(text, ...rest);
}
