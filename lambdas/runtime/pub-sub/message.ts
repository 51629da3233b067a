import type { Purged } from '../memory/backplane';

/** Begins every message; one that begins otherwise is of another version, and may say anything. */
const VERSION = 'C1';

/** A key that is longer isn't sent: everything is forgotten instead, in characters. */
const MAX_KEY = 2048;

/** What one message says. `sender` tells a process its own messages. */
export interface Message {
  readonly sender: string;
  /** Empty where the message only says that its way is open. */
  readonly purged: readonly Purged[];
}

export function encodeMessage({ sender, purged }: Message): string {
  return JSON.stringify([
    VERSION,
    sender,
    purged.map(({ key, memoryKey = '', tags }) => {
      if (key === undefined || key.length + memoryKey.length > MAX_KEY) return tags ?? [];
      return { key, memoryKey };
    }),
  ]);
}

/** @returns undefined for what isn't a message of this version. */
export function decodeMessage(text: string): Message | undefined {
  try {
    const [version, sender, purged] = JSON.parse(text);
    if (version !== VERSION || typeof sender !== 'string' || !Array.isArray(purged)) return undefined;
    return { sender, purged: purged.map(toPurged) };
  } catch {
    return undefined;
  }
}

function toPurged(item: unknown): Purged {
  if (Array.isArray(item)) return item.length > 0 ? { tags: item.map(String) } : {};
  const { key, memoryKey } = item as Record<string, unknown>;
  return typeof key === 'string' && typeof memoryKey === 'string' ? { key, memoryKey } : {};
}
