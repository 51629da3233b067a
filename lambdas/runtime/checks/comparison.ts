import type { Read } from '../entry/cached-value';
import { type Loader, LoadRecorder } from '../loader';
import type { VersionSource } from '../versions/source';

/** Result of a comparison. */
export type CheckResult =
  /** The primary has the same. */
  | 'fresh'
  /** The primary had something else, and the cache did too, a grace later: a write was on its way. */
  | 'late'
  /** The cache still has what the primary had replaced a grace before. */
  | 'stale'
  /** The primary couldn't be asked. */
  | 'failed';

/** Comparison of a hit with the primary. */
export interface Check {
  /** Name of the namespace or the route. */
  readonly name: string;
  /** Key of the entry. */
  readonly key: string;
  /** Result of the comparison. */
  readonly result: CheckResult;
  /** Tier of the value that was compared first. */
  readonly tier: 'memory' | 'shared';
  /** Seconds since the value's load began. */
  readonly ageSeconds: number;
  /**
   * Error for which the primary couldn't be asked.
   * @default - it could
   */
  readonly error?: unknown;
}

/** Read that is to be compared. */
export interface Sample<Handle> {
  readonly name: string;
  readonly key: string;
  readonly read: Read<unknown>;
  readonly loader: Loader<unknown, Handle>;
  /** Reads the same again, as anybody would. */
  again(): Promise<Read<unknown>>;
}

/** Options of a Comparison. */
export interface ComparisonOptions<Handle> {
  readonly source: Pick<VersionSource<Handle>, 'load'>;
  readonly graceMs: number;
  readonly same: (cached: unknown, primary: unknown) => boolean;
  readonly now: () => number;
}

/**
 * Comparison of a cached value with the primary's, and where they differ once more a grace later: between a commit and its purge,
 * and for as long as memory keeps, a difference is no fault.
 */
export class Comparison<Handle> {
  /** Time of the next step. */
  dueAt = 0;
  #differed = false;

  readonly #sample: Sample<Handle>;
  readonly #options: ComparisonOptions<Handle>;

  constructor(sample: Sample<Handle>, options: ComparisonOptions<Handle>) {
    this.#sample = sample;
    this.#options = options;
  }

  /** Takes one step. @returns undefined where another one is to come at {@link dueAt}. */
  async step(): Promise<Check | undefined> {
    const { source, same, graceMs, now } = this.#options;
    const { key, read, loader } = this.#sample;
    try {
      const cached = this.#differed ? await this.#sample.again() : read;
      // What was loaded anew, or by somebody else since, is no longer what was found.
      if (this.#differed && (cached.outcome.tier === 'database' || !same(cached.value, read.value))) return this.#found('late');
      const { value } = await source.load((handle) => loader(handle, new LoadRecorder(key)), { primaryOnly: true });
      if (same(cached.value, value)) return this.#found(this.#differed ? 'late' : 'fresh');
      if (this.#differed) return this.#found('stale');
      this.#differed = true;
      this.dueAt = now() + graceMs;
      return undefined;
    } catch (error) {
      return this.#found('failed', error);
    }
  }

  #found(result: CheckResult, error?: unknown): Check {
    const { name, key, read } = this.#sample;
    const { tier, ageSeconds } = read.outcome;
    const check = { name, key, result, tier: tier as Check['tier'], ageSeconds };
    return error === undefined ? check : { ...check, error };
  }
}

/** True where the JSON of both is the same. */
export function sameJson(cached: unknown, primary: unknown): boolean {
  return JSON.stringify(cached) === JSON.stringify(primary);
}
