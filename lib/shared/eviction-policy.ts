/** Policy of evicting entries when memory is full. */
export class EvictionPolicy {
  /** Any entry, the least recently used first. For a cache of which every entry can be loaded again. */
  static readonly ALLKEYS_LRU = new EvictionPolicy('allkeys-lru');

  /** Any entry, the least frequently used first: entries that are read often survive a scan. */
  static readonly ALLKEYS_LFU = new EvictionPolicy('allkeys-lfu');

  /** Entries with a TTL only, the least recently used first. */
  static readonly VOLATILE_LRU = new EvictionPolicy('volatile-lru');

  /** Entries with a TTL only, the next to expire first. */
  static readonly VOLATILE_TTL = new EvictionPolicy('volatile-ttl');

  /** None: writes fail instead. */
  static readonly NO_EVICTION = new EvictionPolicy('noeviction');

  private constructor(
    /** Value of the parameter `maxmemory-policy`. */
    readonly value: string,
  ) {}
}
