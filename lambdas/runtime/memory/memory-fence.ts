import { fnv } from './fnv';

/**
 * Number of counters. Entries share one by a hash of their name; a collision costs a value that isn't stored, never one stored
 * wrongly.
 */
const COUNTERS = 4096;

/**
 * Fence of memory: results of reads that began before a purge, of this process or another, aren't stored after it. A reader takes
 * a snapshot before it asks, and compares it when the answer is there.
 */
export class MemoryFence {
  readonly #counters = new Uint32Array(COUNTERS);
  #all = 0;

  /** State of an entry's fence: another number after each {@link advance} that concerns it. */
  snapshot(entryName: string): number {
    return this.#all + (this.#counters[counterOf(entryName)] as number);
  }

  /** Refuses results of reads that began before now: of one entry, or of all. */
  advance(entryName?: string): void {
    if (entryName) this.#counters[counterOf(entryName)]!++;
    else this.#all++;
  }
}

function counterOf(entryName: string): number {
  return (fnv(entryName) >>> 0) % COUNTERS;
}
