/**
 * Everything that the purge path says over the bus. Each message is the `detail` of an event with source {@link SOURCE} and the
 * detail-type it is listed under; rules match on these two.
 */

/** `source` of every event of the platform. */
export const SOURCE = 'cachement';

/** `detail` by detail-type. */
export interface Messages {
  /** To the relay, at once: rows are waiting in the outbox. May be lost; the scheduled sweep is the guarantee. */
  OutboxKicked: { purgeId?: string };

  /** To the shared queue: purge the shared tier. */
  PurgeRequested: {
    purgeId: string;
    tags: string[];
    /** `delete` makes entries misses, `expire` makes them stale. */
    mode: 'delete' | 'expire';
    /** Timeline and LSN of the change, 8 and 16 hex digits, read on the primary after the commit. */
    version: string;
  };

  /** To the edge queue: flush the stage cache for these purges, no earlier than `notBefore`. */
  GatewayPurgeRequested: {
    commandId: string;
    purgeIds: string[];
    /** Epoch milliseconds; the drain ends here. */
    notBefore: number;
  };

  /** To the edge queue: invalidate a sealed batch. */
  EdgePurgeRequested: {
    /** Primary key of the batch, and the `CallerReference` of the invalidation. */
    batchId: string;
    /** Items as CloudFront's API takes them, such as `#place:2950159`. */
    items: string[];
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
