/**
 * Tells the other processes of purges, so that they forget in memory what was purged here, given to {@link CacheOptions.bus}. Without one
 * memory's TTL is all that bounds how long they keep it.
 */
export interface MemoryBus {
  /** Begins to listen; called once, by the cache. */
  listen(listener: BusListener): void;
  /**
   * Sends soon, and never throws: a message that is lost costs what memory's TTL bounds.
   *
   * @returns what the purge waits for, where the process may be frozen after it.
   */
  publish(purged: Purged): void | Promise<void>;
  /** Whether messages may be missed at the moment: memory then keeps nothing that the shared tier has. */
  readonly deaf: boolean;
  /** Leaves the bus; resolves once nothing more is sent or told. */
  close(): Promise<void>;
}

/** What was purged: an entry, tags, or, where neither is given, anything. */
export interface Purged {
  /**
   * Its name in the shared tier.
   * @default - not one entry
   */
  readonly key?: string;
  /**
   * Its name in memory, in any part of it.
   * @default - not one entry
   */
  readonly memoryKey?: string;
  /**
   * Tags whose entries were purged.
   * @default - none
   */
  readonly tags?: readonly string[];
}

/** Forgets what another process has purged; without an argument everything, because messages were missed. */
export type BusListener = (purged?: Purged) => void;
