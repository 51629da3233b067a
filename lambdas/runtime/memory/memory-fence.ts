import { fnv } from '../fnv';

/** Purges are counted by a hash of their key; a collision costs a value that isn't kept, never one that is kept wrongly. */
const COUNTERS = 4096;

/**
 * Keeps a value that was asked for before a purge of this process, or a message of another's, from being kept in memory after it: the
 * mark is taken before the question, and compared when the answer is there.
 */
export class MemoryFence {
  readonly #counters = new Uint32Array(COUNTERS);
  #all = 0;

  mark(key: string): number {
    return this.#all + (this.#counters[slot(key)] as number);
  }

  /** Refuses what was asked for before now: of one key, or of all. */
  raise(key?: string): void {
    if (key === undefined) this.#all++;
    else this.#counters[slot(key)]!++;
  }
}

function slot(key: string): number {
  return (fnv(key) >>> 0) % COUNTERS;
}
