import type { PurgeMessage } from '../memory/backplane';

/** Begin of every message; one that begins otherwise is of another version, and may have any content. */
const VERSION = 'C2';

/** Longest name and key of an entry that are sent, in characters; of a longer one everything is removed from memory instead. */
const MAX_KEY = 2048;

/** Message on a channel. */
export interface ChannelMessage {
  /** Random name of the process, by which it knows its own messages. */
  readonly sender: string;
  /** Purges; none in a heartbeat. */
  readonly purges: readonly PurgeMessage[];
}

/** Text of a message. */
export function encodeMessage({ sender, purges }: ChannelMessage): string {
  return JSON.stringify([
    VERSION,
    sender,
    purges.map(({ entryName, key = '', tags }) => {
      if (entryName === undefined || entryName.length + key.length > MAX_KEY) return tags ?? [];
      return { entryName, key };
    }),
  ]);
}

/** Message of a text; undefined for one that isn't a message of this version. */
export function decodeMessage(text: string): ChannelMessage | undefined {
  try {
    const [version, sender, purges] = JSON.parse(text);
    if (version !== VERSION || typeof sender !== 'string' || !Array.isArray(purges)) return undefined;
    return { sender, purges: purges.map(toPurge) };
  } catch {
    return undefined;
  }
}

function toPurge(item: unknown): PurgeMessage {
  if (Array.isArray(item)) return item.length > 0 ? { tags: item.map(String) } : {};
  const { entryName, key } = item as Record<string, unknown>;
  return typeof entryName === 'string' && typeof key === 'string' ? { entryName, key } : {};
}
