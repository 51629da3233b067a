import { CacheError } from '../errors';

/** Largest number of loads that wait behind those that run. */
const MOST_WAITING = 10_000;

/** Bound of the loads that run at once when the shared tier isn't there to hold them back, and of those that wait. */
export class Semaphore {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  readonly #limit: number;

  /** @param limit largest number of loads that run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a load once there is room. @throws {CacheError} `E_FALLBACK_FULL` where the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new CacheError(
          'E_FALLBACK_FULL',
          `${this.#limit} loads run without the shared tier and ${MOST_WAITING} wait already`,
        );
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
