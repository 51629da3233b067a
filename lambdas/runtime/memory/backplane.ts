/**
 * Channel between processes on which purges are published, so that each removes from its memory what another has purged; given to
 * {@link CacheOptions.backplane}. Without one memory's TTL is all that bounds how long a purged value stays there.
 */
export interface Backplane {
  /** Begins to listen; called once, by the cache. */
  listen(listener: BackplaneListener): void;
  /**
   * Sends soon, and never throws: a message that is lost costs what memory's TTL bounds.
   *
   * @returns a promise that the purge waits for, where the process may be frozen after it.
   */
  publish(message: PurgeMessage): void | Promise<void>;
  /** True while messages may be missed: memory then stores nothing that the shared tier has. */
  readonly disconnected: boolean;
  /** Leaves the channel; resolves once nothing more is sent or received. */
  close(): Promise<void>;
}

/** Message of a purge: of an entry, of tags, or, where neither is given, of everything. */
export interface PurgeMessage {
  /**
   * Name of the entry in the shared tier.
   * @default - not one entry
   */
  readonly entryName?: string;
  /**
   * Key of the entry in its namespace.
   * @default - not one entry
   */
  readonly key?: string;
  /**
   * Tags whose entries were purged.
   * @default - none
   */
  readonly tags?: readonly string[];
}

/** Handler of purges by other processes; without a message everything is removed from memory, because messages were missed. */
export type BackplaneListener = (message?: PurgeMessage) => void;
