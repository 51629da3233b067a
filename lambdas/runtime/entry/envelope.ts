import type { Codec } from '../codecs/codec';
import { VERSION, type Version } from '../versions/version';

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
  /** The value as JSON text; undefined for a negative entry. */
  readonly json: string | undefined;
  /** Length of its text, before any compression, by which memory is bounded. */
  readonly size: number;
}

/**
 * Format, codec and flag, then the header's fields with blanks between, a line end, and the value. Text, so that an operator can
 * read it. Fields that scripts compare or change stand at a fixed place, so that they needn't copy the value. A reader takes any
 * other format for a miss.
 */
export const FORMAT = 'C2';
const JSON_FORMAT = 'j';
const NEGATIVE = 'n';

/** Place where a purge writes {@link EXPIRED}: `SETRANGE key FLAG_AT flag`. */
export const FLAG_AT = 3;
export const EXPIRED = '!';
const CURRENT = ' ';

/** Place of the token for a script: `GETRANGE key TOKEN_START TOKEN_END`. */
export const TOKEN_START = 4;
export const TOKEN_END = 19;

/** Place of the row's version for a script; {@link NO_ROW} is less than any. */
export const ROW_START = 21;
export const ROW_END = 44;
export const NO_ROW = '-'.repeat(24);

const FIRST_FIELD = ROW_END + 2;

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
  const fields = new HeaderFields(text, FIRST_FIELD);
  const version = fields.version();
  const loadedAt = fields.number();
  const freshUntil = fields.number();
  const expiresAt = fields.number();
  const loadMs = fields.number();
  // One that isn't a number makes NaN of the sum.
  if (!version || !(loadedAt + freshUntil + expiresAt + loadMs >= 0)) return undefined;
  const end = text.indexOf('\n');
  if (end < fields.at) return undefined;
  const written = text.slice(fields.at, end);
  const tags = written === known?.text ? known.marks : readMarks(written);
  if (!tags) return undefined;
  const token = text.slice(TOKEN_START, TOKEN_END + 1);
  // One character tells, and a comparison of all of them would cost as much as the tags'.
  const row = text[ROW_START] === '-' ? undefined : text.slice(ROW_START, ROW_END + 1);
  const header: EntryHeader = { token, version, row, loadedAt, freshUntil, expiresAt, loadMs, tags };
  const expired = flag === EXPIRED;
  const size = text.length;
  const json = text.slice(end + 1);
  try {
    if (format === JSON_FORMAT) return { header, expired, value: JSON.parse(json), json, size };
    if (format !== NEGATIVE) return decodeBody(format as string, json, { header, expired }, codec);
    return json === '' ? { header, expired, value: undefined, json: undefined, size } : undefined;
  } catch {
    return undefined;
  }
}

/** Entry with a value in a format that only the codec knows. */
function decodeBody(format: string, text: string, entry: Pick<Entry, 'header' | 'expired'>, codec?: Codec): Entry | undefined {
  const decoded = codec?.decode({ format, text });
  if (decoded?.value === undefined) return undefined;
  const { value, size } = decoded;
  const { header, expired } = entry;
  return {
    header,
    expired,
    value,
    size,
    get json() {
      return (codec?.serializer ?? JSON).stringify(value);
    },
  };
}

const LONGEST_NUMBER = 15;
const BLANK = 32;
const LINE_END = 10;
const ZERO = 48;

/** Fields of a header one after another, read where they stand: a list of them all would cost more than the rest of a hit. */
class HeaderFields {
  readonly #text: string;

  constructor(
    text: string,
    /** Place of the next field; after the last one, its end. */
    public at: number,
  ) {
    this.#text = text;
  }

  version(): Version | '-' | undefined {
    const end = this.#text.charCodeAt(this.at + 1) === BLANK ? this.at + 1 : this.at + 24;
    const version = this.#text.slice(this.at, end);
    this.at = end;
    return version === '-' || VERSION.test(version) ? version : undefined;
  }

  /** @returns NaN where no blank and whole number follow. */
  number(): number {
    const text = this.#text;
    const { at } = this;
    if (text.charCodeAt(at) !== BLANK) return NaN;
    let value = 0;
    let next = at + 1;
    for (; next <= at + LONGEST_NUMBER; next++) {
      const digit = text.charCodeAt(next) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    this.at = next;
    const end = text.charCodeAt(next);
    return next > at + 1 && (end === BLANK || end === LINE_END) ? value : NaN;
  }
}

/** @returns undefined where the text isn't a list of tags as {@link marksText} writes it. */
function readMarks(text: string): TagMark[] | undefined {
  const fields = text.split(' ');
  if (fields.length % 3 !== 1 || fields[0] !== '') return undefined;
  const marks: TagMark[] = [];
  for (let i = 1; i < fields.length; i += 3) {
    marks.push({ tag: fields[i] as string, deleted: fields[i + 1] as string, expired: fields[i + 2] as string });
  }
  return marks;
}

/**
 * Copy of a part of a text: V8 makes a part of a text by pointing into it, and so keeps all of it for as long as the part. ASCII
 * only.
 */
export function detached<T extends string>(part: T): T {
  return Buffer.from(part, 'latin1').toString('latin1') as T;
}
