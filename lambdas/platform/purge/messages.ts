/**
 * Everything that the purge path says over the bus. Each message is the `detail` of an event with source {@link SOURCE} and the
 * detail-type it is listed under; rules match on these two.
 */

/** `source` of every event of the platform. */
export const SOURCE = 'cachement';

/** What may be asked of a purge. */
export interface PurgeWish {
  purgeId: string;
  /** May be empty where there are paths. */
  tags: string[];
  /** Of the edge, such as `/products*`; the gateway is flushed, and the shared tier knows nothing of paths. */
  paths?: string[];
  /** `delete` makes entries misses, `expire` makes them stale. */
  mode: 'delete' | 'expire';
  /** Outer tiers at once, and again after the drain. */
  prompt?: boolean;
  /** Goes whatever the budget says. */
  urgent?: boolean;
}

/** `detail` by detail-type. */
export interface Messages {
  /** To the relay, at once: rows are waiting in the outbox. May be lost; the scheduled sweep is the guarantee. */
  OutboxKicked: { purgeId?: string };

  /**
   * To the shared queue: a purge of somebody who can't write to the outbox, such as a rule or the command line. It becomes a row there,
   * once for each id.
   */
  PurgeSubmitted: PurgeWish;

  /** To the shared queue: everything that was committed in this time is to be purged again. Epoch milliseconds. */
  ReplayRequested: { replayId: string; from: number; to: number };

  /** To the shared queue: purge the shared tier. */
  PurgeRequested: PurgeWish & {
    /** Timeline and LSN of the change, 8 and 16 hex digits, read on the primary after the commit. */
    version: string;
  };

  /** To the edge queue: kick the relay at this time. Epoch milliseconds. */
  WakeRequested: { at: number };

  /** To the edge queue: flush the stage cache for these purges, no earlier than `notBefore`. */
  GatewayPurgeRequested: {
    commandId: string;
    purgeIds: string[];
    /** Epoch milliseconds; the drain ends here. */
    notBefore: number;
    /** Requests that refresh everything that the purges are for, and the version that their responses must have; absent for a flush. */
    refresh?: { paths: string[]; version: string };
    /** How often the API has throttled it. */
    throttled?: number;
  };

  /** To the edge queue: invalidate a sealed batch. */
  EdgePurgeRequested: {
    /** Primary key of the batch, and the `CallerReference` of the invalidation. */
    batchId: string;
    /** Items as CloudFront's API takes them, such as `#product:1`. */
    items: string[];
    /** How often the API has throttled it. */
    throttled?: number;
  };

  /** To the shared queue: the stage cache was flushed. */
  GatewayPurged: { commandId: string; purgeIds: string[]; requestedAt: number; acknowledgedAt: number };

  /** To the shared queue: CloudFront took the batch. */
  EdgePurgeAccepted: { batchId: string; invalidationId: string; acceptedAt: number };

  /** To the shared queue: CloudFront says that the batch is done. */
  EdgePurgeCompleted: { batchId: string; invalidationId: string; completedAt: number };

  /** To the shared queue: the cluster as ElastiCache describes it. */
  TopologyReported: {
    replicationGroupId: string;
    status: string;
    reportedAt: number;
    shards: { id: string; status: string; slots: string; nodes: { id: string; role?: string; availabilityZone?: string }[] }[];
  };
}

/** A detail-type. */
export type MessageType = keyof Messages;
