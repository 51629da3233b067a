import { CacheError } from './errors';

/** Bounds how many loads run at once when the shared tier isn't there to hold them back, and how many may wait. */
export class Semaphore {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly limit: number,
    private readonly maxWaiting: number,
  ) {}

  /** @throws {CacheError} `E_FALLBACK_FULL` where the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.limit) {
      if (this.#waiting.length >= this.maxWaiting) {
        throw new CacheError(
          'E_FALLBACK_FULL',
          `${this.limit} loads run without the shared tier and ${this.maxWaiting} wait already`,
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
