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
export function newMemoryFence() {
  const counters = new Uint32Array(COUNTERS);
  let all = 0;
  return {
    /** State of an entry's fence: another number after each `advance` that concerns it. */
    snapshot: (entryName: string): number => all + (counters[counterOf(entryName)] as number),

    /** Refuses results of reads that began before now: of one entry, or of all. */
    advance(entryName?: string): void {
      if (entryName) counters[counterOf(entryName)]!++;
      else all++;
    },
  };
}

/** Fence of memory. */
export type MemoryFence = ReturnType<typeof newMemoryFence>;

function counterOf(entryName: string): number {
  return (fnv(entryName) >>> 0) % COUNTERS;
}
