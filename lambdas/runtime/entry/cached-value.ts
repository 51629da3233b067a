import type { Serializer } from '../codecs/codec';
import { copyOf, heapBytes } from '../json-value';
import { freshMs, type Policy } from '../policy';
import type { Outcome, OutcomeReason } from '../telemetry/outcome';
import type { Version } from '../versions/version';
import { type EntryState, earlyRefreshAt } from './entry-state';
import { detached, type Entry, type EntryHeader } from './envelope';

/** Result of a read. `value` is undefined for a negative entry. */
export interface Read<T> {
  /** The cached or loaded value; undefined where there is none. */
  readonly value: Readonly<T> | undefined;
  /** Version up to which the value contains every write; '-' where its source can't claim one. */
  readonly version: Version | '-';
  /** Tier of the value, and steps that the read took. */
  readonly outcome: Outcome;
}

/** Value with the times of its entry, as memory stores it and the reads of one turn share it. */
export interface CachedValue extends Pick<EntryHeader, 'version' | 'loadedAt' | 'freshUntil' | 'expiresAt' | 'loadMs'> {
  /** Time at which this process begins to load it anew. */
  readonly refreshAt: number;
  /** Heap that memory needs for its value and tags, in bytes; worked out by each call. */
  readonly bytes: number;
  /** The tags that were declared, or named by the loader. */
  readonly tags: readonly string[];
  /** Value for one reader: a copy, or the one value of all. */
  value(): unknown;
  /** Promise of {@link value}; that of the one value is made once. */
  promise(): Promise<unknown>;
}

/** Result of the steps of a read. */
export interface ReadResult {
  readonly cached: CachedValue;
  readonly outcome: Outcome;
}

/** Entry that was found, and its state for the reader. */
export interface FoundEntry extends ReadResult {
  readonly state: EntryState;
  /** Token of the lease that filled it; '' in memory. */
  readonly token: string;
}

/** Header of an entry before it has a lease's token and its tags. */
export type NewHeader = Omit<EntryHeader, 'token' | 'row' | 'tags'>;

/**
 * Header of a value whose load began at `loadedAt` and ended now. Its TTL is shortened at random, so that entries filled together
 * don't end together.
 */
export function newHeader(
  policy: Policy,
  value: unknown,
  version: Version | '-',
  loadedAt: number,
  loadMs: number,
  random: () => number,
): NewHeader {
  const ttlMs = value === undefined ? policy.negativeMs : freshMs(policy);
  const freshUntil = Math.floor(loadedAt + ttlMs * (1 - policy.jitter * random()));
  const expiresAt = freshUntil + Math.max(policy.staleMs, policy.errorMs);
  return { version, loadedAt: Math.floor(loadedAt), freshUntil, expiresAt, loadMs: Math.max(0, Math.round(loadMs)) };
}

/**
 * Value as this process caches it: shared and frozen, or copied for each reader. What was made by a serializer is copied: a Date
 * or a Map can't be frozen. So are values that memory doesn't keep, so that a reader may change his whether or not others joined.
 *
 * @param content its text; or what that was parsed to, which nobody else has.
 * @param joiners number of readers who get the value besides the one who asked.
 */
export function newCachedValue(
  header: NewHeader,
  content: Partial<Pick<Entry, 'value' | 'json'>>,
  tags: readonly string[],
  joiners: number,
  policy: Policy,
  { random, serializer }: { readonly random: () => number; readonly serializer: Serializer },
): CachedValue {
  const refreshAt = earlyRefreshAt(header, policy, random);
  let { json, value = json && serializer.parse(json) } = content;
  let copy: ((original: unknown) => unknown) | undefined;
  // Where one reader gets it, and memory doesn't, it is that reader's.
  if (value !== undefined && (joiners > 0 || policy.memoryMs > 0)) {
    if (serializer !== JSON) {
      value = json ?? serializer.stringify(value);
      copy = (text) => serializer.parse(text as string);
      // To copy an object takes a fraction of the time to make it from text.
    } else if (policy.share === 'copy' || policy.memoryMs === 0) copy = copyOf;
    else heapBytes(value, true);
  }
  // Memory would keep the whole text of an entry, or the parts of a version, for these few characters.
  if (header.version !== lastVersion) lastVersion = detached(header.version);
  return new CompactValue(header, lastVersion, refreshAt, tags, value, copy);
}

