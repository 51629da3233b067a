import type { Clock } from './clock';
import type { Codec } from './codecs/codec';
import type { Kept } from './entry/cached-value';
import type { HotKeys } from './hot-keys/hot-keys';
import type { Semaphore } from './load/semaphore';
import type { Loader } from './loader';
import type { MemoryBus } from './memory/backplane';
import type { Space } from './memory/entry-table';
import type { MemoryTier } from './memory/memory-tier';
import type { Policy } from './policy';
import type { SharedStore } from './shared/shared-store';
import type { TagVersions } from './tags';
import type { Ticket } from './ticket';
import type { VersionSource } from './versions/source';

/** One entry of the cache, whether it is there or not; made by {@link Namespace.entry} and {@link Cache.entry}. */
export interface EntryRef {
  /** Its name in the shared tier. */
  readonly key: string;
  /** Its name in memory, and the part of memory that this is a name in. */
  readonly memoryKey: string;
  /** The part of memory that it is in. */
  readonly space: Space;
}

/** What a reader has written, of which a {@link Ticket} is the usual form. */
export type Written = Pick<Ticket, 'latest' | 'versionFor' | 'encode'>;

/** What is asked for. */
export interface ReadRequest<T, Handle> extends EntryRef {
  /** The cluster's slot of its name. */
  readonly slot: number;
  readonly policy: Policy;
  /** The declared tags, filled in, then those of the namespace and of all entries. */
  readonly tags: readonly string[];
  /** What the reader has written: an older entry isn't good for it. */
  readonly ticket?: Written | undefined;
  readonly loader: Loader<T, Handle>;
}

export interface ReadPathOptions {
  /** How long a lease lasts where the load's duration isn't known, in milliseconds; else it is three times that. */
  readonly leaseMs: number;
  /** How long a read waits for somebody else's load, in milliseconds, before it loads without filling. */
  readonly waitMs: number;
  /** Largest entry that is stored, in characters. */
  readonly maxEntryLength: number;
  /** Whether the process lives on after it has answered: refreshes then run beside the answer, and long loads renew their lease. */
  readonly background: boolean;
}

/** What the read path works with. */
export interface ReadPathParts<Handle> {
  readonly memory: MemoryTier<Kept>;
  readonly shared: SharedStore | undefined;
  readonly tags: TagVersions | undefined;
  readonly source: VersionSource<Handle>;
  /** How values are written where JSON isn't the better way. */
  readonly codec: Codec | undefined;
  /** Tells other processes of purges. */
  readonly bus: MemoryBus | undefined;
  /** Finds the keys that are read most. */
  readonly hotKeys: HotKeys | undefined;
  /** Bounds loads that no lease holds back. */
  readonly fallback: Semaphore;
  readonly clock: Clock;
  readonly random: () => number;
}

/** When a value was asked for, in this process's time and by its count of purges. */
export interface Asked {
  readonly at: number;
  readonly mark: number;
}

/** Whether the value contains what the reader wrote. */
export function satisfies({ key, ticket }: Pick<ReadRequest<unknown, never>, 'key' | 'ticket'>, kept: Kept): boolean {
  const least = ticket?.versionFor(key, kept.tags);
  // '-' is less than any version.
  return least === undefined || kept.version >= least;
}
