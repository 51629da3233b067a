import type { Clock } from './clock';
import type { Codec } from './codecs/codec';
import type { Kept } from './entry/cached-value';
import type { HotKeys } from './hot-keys/hot-keys';
import type { Semaphore } from './load/semaphore';
import type { MemoryBus } from './memory/backplane';
import type { MemoryTier } from './memory/memory-tier';
import type { SharedStore } from './shared/shared-store';
import type { TagVersions } from './tags';
import type { VersionSource } from './versions/source';

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
