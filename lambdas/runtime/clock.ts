/** Clock of the cache, which a test can hold. Wall clock: a frozen environment must find its entries aged. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `milliseconds`. */
  sleep(milliseconds: number): Promise<void>;
}

/** Clock of this machine. */
export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/** Milliseconds of a clock that never goes back, for durations. */
export const monotonicNow = (): number => performance.now();
