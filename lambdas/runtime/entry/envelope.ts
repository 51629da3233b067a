import type { Codec } from '../codecs/codec';
import { VERSION, type Version } from '../versions/version';
import {
  CURRENT,
  EXPIRED,
  FIRST_FIELD,
  FLAG_AT,
  FORMAT,
  JSON_FORMAT,
  NEGATIVE,
  ROW_END,
  ROW_START,
  TOKEN_END,
  TOKEN_START,
} from './format';

/** Version of one tag as an entry remembers it: compared for equality only. */
export interface TagMark {
  readonly tag: string;
  /** Changes when entries of the tag are to be misses. */
  readonly deleted: string;
  /** Changes when entries of the tag are to be stale. */
  readonly expired: string;
}

/** Header of an entry. Times are epoch milliseconds of the shared tier's clock. */
export interface EntryHeader {
  /** Token of the lease that filled it; 16 characters. */
  readonly token: string;
  /** Version up to which the entry contains every write; '-' where its source can't claim one. */
  readonly version: Version | '-';
  /**
   * Version of the row that the value was made from: 24 digits, compared as text.
   * @default - filled by a load, of no row in particular
   */
  readonly row?: string | undefined;
  /** Begin of its load. */
  readonly loadedAt: number;
  /** End of its freshness (soft TTL). */
  readonly freshUntil: number;
  /** End of the entry, stale or not (hard TTL). */
  readonly expiresAt: number;
  /** Duration of its load, in milliseconds. */
  readonly loadMs: number;
  /** Tag versions captured before its load. */
  readonly tags: readonly TagMark[];
}

/** Entry of the shared tier. `value` is undefined for a negative entry. */
export interface Entry {
  readonly header: EntryHeader;
  /** True where a purge made it stale, whatever its times are. */
  readonly expired: boolean;
  readonly value: unknown;
  /** The value as JSON text; undefined for a negative entry, and for what a codec has written. */
  readonly json: string | undefined;
}

/** Version of no row, which is less than any. */
const NO_ROW = '-'.repeat(24);

/** Text of an entry. `json` is the serialized value, undefined for a negative entry. */
export function encodeEntry(header: EntryHeader, json: string | undefined, codec?: Codec): string {
  const encoded = json === undefined ? { format: NEGATIVE, text: '' } : codec?.encode(json);
  let head = `${FORMAT}${encoded?.format ?? JSON_FORMAT}${CURRENT}${header.token} ${header.row ?? NO_ROW}`;
  head += ` ${header.version} ${header.loadedAt} ${header.freshUntil} ${header.expiresAt} ${header.loadMs}`;
  return `${head}${marksText(header.tags)}\n${encoded?.text ?? json}`;
}

/** Tags that are expected in a header, and how they are written there. */
export interface KnownMarks {
  readonly marks: readonly TagMark[];
  readonly text: string;
}

/** End of a header: its tags. */
export function marksText(marks: readonly TagMark[]): string {
  let text = '';
  for (const mark of marks) text += ` ${mark.tag} ${mark.deleted} ${mark.expired}`;
  return text;
}

const LONGEST_NUMBER = 15;

/** Place in the header that is being read: fields are read where they stand, since a list of them would cost more than a hit. */
let place = 0;

/** @returns NaN where a blank and a whole number don't follow. */
function nextNumber(text: string): number {
  const begin = place + 1;
  let value = 0;
  if (text.charCodeAt(place) !== 32) return NaN;
  for (place = begin; place < begin + LONGEST_NUMBER; place++) {
    const digit = text.charCodeAt(place) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  // What follows it must be another field, or tags.
  return place > begin ? value : NaN;
}

/**
 * Entry of a text. Anything that isn't exactly one of ours is undefined: a miss, never an error.
 *
 * @param known what is given as the header's tags, the same object, where the header has exactly these. Making them out costs
 * more than the rest of the header.
 */
export function decodeEntry(text: string, codec?: Codec, known?: KnownMarks): Entry | undefined {
  if (!text.startsWith(FORMAT)) return undefined;
  const format = text[FORMAT.length];
  const flag = text[FLAG_AT];
  if (format !== JSON_FORMAT && format !== NEGATIVE && !codec) return undefined;
  if ((flag !== CURRENT && flag !== EXPIRED) || text[TOKEN_END + 1] !== ' ' || text[ROW_END + 1] !== ' ') return undefined;
  place = text[FIRST_FIELD + 1] === ' ' ? FIRST_FIELD + 1 : FIRST_FIELD + 24;
  const version = text.slice(FIRST_FIELD, place);
  const loadedAt = nextNumber(text);
  const freshUntil = nextNumber(text);
  const expiresAt = nextNumber(text);
  const loadMs = nextNumber(text);
  // One that isn't a number makes NaN of the sum.
  if ((version !== '-' && !VERSION.test(version)) || !(loadedAt + freshUntil + expiresAt + loadMs >= 0)) return undefined;
  const end = text.indexOf('\n');
  if (end < place) return undefined;
  const written = text.slice(place, end);
  const tags = written === known?.text ? known.marks : readMarks(written);
  if (!tags) return undefined;
  const token = text.slice(TOKEN_START, TOKEN_END + 1);
  // One character tells, and a comparison of all of them would cost as much as the tags'.
  const row = text[ROW_START] === '-' ? undefined : text.slice(ROW_START, ROW_END + 1);
  const header: EntryHeader = { token, version, row, loadedAt, freshUntil, expiresAt, loadMs, tags };
  const json = text.slice(end + 1);
  try {
    const value: unknown = format === JSON_FORMAT ? JSON.parse(json) : undefined;
    const entry = { header, expired: flag === EXPIRED, value, json };
    if (format === JSON_FORMAT) return entry;
    if (format === NEGATIVE) return json === '' ? { ...entry, json: undefined } : undefined;
    const decoded = codec?.decode({ format: format as string, text: json });
    return decoded?.value === undefined ? undefined : { ...entry, value: decoded.value, json: undefined };
  } catch {
    return undefined;
  }
}

/** @returns undefined where the text isn't a list of tags as {@link marksText} writes it. */
function readMarks(text: string): TagMark[] | undefined {
  const marks: TagMark[] = [];
  const rest = text.replace(/ (\S+) (\S+) (\S+)/gy, (_, tag: string, deleted: string, expired: string) => {
    marks.push({ tag, deleted, expired });
    return '';
  });
  return rest === '' ? marks : undefined;
}

/**
 * Copy of a part of a text: V8 makes a part of a text by pointing into it, and so keeps all of it for as long as the part. ASCII
 * only.
 */
export function detached<T extends string>(part: T): T {
  return Buffer.from(part, 'latin1').toString('latin1') as T;
}
