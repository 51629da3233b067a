import type { Read } from '../entry/cached-value';
import { type Loader, LoadRecorder } from '../loader';
import type { VersionSource } from '../versions/source';

/** What a comparison found. */
export type CheckResult =
  /** The primary says the same. */
  | 'fresh'
  /** The primary said something else, and the cache did too, a grace later: a write was on its way. */
  | 'late'
  /** The cache still has what the primary had replaced a grace before. */
  | 'stale'
  /** The primary couldn't be asked. */
  | 'failed';

/** One comparison of a hit with the primary. */
export interface Check {
  /** Name of the namespace or the route. */
  readonly name: string;
  /** Key of the entry. */
  readonly key: string;
  /** What it found. */
  readonly result: CheckResult;
  /** Tier of the value that was compared first. */
  readonly tier: 'memory' | 'shared';
  /** Seconds since the value's load began. */
  readonly ageSeconds: number;
  /**
   * Why the primary couldn't be asked.
   * @default - it could
   */
  readonly error?: unknown;
}

/** A read that is to be compared. */
export interface Sample<Handle> {
  readonly name: string;
  readonly key: string;
  readonly read: Read<unknown>;
  readonly loader: Loader<unknown, Handle>;
  /** Reads the same again, as anybody would. */
  again(): Promise<Read<unknown>>;
}

/**
 * Compares a cached value with the primary's, and where they differ once more a grace later: between a commit and its purge, and for as long as memory
 * keeps, a difference is no fault.
 */
export class Comparison<Handle> {
  /** When it is to go on. */
  dueAt = 0;
  #differed = false;

  constructor(
    private readonly sample: Sample<Handle>,
    private readonly options: {
      readonly source: Pick<VersionSource<Handle>, 'load'>;
      readonly graceMs: number;
      readonly same: (cached: unknown, primary: unknown) => boolean;
      readonly now: () => number;
    },
  ) {}

  /** One step. @returns undefined where another one is to come at {@link dueAt}. */
  async step(): Promise<Check | undefined> {
    const { source, same, graceMs, now } = this.options;
    const { key, read, loader } = this.sample;
    try {
      const cached = this.#differed ? await this.sample.again() : read;
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
    const { name, key, read } = this.sample;
    const { tier, ageSeconds } = read.outcome;
    const check = { name, key, result, tier: tier as Check['tier'], ageSeconds };
    return error === undefined ? check : { ...check, error };
  }
}

/** Whether JSON says the same of both. */
export function sameJson(cached: unknown, primary: unknown): boolean {
  return JSON.stringify(cached) === JSON.stringify(primary);
}
