/** Reason for which a read went another way than usual. */
export type OutcomeReason =
  /** A purge or another's load came in between. */
  | 'fill-rejected'
  /** The shared tier can't answer. */
  | 'shared-unavailable'
  /** Somebody else's load took too long. */
  | 'lease-wait'
  /** Somebody is about to write the key. */
  | 'write-intent'
  /** The source can't say that the load is recent enough to be stored. */
  | 'unfillable'
  /** The loader named other tags each time it ran. */
  | 'unpredicted-tags'
  /** The value is made from a cached one that is older than a purge. */
  | 'too-old'
  /** The entry is larger than the limit. */
  | 'too-large'
  /** The load failed, and a stale value was served instead. */
  | 'load-failed';

/**
 * Outcome of one read, in one object; the response header, the metrics and the log line are functions of it.
 */
export interface Outcome {
  /** Tier that had the value. */
  readonly tier: 'memory' | 'shared' | 'database';

  /**
   * `hit`: fresh from a cache. `stale`: from a cache, past its freshness. `miss`: loaded from the database.
   * `bypass`: loaded from the database without the shared tier, which was down, or busy with somebody else's load for too long.
   */
  readonly status: 'hit' | 'stale' | 'miss' | 'bypass';

  /** True where the read took the result of another read of the same process. */
  readonly collapsed: boolean;

  /** True where this read stored the value in the shared tier. */
  readonly stored: boolean;

  /** Seconds since the value's load began. */
  readonly ageSeconds: number;

  /** Seconds for which outer tiers may count on the value; 0 where it must not be stored. */
  readonly ttlSeconds: number;

  /** Tags of the value: the declared ones, filled in, and those that the loader named. */
  readonly tags: readonly string[];

  /**
   * Reason for which the value wasn't stored, the shared tier wasn't asked, or a stale value was served.
   * @default - nothing went another way than usual
   */
  readonly reason?: OutcomeReason;
}
