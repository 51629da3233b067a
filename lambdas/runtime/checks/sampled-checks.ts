import { entryKey } from '../../../lib/route';
import { checkNumber } from '../arguments';
import type { Cache } from '../cache';
import { type Clock, systemClock } from '../clock';
import type { Read } from '../entry/cached-value';
import { host } from '../host';
import type { Namespace } from '../namespace';
import type { VersionSource } from '../versions/source';
import { type Check, type CheckResult, Comparison, type Sample, sameJson } from './comparison';

/** Options of {@link sampledChecks}. */
export interface SampledChecksOptions<Handle> {
  /** The cache's source. */
  readonly source: Pick<VersionSource<Handle>, 'load'>;
  /**
   * Share of the hits that are compared.
   * @default 0.001
   */
  readonly share?: number;
  /** Handler of each comparison. It must not throw. @default - none; {@link SampledChecks.counts} has the sums */
  readonly onCheck?: (check: Check) => void;
  /**
   * Time for which a value may differ from the primary's without being counted as stale, in milliseconds: memory's TTL, that of
   * tag versions, and the time from a commit to its purge.
   * @default 3000
   */
  readonly graceMs?: number;
  /**
   * Largest number of loads from the primary per second; what is sampled beyond isn't compared.
   * @default 1
   */
  readonly perSecond?: number;
  /**
   * True where comparisons run beside the answers. In a Lambda they would be frozen with the environment: they run only when its
   * handler calls {@link SampledChecks.run}.
   * @default - true, unless this is a Lambda environment
   */
  readonly background?: boolean;
  /** Comparison of two values; true where they are the same. @default - that of their JSON */
  readonly same?: (cached: unknown, primary: unknown) => boolean;
  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
  /**
   * Random numbers from 0 to 1, which choose the hits that are compared; for tests.
   * @default Math.random
   */
  readonly random?: () => number;
}

export type { Check, CheckResult };

/** Largest number of comparisons that wait. */
const MAX_WAITING = 20;

/**
 * Comparison of a share of the hits with the primary: what a cache gets wrong, it gets wrong in silence.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function sampledChecks<Handle>(options: SampledChecksOptions<Handle>): SampledChecks<Handle> {
  return new SampledChecks(options);
}

/** Comparisons of a share of the hits with the primary. */
export class SampledChecks<Handle> {
  readonly #counts: Record<CheckResult, number> = { fresh: 0, late: 0, stale: 0, failed: 0 };
  readonly #waiting: Comparison<Handle>[] = [];
  readonly #share: number;
  readonly #graceMs: number;
  readonly #pauseMs: number;
  readonly #clock: Clock;
  #nextAt = 0;
  #running: Promise<void> | undefined;
  #stepping: Promise<void> | undefined;
  #closed = false;

  readonly #options: SampledChecksOptions<Handle>;

  constructor(options: SampledChecksOptions<Handle>) {
    this.#options = options;
    this.#share = checkNumber('share', options.share ?? 0.001, 0, 1);
    this.#graceMs = checkNumber('graceMs', options.graceMs ?? 3000, 0);
    this.#pauseMs = 1000 / checkNumber('perSecond', options.perSecond ?? 1, 0.001, 1000);
    this.#clock = options.clock ?? systemClock;
  }

  /** Numbers of comparisons by result, since the start. */
  get counts(): Readonly<Record<CheckResult, number>> {
    return { ...this.#counts };
  }

  /** Reads of a namespace, of which a share is compared. */
  watch(namespace: Namespace<Handle>): Pick<Namespace<Handle>, 'getOrSet' | 'read'> {
    const read: Namespace<Handle>['read'] = async (key, loader, options) => {
      const found = await namespace.read(key, loader, options);
      const again = () => namespace.read(key, loader, options);
      if (options?.ticket === undefined && this.#sampled()) this.#take({ name: namespace.name, key, read: found, loader, again });
      return found;
    };
    return {
      read,
      // What isn't sampled takes its own way, which is shorter.
      getOrSet: async (key, loader, options) => {
        if (options?.ticket !== undefined || !this.#sampled()) return namespace.getOrSet(key, loader, options);
        const found = await namespace.read(key, loader, options);
        this.#take({ name: namespace.name, key, read: found, loader, again: () => namespace.read(key, loader, options) });
        return found.value;
      },
    };
  }

  /** Reads of a cache's routes, of which a share is compared. */
  watchRoutes(cache: Cache<Handle>): Pick<Cache<Handle>, 'getOrSet'> {
    return {
      getOrSet: async (route, parameters, loader, options) => {
        const found = await cache.getOrSet(route, parameters, loader, options);
        if (options?.ticket === undefined && this.#sampled()) {
          const again = () => cache.getOrSet(route, parameters, loader, options);
          this.#take({ name: route.name, key: entryKey(route, parameters), read: found as Read<unknown>, loader, again });
        }
        return found;
      },
    };
  }

  /**
   * Compares what is due, for at most `budgetMs`; what isn't done by then is left for the next time. In a Lambda, call it before
   * the answer.
   */
  async run(budgetMs = 50): Promise<void> {
    const work = this.#work();
    await Promise.race([work, this.#clock.sleep(budgetMs)]);
  }

  /**
   * Leaves out what waits and takes nothing more; resolves once no comparison runs. Nothing that waits keeps the process alive.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await this.#stepping;
  }

  #sampled(): boolean {
    return !this.#closed && (this.#options.random ?? Math.random)() < this.#share;
  }

  #take(sample: Sample<Handle>): void {
    const { status, tier } = sample.read.outcome;
    if (status !== 'hit' || tier === 'database' || this.#waiting.length >= MAX_WAITING) return;
    const { source, same = sameJson } = this.#options;
    this.#waiting.push(new Comparison(sample, { source, same, graceMs: this.#graceMs, now: () => this.#clock.now() }));
    if (this.#options.background ?? !host.isLambda)
      // Not in the turn of the answer.
      setImmediate(() => this.#workOn());
  }

  /** Compares until nothing waits, one at a time, with a pause after each. */
  async #workOn(): Promise<void> {
    if (this.#running) return;
    while (this.#waiting.length > 0) {
      const now = this.#clock.now();
      const next = Math.max(this.#nextAt, Math.min(...this.#waiting.map(({ dueAt }) => dueAt)));
      if (next > now) this.#running = this.#pause(next - now);
      else this.#running = this.#step();
      await this.#running;
    }
    this.#running = undefined;
  }

  async #work(): Promise<void> {
    if (this.#running) return this.#running;
    while (this.#clock.now() >= this.#nextAt && this.#waiting.some(({ dueAt }) => dueAt <= this.#clock.now())) {
      this.#running = this.#step();
      await this.#running;
      this.#running = undefined;
    }
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#options.clock) return this.#options.clock.sleep(milliseconds);
    return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  }

  #step(): Promise<void> {
    this.#stepping = this.#compare();
    return this.#stepping;
  }

  async #compare(): Promise<void> {
    const now = this.#clock.now();
    const at = this.#waiting.findIndex(({ dueAt }) => dueAt <= now);
    const comparison = this.#waiting[at];
    if (!comparison) return;
    this.#nextAt = now + this.#pauseMs;
    const check = await comparison.step();
    if (!check) return;
    const place = this.#waiting.indexOf(comparison);
    if (place >= 0) this.#waiting.splice(place, 1);
    this.#counts[check.result]++;
    this.#options.onCheck?.(check);
  }
}
