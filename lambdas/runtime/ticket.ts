import { createHash } from 'node:crypto';
import { got } from './error-text';
import { invalid } from './errors';
import { isVersion, type Version } from './versions/version';

/** Number of entries beyond which a ticket asks the latest of their versions of every key. */
const MAX_ENTRIES = 32;
const EVERYTHING = '*';

/** A number, 8 characters of a hash (48 bits: a collision costs one load), or `*`, then 12 bytes of version. */
const TEXT = /^t1((?:\.(?:[\w-]{8}|\*)[\w-]{16})*)$/;

/**
 * Writes of one session, so that it reads them: the versions after its commits, by key and by tag. It travels with the session as
 * a short text, in a cookie or a token; sign it, because a forged one makes every read of its owner load from the primary. Drop
 * it once it is older than any replica lags and any memory TTL.
 */
export class Ticket {
  readonly #entries: ReadonlyMap<string, Version>;
  /** Latest version in it; undefined in an empty ticket. */
  readonly latest: Version | undefined;

  private constructor(entries: ReadonlyMap<string, Version>) {
    this.#entries = entries;
    this.latest = [...entries.values()].sort().at(-1);
  }

  /** Ticket of a session that has written nothing. */
  static readonly empty = new Ticket(new Map());

  /** Ticket of a text; undefined where it isn't one: the session then reads as one that has written nothing. */
  static decode(text: string): Ticket | undefined {
    const match = text.length <= 1024 ? TEXT.exec(text) : null;
    if (!match) return undefined;
    const entries = new Map<string, Version>();
    for (const item of (match[1] as string).split('.').slice(1)) {
      const name = item.slice(0, -16);
      entries.set(name, Buffer.from(item.slice(-16), 'base64url').toString('hex').toUpperCase());
    }
    return entries.size > MAX_ENTRIES ? undefined : new Ticket(entries);
  }

  /** Text of the ticket: at most 806 characters of `A-Z a-z 0-9 - _ . *`. */
  encode(): string {
    let text = 't1';
    for (const [name, version] of this.#entries) text += `.${name}${Buffer.from(version, 'hex').toString('base64url')}`;
    return text;
  }

  /**
   * Ticket with one more write.
   *
   * @param what the entry that was written, as {@link Namespace.entry} names it, or the tag that was purged, as `{ tag }`.
   * @param version the primary's version, read after the commit.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the version isn't one.
   */
  with(what: { readonly entryName: string } | { readonly tag: string }, version: Version): Ticket {
    if (!isVersion(version)) {
      throw invalid(`'version' must be 24 hex digits, got: ${got(version)}`);
    }
    const name = 'tag' in what ? tagHash(what.tag) : nameHash(what.entryName);
    const entries = new Map(this.#entries);
    const known = entries.get(name);
    if (known === undefined || known < version) entries.set(name, version);
    if (!entries.has(EVERYTHING) && entries.size <= MAX_ENTRIES) return new Ticket(entries);
    return new Ticket(new Map([[EVERYTHING, [...entries.values()].sort().at(-1) as Version]]));
  }

  /** Version that an entry of this name and these tags must have; undefined where any will do. */
  versionFor(entryName: string, tags: readonly string[]): Version | undefined {
    if (this.latest === undefined) return undefined;
    const all = this.#entries.get(EVERYTHING);
    if (all) return all;
    let least = this.#entries.get(nameHash(entryName));
    for (const tag of tags) {
      const version = this.#entries.get(tagHash(tag));
      if (version !== undefined && (least === undefined || version > least)) least = version;
    }
    return least;
  }
}

const nameHash = (name: string): string => shortHash(`k${name}`);
const tagHash = (tag: string): string => shortHash(`t${tag}`);

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
