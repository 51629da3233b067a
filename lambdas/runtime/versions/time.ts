import { type Clock, systemClock } from '../clock';
import type { Loaded, LoadRequest, VersionSource } from './source';
import type { Version } from './version';

/** Options of TimeVersions. */
export interface TimeVersionsOptions<Handle> {
  /** Handle of a loader: a store whose reads contain every write that was acknowledged before them. */
  readonly primary: Handle;

  /**
   * Copy of the store that lags, and its largest lag, in milliseconds. It isn't asked for what was written since.
   * @default - none
   */
  readonly replica?: { readonly handle: Handle; readonly maxLagMs: number };

  /**
   * Largest difference between the clocks of two processes, in milliseconds.
   * @default 1000
   */
  readonly maxSkewMs?: number;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

/**
 * Versions by time, for a store that gives no position of its log: the time, as far as clocks can be trusted. What a load claims
 * is older by the skew, so a ticket makes its owner load for that long after a write; a replica's claim is older by its lag, too.
 * Fills by the primary rest on their lease, not on a clock. Of two values that are set, the one with the later time stays: within
 * the skew that may be the earlier.
 *
 * @throws {RangeError} where `maxSkewMs` or the replica's `maxLagMs` isn't from 0 to an hour.
 */
export class TimeVersions<Handle> implements VersionSource<Handle> {
  readonly ordersWrites = true;
  readonly #clock: Clock;
  readonly #maxSkewMs: number;
  #last = 0;

  readonly #options: TimeVersionsOptions<Handle>;

  constructor(options: TimeVersionsOptions<Handle>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#maxSkewMs = options.maxSkewMs ?? 1000;
    for (const [name, value] of [
      ['maxSkewMs', this.#maxSkewMs],
      ['replica.maxLagMs', options.replica?.maxLagMs ?? 0],
    ] as const) {
      if (!(value >= 0 && value < 3_600_000)) throw new RangeError(`'${name}' must be from 0 to an hour, got: ${value}`);
    }
  }

  async current(): Promise<Version> {
    // Two writes of a process in one millisecond, or around a clock that was set back, must not have one version.
    this.#last = Math.max(this.#last + 1, this.#clock.now() * MICROSECONDS);
    return timeVersion(this.#last);
  }

  async load<T>(loader: (handle: Handle) => Promise<T>, { minVersion, primaryOnly }: LoadRequest): Promise<Loaded<T>> {
    const { primary, replica } = this.#options;
    // Before the load: what is written while it runs may be missing, also in the rest of this very millisecond.
    const claimed = (this.#clock.now() - this.#maxSkewMs) * MICROSECONDS - 1;
    if (replica && !primaryOnly) {
      const version = timeVersion(claimed - replica.maxLagMs * MICROSECONDS);
      if (minVersion === undefined || version >= minVersion) {
        return { value: await loader(replica.handle), version, origin: 'replica', fillable: true };
      }
    }
    return { value: await loader(primary), version: timeVersion(claimed), origin: 'primary', fillable: true };
  }
}

const MICROSECONDS = 1000;

/** Version of a time in microseconds since the epoch, on one timeline. */
function timeVersion(microseconds: number): Version {
  return `00000001${Math.max(0, Math.floor(microseconds)).toString(16).padStart(16, '0').toUpperCase()}`;
}
