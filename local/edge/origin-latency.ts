import { logNormal } from '../host/random';
import type { Clock } from '../types';
import { OriginError } from './origin';

/** Spread of the latency: 95 % of the requests take at most twice the median. */
const SIGMA = 0.42;

/** Time that each request to an origin waits, as if the origin were far away. */
export class OriginLatency {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #medianMs: number;
  /** Ends those that wait. */
  readonly #waiting = new Set<() => void>();

  /** @param medianMs in milliseconds; with 0 nothing waits. */
  constructor(medianMs: number, clock: Clock, random: () => number) {
    this.#medianMs = medianMs;
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws {OriginError} where the edge ends meanwhile. */
  wait(): Promise<void> | undefined {
    if (this.#medianMs === 0) return undefined;
    return new Promise((resolve, reject) => {
      const milliseconds = logNormal(this.#medianMs, SIGMA, this.#random);
      const cancel = this.#clock.schedule(milliseconds, () => {
        this.#waiting.delete(end);
        resolve();
      });
      const end = () => {
        cancel();
        reject(new OriginError(502, 'the edge ended', true));
      };
      this.#waiting.add(end);
    });
  }

  /** Ends what waits, so that no timer is left. */
  dispose(): void {
    for (const end of this.#waiting) end();
    this.#waiting.clear();
  }
}
