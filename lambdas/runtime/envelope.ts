import type { Codec } from './codec';
import type { Version } from './versions/version';

/** Version of one tag as an entry remembers it: compared for equality only. */
export interface TagMark {
  readonly tag: string;
  /** Changes when entries of the tag are to be misses. */
  readonly deleted: string;
  /** Changes when entries of the tag are to be stale. */
  readonly expired: string;
}

/** What an entry says of itself. Times are epoch milliseconds of the shared tier's clock. */
export interface EntryHeader {
  /** The lease that filled it; 16 characters. */
  readonly token: string;
  /** The entry contains every write up to this version; '-' where its source can't claim one. */
  readonly version: Version | '-';
  /**
   * Version of the row that the value was made from: 24 digits, compared as text.
   * @default - filled by a load, of no row in particular
   */
  readonly row?: string;
  /** When its load began. */
  readonly loadedAt: number;
  /** When it stops to be fresh (soft TTL). */
  readonly freshUntil: number;
  /** When it ends, stale or not (hard TTL). */
  readonly expiresAt: number;
  /** How long its load took, in milliseconds. */
  readonly loadMs: number;
  /** Tag versions captured before its load. */
  readonly tags: readonly TagMark[];
}

/** An entry of the shared tier. `value` is undefined for a negative entry. */
export interface Entry {
  readonly header: EntryHeader;
  /** Whether a purge made it stale, whatever its times say. */
  readonly expired: boolean;
  readonly value: unknown;
  /** The value as JSON text; undefined for a negative entry. */
  readonly json: string | undefined;
  /** Length of its text, before any compression, by which memory is bounded. */
  readonly size: number;
}

/**
 * Format, codec and flag, then the header's fields with blanks between, a line end, and the value. Text, so that an operator can read it.
 * What scripts compare or change stands at a fixed place, so that they needn't copy the value. A reader takes any other format for a miss.
 */
export const FORMAT = 'C2';
const CODECS = { json: 'j', negative: 'n' } as const;

/** Where a purge writes {@link EXPIRED}: `SETRANGE key FLAG_AT flag`. */
export const FLAG_AT = 3;
export const EXPIRED = '!';
const CURRENT = ' ';

/** Where a script finds the token: `GETRANGE key TOKEN_START TOKEN_END`. */
export const TOKEN_START = 4;
export const TOKEN_END = 19;

/** Where a script finds the row's version; {@link NO_ROW} is less than any. */
export const ROW_START = 21;
export const ROW_END = 44;
export const NO_ROW = '-'.repeat(24);

const FIRST_FIELD = ROW_END + 2;
const FIELDS = 5;

/** Writes the entry as text. `json` is the serialized value, undefined for a negative entry. */
export function encodeEntry(header: EntryHeader, json: string | undefined, codec?: Codec): string {
  const encoded = json === undefined ? { format: CODECS.negative, text: '' } : codec?.encode(json);
  let head = `${FORMAT}${encoded?.format ?? CODECS.json}${CURRENT}${header.token} ${header.row ?? NO_ROW}`;
  head += ` ${header.version} ${header.loadedAt} ${header.freshUntil} ${header.expiresAt} ${header.loadMs}`;
  for (const mark of header.tags) head += ` ${mark.tag} ${mark.deleted} ${mark.expired}`;
  return `${head}\n${encoded?.text ?? json}`;
}

/** Reads an entry. Anything that isn't exactly one of ours is undefined: a miss, never an error. */
export function decodeEntry(text: string, codec?: Codec): Entry | undefined {
  if (!text.startsWith(FORMAT)) return undefined;
  const format = text[FORMAT.length];
  const flag = text[FLAG_AT];
  const end = text.indexOf('\n');
  if (end < FIRST_FIELD || (format !== CODECS.json && format !== CODECS.negative && codec === undefined)) return undefined;
  if ((flag !== CURRENT && flag !== EXPIRED) || text[TOKEN_END + 1] !== ' ' || text[ROW_END + 1] !== ' ') return undefined;
  const fields = text.slice(FIRST_FIELD, end).split(' ');
  if (fields.length < FIELDS || (fields.length - FIELDS) % 3 !== 0) return undefined;
  const tags: TagMark[] = [];
  for (let i = FIELDS; i < fields.length; i += 3) {
    tags.push({ tag: fields[i] as string, deleted: fields[i + 1] as string, expired: fields[i + 2] as string });
  }
  const header: EntryHeader = {
    token: text.slice(TOKEN_START, TOKEN_END + 1),
    version: fields[0] as string,
    loadedAt: Number(fields[1]),
    freshUntil: Number(fields[2]),
    expiresAt: Number(fields[3]),
    loadMs: Number(fields[4]),
    tags,
  };
  if (!VERSION.test(header.version) || !isTime(fields, header)) return undefined;
  const row = text.startsWith(NO_ROW, ROW_START) ? undefined : text.slice(ROW_START, ROW_END + 1);
  const expired = flag === EXPIRED;
  const size = text.length;
  const body = text.slice(end + 1);
  const json = format === CODECS.negative ? undefined : body;
  if (json === undefined && body !== '') return undefined;
  try {
    const whole = row === undefined ? header : { ...header, row };
    if (json !== undefined && format !== CODECS.json)
      return decodeBody(format as string, body, { header: whole, expired }, codec);
    const value = json === undefined ? undefined : JSON.parse(json);
    return { header: whole, expired, value, json, size };
  } catch {
    return undefined;
  }
}

/** A value in a format that only the codec knows. */
function decodeBody(format: string, text: string, entry: Pick<Entry, 'header' | 'expired'>, codec?: Codec): Entry | undefined {
  const decoded = codec?.decode({ format, text });
  if (decoded === undefined || decoded.value === undefined) return undefined;
  const { value, size } = decoded;
  const { header, expired } = entry;
  return {
    header,
    expired,
    value,
    size,
    get json() {
      return JSON.stringify(value);
    },
  };
}

const VERSION = /^(-|[0-9A-F]{24})$/;

/** `Number('')` is 0 and would make an entry of anything, so an empty field is refused too. */
function isTime(fields: readonly string[], { loadedAt, freshUntil, expiresAt, loadMs }: EntryHeader): boolean {
  if (fields[1] === '' || fields[2] === '' || fields[3] === '' || fields[4] === '') return false;
  return Number.isFinite(loadedAt) && Number.isFinite(freshUntil) && Number.isFinite(expiresAt) && loadMs >= 0 && loadMs < 1e12;
}
