/**
 * Events of the purge path: rules of the infrastructure match on source and detail-type, functions and the command line write and
 * read the `detail` that is listed under each detail-type.
 */

/** `source` of every event of the platform. */
export const EVENT_SOURCE = 'cachement';

/** Effect of a purge on entries: `delete` makes them misses, `expire` makes them stale. */
export type PurgeMode = 'delete' | 'expire';

/** Purge as it is asked for. */
export interface PurgeRequest {
  purgeId: string;
  /** May be empty where there are paths. */
  tags: string[];
  /** Paths of the edge, such as `/products*`; the gateway is flushed, and the shared tier knows nothing of paths. */
  paths?: string[];
  mode: PurgeMode;
  /** Outer tiers at once, and again after the drain. */
  prompt?: boolean;
  /** Goes whatever the budget says. */
  urgent?: boolean;
}

/** `detail` by detail-type. Times are epoch milliseconds. */
export interface EventDetails {
  /** Rows are waiting in the outbox. May be lost; the scheduled sweep is the guarantee. */
  OutboxKicked: { purgeId?: string };

  /**
   * Purge of somebody who can't write to the outbox, such as a rule or the command line. It becomes a row there, once for each
   * id.
   */
  PurgeSubmitted: PurgeRequest;

  /** Everything that was committed in this time is to be purged again. */
  ReplayRequested: { replayId: string; from: number; to: number };

  /** The shared tier is to be purged. */
  PurgeRequested: PurgeRequest & {
    /** Timeline and LSN of the change, 8 and 16 hex digits, read on the primary after the commit. */
    version: string;
  };

  /** The relay is to be kicked at this time. */
  WakeRequested: { at: number };

  /** Keys that are likely to be read are to be warmed. May be lost: the warmer has a schedule. */
  WarmRequested: { reason: 'deployment' | 'failover' | 'schedule' };

  /** The stage cache is to be flushed for these purges, no earlier than `notBefore`. */
  GatewayPurgeRequested: {
    commandId: string;
    purgeIds: string[];
    /** End of the drain, and time of this message, both by the primary's clock: no other clock is compared with it. */
    notBefore: number;
    sentAt: number;
    /** Time that the executor has waited since, in milliseconds. */
    waitedMs?: number;
    /**
     * Requests that refresh everything that the purges are for, and the version that their responses must have; absent for a
     * flush.
     */
    refresh?: { paths: string[]; version: string };
    /** Number of times that the API has throttled it. */
    throttled?: number;
  };

  /** A sealed batch is to be invalidated. */
  EdgePurgeRequested: {
    /** Primary key of the batch, and the `CallerReference` of the invalidation. */
    batchId: string;
    /** Items as CloudFront's API takes them, such as `#product:1`. */
    items: string[];
    /** Number of times that the API has throttled it. */
    throttled?: number;
  };

  /** The stage cache was flushed. `requestedAt` is by the primary's clock, at the earliest. */
  GatewayPurged: { commandId: string; purgeIds: string[]; requestedAt: number; acknowledgedAt: number };

  /** CloudFront took the batch. */
  EdgePurgeAccepted: { batchId: string; invalidationId: string; acceptedAt: number };

  /** CloudFront says that the batch is done. */
  EdgePurgeCompleted: { batchId: string; invalidationId: string; completedAt: number };

  /** Cluster as ElastiCache describes it. */
  TopologyReported: {
    replicationGroupId: string;
    status: string;
    reportedAt: number;
    shards: { id: string; status: string; slots: string; nodes: { id: string; role?: string; availabilityZone?: string }[] }[];
  };
}

/** Detail-type of an event. */
export type EventType = keyof EventDetails;

/** Events for the relay. */
export const RELAY_EVENTS = ['OutboxKicked'] as const satisfies readonly EventType[];

/** Events for the invalidator, by the queue of the shared tier's steps. */
export const SHARED_EVENTS = [
  'PurgeSubmitted',
  'ReplayRequested',
  'PurgeRequested',
  'GatewayPurged',
  'EdgePurgeAccepted',
  'EdgePurgeCompleted',
  'TopologyReported',
] as const satisfies readonly EventType[];

/** Events for the executor, by the queue of the edge's steps. */
export const EDGE_EVENTS = [
  'GatewayPurgeRequested',
  'EdgePurgeRequested',
  'WakeRequested',
] as const satisfies readonly EventType[];

/** Events that the cache warmer reads keys after. */
export const WARMER_EVENTS = ['PurgeRequested', 'WarmRequested'] as const satisfies readonly EventType[];

/**
 * Detail-type, beside the purge path, of an event without detail: writes are queued that a flusher is to take to the database.
 * May be lost; its schedule is the guarantee.
 */
export const WRITES_QUEUED = 'WritesQueued';

/** Events that somebody outside of the platform may write, as the command line does. */
export const SUBMITTED_EVENTS = ['PurgeSubmitted', 'ReplayRequested'] as const satisfies readonly EventType[];

/** Events that writers publish: whoever changes rows says that the outbox has some, and nothing that a step would act on. */
export const WRITER_PUBLISHES = ['OutboxKicked'] as const satisfies readonly EventType[];

/**
 * Events that relay and invalidator publish: what the outbox asks for, when the relay is to look again, and that a failover has
 * left the shared tier without some entries.
 */
export const KEEPER_PUBLISHES = [
  'PurgeRequested',
  'GatewayPurgeRequested',
  'EdgePurgeRequested',
  'WakeRequested',
  'WarmRequested',
] as const satisfies readonly EventType[];

/** Events that the executor publishes: what the outer tiers answered, and kicks at the time that was asked for. */
export const EXECUTOR_PUBLISHES = [
  'GatewayPurged',
  'EdgePurgeAccepted',
  'EdgePurgeCompleted',
  'OutboxKicked',
] as const satisfies readonly EventType[];

/** Events that the deployment of a site publishes: pages that changed. */
export const SITE_PUBLISHES = ['PurgeSubmitted'] as const satisfies readonly EventType[];

/** Events that the topology reporter publishes. */
export const REPORTER_PUBLISHES = ['TopologyReported'] as const satisfies readonly EventType[];
