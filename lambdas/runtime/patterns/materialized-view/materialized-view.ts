import { mustBe, wholeNumbers } from '../../arguments';
import type { Cache } from '../../cache';
import { ignored, isUnavailable } from '../../errors';
import { renewLease } from '../../load/lease-renewal';
import type { Namespace } from '../../namespace';
import type { SharedStore } from '../../shared/shared-store';
import { newToken } from '../../token';
import type { Version } from '../../versions/version';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';

/** Options of a MaterializedView. */
export interface MaterializedViewOptions<T, Handle> {
  /**
   * Cache with a shared tier. Its `loadTimeoutMs` bounds a computation: a function that refreshes needs one that is longer than
   * the query takes.
   */
  readonly cache: Cache<Handle>;
  /** Name, a namespace of the cache: lower case letters, digits and dashes. */
  readonly name: string;
  /** Age from which the value is stale, and a refresh computes, in seconds. */
  readonly everySeconds: number;
  /**
   * Time for which the last good value is served while nothing newer can be computed, in seconds.
   * @default - eight times `everySeconds`
   */
  readonly keepSeconds?: number;
  /** Query, on a handle of the cache's source. */
  readonly compute: (handle: Handle, signal: AbortSignal) => Promise<T>;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Value of a view. */
export interface ViewValue<T> {
  /** Result of the computation. */
  readonly value: T;
  /** Time at which its computation began, in epoch milliseconds of the shared tier. */
  readonly computedAt: number;
  /** True where it is older than `everySeconds`. */
  readonly stale: boolean;
}

/** Result of a refresh: it computed, somebody else was computing, or the value isn't old enough. */
export type RefreshResult = 'computed' | 'running' | 'fresh';

type Stored<T> = Omit<ViewValue<T>, 'stale'>;

/** Value, and the version of the database once it was computed. */
interface Computed<T> {
  readonly stored: Stored<T>;
  readonly version: Version;
}

/** Key of the value, and of the lease under which it is computed. */
const VALUE = 'value';
const COMPUTING = 'computing';
/** Life of the lease, in milliseconds; it is renewed while the computation runs. */
const LEASE_MS = 10_000;
/** Interval at which a reader of a view that is being computed for the first time asks for it, in milliseconds. */
const POLL_MS = 100;
/** Share of `everySeconds` by which a refresh may be early: schedules aren't exact, and a refresh that is refused is lost. */
const EARLY = 0.1;

/**
 * Value of a query that takes seconds. Readers never run it: a schedule does, one process at a time, and they get the last good
 * value with its age.
 */
export class MaterializedView<T, Handle> {
  readonly #cache: Cache<Handle>;
  readonly #values: Namespace<Handle>;
  readonly #shared: SharedStore;
  readonly #everyMs: number;
  readonly #keepMs: number;
  readonly #compute: MaterializedViewOptions<T, Handle>['compute'];
  readonly #meter: PatternMeter | undefined;
  /** Last value that this process has seen, for the time in which the shared tier can't be asked. */
  #last: Stored<T> | undefined;
  #computing: Promise<Computed<T>> | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: MaterializedViewOptions<T, Handle>) {
    const { cache, name, everySeconds, compute } = options;
    const { keepSeconds } = wholeNumbers({ everySeconds, keepSeconds: 8 * everySeconds }, options);
    const { shared } = cache.internals.read;
    mustBe(!!shared, 'cache', 'one with a shared tier', shared);
    mustBe(keepSeconds > everySeconds, 'keepSeconds', `more than 'everySeconds', ${everySeconds}`, keepSeconds);
    this.#cache = cache;
    this.#shared = shared as SharedStore;
    this.#everyMs = everySeconds * 1000;
    this.#keepMs = keepSeconds * 1000;
    this.#compute = compute;
    this.#meter = options.metrics?.meter('materialized-view', name);
    this.#values = cache.namespace(name, {
      freshness: {
        memoryTtlSeconds: Math.min(1, everySeconds),
        sharedTtlSeconds: everySeconds,
        staleWhileRevalidateSeconds: keepSeconds - everySeconds,
      },
      jitter: 0,
      earlyRefresh: 0,
    });
  }

  /**
   * Last good value. Computes where there has never been one, or none for `keepSeconds`; whoever asks meanwhile waits.
   *
   * @throws whatever the computation throws.
   */
  async get(): Promise<ViewValue<T>> {
    for (;;) {
      const found = await this.#found();
      if (found) return this.#aged(found);
      let mayRefresh = true;
      try {
        if ((await this.refresh()) === 'running') await this.#cache.internals.read.clock.sleep(POLL_MS);
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        mayRefresh = false;
      }
      const known = this.#known();
      if (known) return this.#aged(known);
      // A tier that is full answers reads, and gives nobody a lease.
      if (!mayRefresh || !(await this.#isUp())) return this.#aged((await this.#computed()).stored);
    }
  }

  /**
   * Last good value, or `undefined` where there has never been one, or none for `keepSeconds`. It neither computes nor waits for
   * who does: for a page that shows other things as well.
   */
  async getIfPresent(): Promise<ViewValue<T> | undefined> {
    const found = (await this.#found()) ?? this.#known();
    return found && this.#aged(found);
  }

  /**
   * Computes the value, unless it is fresh or somebody else is computing it; for a schedule. A failure leaves the last good
   * value.
   *
   * @throws whatever the computation throws, and {@link CacheError} `E_SHARED_UNAVAILABLE`.
   */
  async refresh(): Promise<RefreshResult> {
    return measured(this.#meter, async () => {
      if (this.#isFresh(await this.#found())) return 'fresh';
      const { entryName } = this.#values.entry(COMPUTING);
      const token = newToken();
      const shared = this.#shared;
      const lease = await shared.lease(entryName, token, LEASE_MS, '');
      if (lease.kind !== 'grant') {
        counted(this.#meter, 'Duplicates');
        return 'running';
      }
      const ended = renewLease(shared, entryName, token, LEASE_MS);
      try {
        // Memory may be a second behind whoever had the lease before.
        if (this.#isFresh(await this.#found(true))) return 'fresh';
        const { stored, version } = await this.#computed();
        // Whoever began earlier, and was held up, replaces nothing: the time of the computation is the row's version.
        await this.#values.set(VALUE, stored, { rowVersion: Math.floor(stored.computedAt), version });
        return 'computed';
      } finally {
        ended();
        await shared.release(entryName, token).catch(ignored);
      }
    });
  }

  /**
   * Computation: one of this process at a time, since one caller may have the lease while another can't ask for it. The value is
   * good for `everySeconds`.
   */
  async #computed(): Promise<Computed<T>> {
    this.#computing ??= this.#computedNow().finally(() => {
      this.#computing = undefined;
    });
    return this.#computing;
  }

  async #computedNow(): Promise<Computed<T>> {
    const { source } = this.#cache.internals.read;
    const computedAt = this.#now();
    const loaded = await source.load((handle, signal) => this.#compute(handle, signal), {});
    const stored: Stored<T> = { value: loaded.value, computedAt };
    this.#last = stored;
    return { stored, version: await source.current() };
  }

  /** @param now true to ask the shared tier, whatever memory has. */
  async #found(now = false): Promise<Stored<T> | undefined> {
    if (now) this.#cache.internals.readPath.drop(this.#values.entry(VALUE));
    const found = await this.#values.get<Stored<T>>(VALUE);
    if (found && (!this.#last || found.computedAt >= this.#last.computedAt)) this.#last = found as Stored<T>;
    return found as Stored<T> | undefined;
  }

  /** What this process has seen, as long as it is good. */
  #known(): Stored<T> | undefined {
    return this.#last && this.#now() - this.#last.computedAt < this.#keepMs ? this.#last : undefined;
  }

  async #isUp(): Promise<boolean> {
    return this.#shared.get(this.#values.entry(VALUE).entryName).then(
      () => true,
      () => false,
    );
  }

  #isFresh(stored: Stored<T> | undefined): boolean {
    return !!stored && this.#now() - stored.computedAt < this.#everyMs * (1 - EARLY);
  }

  #aged({ value, computedAt }: Stored<T>): ViewValue<T> {
    return { value, computedAt, stale: this.#now() - computedAt > this.#everyMs };
  }

  #now(): number {
    return this.#cache.internals.read.now();
  }
}
