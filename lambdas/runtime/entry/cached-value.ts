import { copyOf, freezeDeeply } from '../json-value';
import { freshMs, type Policy } from '../policy';
import type { Outcome, OutcomeReason } from '../telemetry/outcome';
import type { Version } from '../versions/version';
import { type EntryState, earlyRefreshAt } from './entry-state';
import type { EntryHeader } from './envelope';

/** A value and what the read did. `value` is undefined for a negative entry. */
export interface Read<T> {
  /** What was cached or loaded; undefined for what there is none of. */
  readonly value: T | undefined;
  /** The value contains every write up to this version; '-' where its source can't claim one. */
  readonly version: Version | '-';
  /** Where it came from, and what the read did. */
  readonly outcome: Outcome;
}

/** A value with the clock of its entry, as memory has it and the reads of one turn share it. */
export interface Kept extends Pick<EntryHeader, 'version' | 'loadedAt' | 'freshUntil' | 'expiresAt' | 'loadMs'> {
  /** One value for all readers; undefined where each gets a copy. */
  readonly value: unknown;
  /** When this process begins to load it anew. */
  readonly refreshAt: number;
  /** The tags that were declared, or named by the loader. */
  readonly tags: readonly string[];
  /** What one reader gets: a copy, or the one value, whose promise is made once. */
  promise(): Promise<unknown>;
  /** A copy of its own for one reader; undefined where all have one value. */
  copy(): unknown;
}

/** A value on its way to those who asked for it. */
export interface Landed {
  readonly kept: Kept;
  readonly outcome: Outcome;
}

/** An entry that was found, and what may be done with it. */
export interface Copy extends Landed {
  readonly state: EntryState;
  /** The lease that filled it; '' in memory. */
  readonly token: string;
}

/** What an entry says of itself before it has a lease's token and its tags. */
export type NewHeader = Omit<EntryHeader, 'token' | 'row' | 'tags'>;

/** The times of a value whose load began at `loadedAt` and ended now. Its TTL is shortened at random, so that entries filled together don't end together. */
export function newHeader(
  policy: Policy,
  value: unknown,
  version: Version | '-',
  loadedAt: number,
  loadMs: number,
  random: () => number,
): NewHeader {
  const ttlMs = value === undefined ? policy.negativeTtlMs : freshMs(policy);
  const freshUntil = Math.floor(loadedAt + ttlMs * (1 - policy.jitter * random()));
  const expiresAt = freshUntil + Math.max(policy.staleWhileRevalidateMs, policy.staleIfErrorMs);
  return { version, loadedAt: Math.floor(loadedAt), freshUntil, expiresAt, loadMs: Math.max(0, Math.round(loadMs)) };
}

/**
 * @param content.alone whether one reader gets the value, and memory doesn't; else it is frozen.
 */
export function newKept(
  { version, loadedAt, freshUntil, expiresAt, loadMs }: NewHeader,
  content: {
    readonly value: unknown;
    readonly json: string | undefined;
    readonly tags: readonly string[];
    readonly alone: boolean;
  },
  policy: Policy,
  random: () => number,
): Kept {
  const copies = policy.share === 'copy';
  const times = { loadedAt, freshUntil, expiresAt, refreshAt: earlyRefreshAt({ freshUntil, loadMs }, policy, random) };
  if (copies) return new CopiedKept(content.json, version, times, loadMs, content.tags);
  const value = content.alone ? content.value : freezeDeeply(content.value);
  return new CompactKept(value, version, times, loadMs, content.tags);
}

const READ_ONCE = Promise.resolve();
const NO_TAGS: readonly string[] = [];
/** Since when memory counts. */
const START = Date.now();

/**
 * As small as it can be, because memory holds one for each entry: times are kept as whole milliseconds since the start of the process, which
 * V8 stores in the object itself while they fit 31 bits (24 days), instead of 16 bytes for each beside it.
 */
class CompactKept implements Kept {
  readonly #loadedAt: number;
  readonly #freshUntil: number;
  readonly #expiresAt: number;
  readonly #refreshAt: number;
  /** The promise of the one value, once it was asked for twice. */
  #given: Promise<unknown> | undefined;
  readonly tags: readonly string[];

  constructor(
    readonly value: unknown,
    readonly version: Kept['version'],
    times: Pick<Kept, 'loadedAt' | 'freshUntil' | 'expiresAt' | 'refreshAt'>,
    readonly loadMs: number,
    tags: readonly string[],
  ) {
    this.#loadedAt = sinceStart(times.loadedAt);
    this.#freshUntil = sinceStart(times.freshUntil);
    this.#expiresAt = sinceStart(times.expiresAt);
    this.#refreshAt = sinceStart(times.refreshAt);
    this.tags = tags.length === 0 ? NO_TAGS : tags;
  }

  copy(): unknown {
    return undefined;
  }

  promise(): Promise<unknown> {
    // A hit in memory is little else than its promise, so from the second hit on it is kept; an entry that is read once doesn't pay for it.
    const given = this.#given;
    if (given !== undefined && given !== READ_ONCE) return given;
    const promise = Promise.resolve(this.value);
    this.#given = given === undefined ? READ_ONCE : promise;
    return promise;
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

/** Of which each reader gets a copy. */
class CopiedKept extends CompactKept {
  /** What copies are made of. Text until the first of them: an entry that nobody reads needn't be an object. */
  #model: unknown;
  #isText: boolean;

  constructor(
    json: string | undefined,
    version: Kept['version'],
    times: Pick<Kept, 'loadedAt' | 'freshUntil' | 'expiresAt' | 'refreshAt'>,
    loadMs: number,
    tags: readonly string[],
  ) {
    super(undefined, version, times, loadMs, tags);
    this.#model = json;
    this.#isText = json !== undefined;
  }

  /** To copy an object takes a fraction of the time to make it from text. */
  override copy(): unknown {
    if (this.#isText) this.#model = JSON.parse(this.#model as string);
    this.#isText = false;
    return copyOf(this.#model);
  }

  override promise(): Promise<unknown> {
    return Promise.resolve(this.copy());
  }
}

function sinceStart(time: number): number {
  const milliseconds = Math.floor(time) - START;
  // `| 0` is what makes it a small integer for V8 rather than a double of the same value.
  return Math.abs(milliseconds) < 2 ** 31 ? milliseconds | 0 : milliseconds;
}

/** Hands a value to one reader. */
export function give<T>({ share }: Policy, { kept, outcome }: Landed, collapsed = false): Read<T> {
  const value = (share === 'copy' ? kept.copy() : kept.value) as T | undefined;
  return { value, version: kept.version, outcome: collapsed ? { ...outcome, collapsed: true, stored: false } : outcome };
}

/** The value with what the read did. Age and TTL are rounded to the side on which outer tiers keep it for less. */
export function land(kept: Kept, now: number, tier: Outcome['tier'], status: Outcome['status'], reason?: OutcomeReason): Landed {
  const outcome: Outcome = {
    tier,
    status,
    collapsed: false,
    stored: false,
    ageSeconds: Math.max(0, Math.floor((now - kept.loadedAt) / 1000)),
    ttlSeconds: status === 'stale' ? 0 : Math.max(0, Math.floor((kept.freshUntil - now) / 1000)),
    tags: kept.tags,
  };
  return { kept, outcome: reason ? { ...outcome, reason } : outcome };
}

/** Outer tiers must not keep it either. */
export function unkept({ kept, outcome }: Landed, reason: OutcomeReason | undefined): Landed {
  return { kept, outcome: { ...outcome, ttlSeconds: 0, ...(reason && { reason }) } };
}
