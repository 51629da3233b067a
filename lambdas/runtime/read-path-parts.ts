import type { Clock } from './clock';
import type { Codec, Serializer } from './codecs/codec';
import type { CachedValue } from './entry/cached-value';
import type { HotKeys } from './hot-keys/hot-keys';
import type { Semaphore } from './load/semaphore';
import type { InFlight } from './load/single-flight';
import type { LimitedSource } from './load/time-limit';
import type { Backplane } from './memory/backplane';
import type { MemoryTier } from './memory/memory-tier';
import type { ReadRequest } from './read-request';
import type { SharedStore } from './shared/shared-store';
import type { TagVersions } from './tags';
import type { Tracing } from './tracing';

/** Options of the read path and the write path, which are the cache's. */
interface PathOptions {
  /** Life of a lease where the load's duration isn't known, in milliseconds; else it is three times that. */
  readonly leaseMs: number;
  /** Longest wait of a read for another process's load, in milliseconds, before it loads without filling. */
  readonly waitMs: number;
  /** Longest duration of a load, in milliseconds. */
  readonly loadTimeoutMs: number;
  /** Life of a fence after the purge that set it, in milliseconds. */
  readonly fenceMs: number;
  /** Largest entry that is stored, in characters. */
  readonly maxEntryLength: number;
  /**
   * True where the process lives on after it has answered: refreshes then run beside the answer, and long loads renew their
   * lease.
   */
  readonly background: boolean;
}

/** Dependencies and options of the read path and the write path. */
export interface ReadPathParts<Handle> extends PathOptions {
  readonly memory: MemoryTier<CachedValue>;
  readonly shared: SharedStore | undefined;
  readonly tags: TagVersions | undefined;
  readonly source: LimitedSource<Handle>;
  /** Format of values for which JSON isn't the better one. */
  readonly codec: Codec | undefined;
  /** Serializer of the codec; JSON itself where it has none. */
  readonly serializer: Serializer;
  /** Channel on which purges are published to other processes. */
  readonly backplane: Backplane | undefined;
  /** Counter of the keys that are read most. */
  readonly hotKeys: HotKeys | undefined;
  /** Bound of the loads of this process. */
  readonly loads: Semaphore;
  readonly clock: Clock;
  /** Time that entries count by: the shared tier's, where there is one. */
  readonly now: () => number;
  readonly random: () => number;
  readonly tracing: Tracing;
}

/** One attempt of a read to get its value. */
export interface Attempt<Handle> {
  readonly request: ReadRequest<unknown, Handle>;
  readonly flight: InFlight;
  /** Begin of the attempt, in milliseconds of this process's clock. */
  readonly at: number;
  /** State of the memory fence at its begin; 0 where the entry isn't stored in memory. */
  readonly fence: number;
}
