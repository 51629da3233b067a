import { availableParallelism } from 'node:os';
import type { Clock } from '../types';

/** How long a start counts at most, in milliseconds: code that hangs while it initialises holds up no other function's. */
const LONGEST_MILLISECONDS = 3000;

/**
 * Starts of all functions, so many at once as there are processors: on AWS each start has its own, and here more of them would
 * take the time from each other and from the environments that serve. First come, first served.
 */
export class Starts {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly atOnce: number = Math.max(2, availableParallelism()),
  ) {}

  /** @param start begins at once, or when others are done; the promise that it returns ends when the start is over. */
  run(start: () => Promise<unknown> | undefined): void {
    this.#waiting.push(() => {
      const started = start();
      if (!started) return;
      this.#running += 1;
      let over = false;
      const end = () => {
        if (over) return;
        over = true;
        cancel();
        this.#running -= 1;
        this.#next();
      };
      const cancel = this.clock.schedule(LONGEST_MILLISECONDS, end);
      void started.then(end);
    });
    this.#next();
  }

  #next(): void {
    while (this.#running < this.atOnce) {
      const start = this.#waiting.shift();
      if (!start) return;
      start();
    }
  }
}
