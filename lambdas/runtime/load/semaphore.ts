import { CacheError } from '../errors';

/** Bound of the loads that run at once, and of those that wait. */
export class Semaphore {
  #running = 0;
  /** Those who wait: the earlier in reverse order, then the later, since taking the first of a long array moves all others. */
  #earlier: (() => void)[] = [];
  #later: (() => void)[] = [];

  readonly #limit: number;

  /** @param limit largest number of loads that run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Runs a load once there is room.
   *
   * @param mostWaiting number of waiting loads from which on this one fails instead of waiting with them.
   * @throws {CacheError} `E_FALLBACK_FULL` where it does.
   */
  async run<T>(work: () => Promise<T>, mostWaiting = Infinity): Promise<T> {
    if (this.#running >= this.#limit) {
      if (this.#earlier.length + this.#later.length >= mostWaiting) {
        throw new CacheError('E_FALLBACK_FULL', `${mostWaiting} loads wait for the database already`);
      }
      await new Promise<void>((resolve) => this.#later.push(resolve));
    } else this.#running++;
    try {
      return await work();
    } finally {
      if (this.#earlier.length === 0) {
        this.#earlier = this.#later.reverse();
        this.#later = [];
      }
      const next = this.#earlier.pop();
      // Whoever is next takes this place.
      if (next) next();
      else this.#running--;
    }
  }
}