/** Version that was cached last. What is loaded at one time has mostly the same, of which one text is enough. */
let lastVersion = '' as Version;

const READ_ONCE = Promise.resolve();
const NO_TAGS: readonly string[] = [];
/** Time from which memory counts, in epoch milliseconds. */
const START = Date.now();

/**
 * Cached value in as few bytes as possible, because memory holds one for each entry: times are whole milliseconds since the start
 * of the process, which V8 stores in the object itself while they fit 31 bits (24 days), instead of 16 bytes for each beside it.
 */
class CompactValue implements CachedValue {
  readonly loadMs: number;
  readonly #loadedAt: number;
  readonly #freshUntil: number;
  readonly #expiresAt: number;
  readonly #refreshAt: number;
  readonly #value: unknown;
  /** Copy for a reader, from an object or from the text that only a serializer can read; without it all have the one value. */
  readonly #copy: ((original: unknown) => unknown) | undefined;
  /** Promise of the one value, once it was asked for twice. */
  #promise: Promise<unknown> | undefined;
  readonly tags: readonly string[];

  constructor(
    header: NewHeader,
    readonly version: CachedValue['version'],
    refreshAt: number,
    tags: readonly string[],
    value: unknown,
    copy?: (original: unknown) => unknown,
  ) {
    this.#value = value;
    this.#copy = copy;
    this.loadMs = header.loadMs;
    this.#loadedAt = sinceStart(header.loadedAt);
    this.#freshUntil = sinceStart(header.freshUntil);
    this.#expiresAt = sinceStart(header.expiresAt);
    this.#refreshAt = sinceStart(refreshAt);
    this.tags = tags.length === 0 ? NO_TAGS : tags;
  }

  value(): unknown {
    return this.#copy ? this.#copy(this.#value) : this.#value;
  }

  promise(): Promise<unknown> {
    // A hit in memory is little else than its promise, so from the second hit on it is kept; an entry that is read once doesn't
    // pay for it.
    const kept = this.#promise;
    if (kept && kept !== READ_ONCE) return kept;
    const promise = Promise.resolve(this.value());
    if (!this.#copy) this.#promise = kept ? promise : READ_ONCE;
    return promise;
  }

  get bytes(): number {
    return heapBytes(this.#value, false) + heapBytes(this.tags, false);
  }

  get loadedAt(): number {
    return START + this.#loadedAt;
  }

  get freshUntil(): number {
    return START + this.#freshUntil;
  }

  get expiresAt(): number {
    return START + this.#expiresAt;
  }

  get refreshAt(): number {
    return START + this.#refreshAt;
  }
}

function sinceStart(time: number): number {
  const milliseconds = Math.floor(time) - START;
  // `| 0` is what makes it a small integer for V8 rather than a double of the same value.
  return Math.abs(milliseconds) < 2 ** 31 ? milliseconds | 0 : milliseconds;
}

/** Read of one reader. */
export function toRead<T>({ cached, outcome }: ReadResult, collapsed = false): Read<T> {
  const value = cached.value() as Readonly<T> | undefined;
  return { value, version: cached.version, outcome: collapsed ? { ...outcome, collapsed, stored: false } : outcome };
}

const wholeSeconds = (milliseconds: number): number => Math.max(0, Math.floor(milliseconds / 1000));

/** Cached value with the outcome of a read. Age and TTL are rounded to the side on which outer tiers keep it for less. */
export function withOutcome(cached: CachedValue, now: number, tier: Outcome['tier'], status: Outcome['status']): ReadResult {
  return {
    cached,
    outcome: {
      tier,
      status,
      collapsed: false,
      stored: false,
      ageSeconds: wholeSeconds(now - cached.loadedAt),
      ttlSeconds: status === 'stale' ? 0 : wholeSeconds(cached.freshUntil - now),
      tags: cached.tags,
    },
  };
}

/** Result with an outcome that differs: with the reason for which the read went another way than usual, say. */
export function changed({ cached, outcome }: ReadResult, change: Partial<Outcome>): ReadResult {
  return { cached, outcome: { ...outcome, ...change } };
}

/** Result that outer tiers must not store, with the reason. */
export function asUncacheable(result: ReadResult, reason: OutcomeReason | undefined): ReadResult {
  return changed(result, { ttlSeconds: 0, ...(reason && { reason }) });
}
