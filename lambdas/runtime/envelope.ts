import type { Version } from './versions/version';

/** Version of one tag as an entry remembers it: compared for equality only. */
export interface TagMark {
  readonly tag: string;
  /** Changes when entries of the tag are to be misses. */
  readonly deleted: string;
  /** Changes when entries of the tag are to be stale. */
  readonly expired: string;
}

/** What an entry says of itself. */
export interface EntryHeader {
  /** The lease that filled it; 16 characters. */
  readonly token: string;
  /** The entry contains every write up to this version; '-' where its source can't claim one. */
  readonly version: Version | '-';
  /** Epoch milliseconds of the shared tier's clock at which its load began. */
  readonly loadedAt: number;
  /** Epoch milliseconds of the shared tier's clock at which it ends. */
  readonly expiresAt: number;
  /** How long its load took, in milliseconds. */
  readonly loadMs: number;
  /** Tag versions captured before its load. */
  readonly tags: readonly TagMark[];
}

/** An entry of the shared tier. `value` is undefined for a negative entry. */
export interface Entry {
  readonly header: EntryHeader;
  readonly value: unknown;
  /** Length of the stored text, by which memory is bounded. */
  readonly size: number;
}

/**
 * Format and codec, then the header's fields with blanks between, a line end, and the value. Text, so that an operator can read it; the
 * token stands at a fixed place, so that a script can compare it without copying the value. A reader takes any other format for a miss.
 */
const FORMAT = 'C1';
const CODECS = { json: 'j', negative: 'n' } as const;

/** Where a script finds the token: `GETRANGE key TOKEN_START TOKEN_END`. */
export const TOKEN_START = 4;
export const TOKEN_END = 19;

/** Writes the entry as text. `json` is the serialized value, undefined for a negative entry. */
export function encodeEntry(header: EntryHeader, json: string | undefined): string {
  let head = `${FORMAT}${json === undefined ? CODECS.negative : CODECS.json} ${header.token} ${header.version}`;
  head += ` ${header.loadedAt} ${header.expiresAt} ${header.loadMs}`;
  for (const mark of header.tags) head += ` ${mark.tag} ${mark.deleted} ${mark.expired}`;
  return `${head}\n${json ?? ''}`;
}

/** Reads an entry. Anything that isn't exactly one of ours is undefined: a miss, never an error. */
export function decodeEntry(text: string): Entry | undefined {
  if (!text.startsWith(FORMAT)) return undefined;
  const codec = text[FORMAT.length];
  const end = text.indexOf('\n');
  if (end < 0 || (codec !== CODECS.json && codec !== CODECS.negative)) return undefined;
  const fields = text.slice(TOKEN_START, end).split(' ');
  if (fields.length < 5 || (fields.length - 5) % 3 !== 0) return undefined;
  const [token, version, loadedAt, expiresAt, loadMs] = fields as [string, string, string, string, string];
  const tags: TagMark[] = [];
  for (let i = 5; i < fields.length; i += 3) {
    tags.push({ tag: fields[i] as string, deleted: fields[i + 1] as string, expired: fields[i + 2] as string });
  }
  const header: EntryHeader = {
    token,
    version,
    loadedAt: Number(loadedAt),
    expiresAt: Number(expiresAt),
    loadMs: Number(loadMs),
    tags,
  };
  if (
    token.length !== 16 ||
    !Number.isFinite(header.loadedAt) ||
    !Number.isFinite(header.expiresAt) ||
    !Number.isFinite(header.loadMs)
  ) {
    return undefined;
  }
  if (codec === CODECS.negative) return { header, value: undefined, size: text.length };
  try {
    return { header, value: JSON.parse(text.slice(end + 1)), size: text.length };
  } catch {
    return undefined;
  }
}
