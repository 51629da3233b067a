import type { Observation } from '../observations';

/** Observations that are kept: at least the last thousand requests, of three observations each. */
const KEPT = 4096;

/**
 * The last observations of all products. To take one is a write into a table of fixed size, whether anybody looks or not;
 * whatever is made of them is made when somebody does.
 */
export class Recorder {
  readonly #kept: Observation[] = [];
  #count = 0;

  /** Takes an observation; in the form that products are given. */
  readonly observe = (observation: Observation): void => {
    this.#kept[this.#count++ % KEPT] = observation;
  };

  /** Count of all observations since the start. */
  get count(): number {
    return this.#count;
  }

  /** Observations from number `from` on, as far as they are kept, the oldest first. */
  since(from: number): Observation[] {
    const first = Math.max(from, this.#count - KEPT);
    return Array.from({ length: this.#count - first }, (_, index) => this.#kept[(first + index) % KEPT]!);
  }
}
