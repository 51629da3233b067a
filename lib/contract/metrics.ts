/**
 * Metrics that functions write, with their units as CloudWatch names them; dashboards and alarms are made from the same names.
 */

/** Dimension with the name of the function that writes a metric. */
export const FUNCTION_DIMENSION = 'FunctionName';

/** Dimension with the name of a route or namespace. */
export const ROUTE_DIMENSION = 'Route';

/** Namespace of every metric of the purge path. */
export const PURGE_METRICS_NAMESPACE = 'Cachement/Purge';

/** Metrics of the purge path, and their units. */
export const PURGE_METRICS = {
  /** Time from the commit to the shared tier's acknowledgement. */
  CommitToShared: 'Milliseconds',
  /** Time from the commit to the gateway's acknowledgement. */
  CommitToGateway: 'Milliseconds',
  /** Time from the commit to the edge's completion. */
  CommitToFresh: 'Milliseconds',
  /** Items that were sealed. */
  EdgeItems: 'Count',
  /** Items that batches and parents saved. */
  EdgeItemsSaved: 'Count',
  /** Items that the budget left to their TTL. */
  EdgeItemsLeftToTtl: 'Count',
  /** Share of the month's items that is used. */
  EdgeBudgetUsed: 'Percent',
  /** Rows that are parked because no report of them ever came. */
  PurgesParked: 'Count',
  /** Purges that wait in the outbox for more than a minute. */
  OutboxOverdue: 'Count',
  /** Tags that a response had beyond what the edge keeps: their purge doesn't reach it there. */
  TagsDropped: 'Count',
  /** Keys that were loaded before a viewer asked for them. */
  KeysWarmed: 'Count',
  /** Share of an hour's reads that the plan of the hour before would have covered. */
  PredictedCoverage: 'Percent',
  /** Keys that were compared with the primary so long after the commit of their purge: 100 for one that is the same, else 0. */
  ConsistentAfter10Seconds: 'Percent',
  ConsistentAfter1Minute: 'Percent',
  ConsistentAfter10Minutes: 'Percent',
} as const;

/** Name of a metric of the purge path. */
export type PurgeMetric = keyof typeof PURGE_METRICS;

/** Namespace of the metrics of reads. */
export const READ_METRICS_NAMESPACE = 'Cachement/Reads';

/** Metrics of reads, and their units; counts are since the last line. */
export const READ_METRICS = {
  MemoryHits: 'Count',
  SharedHits: 'Count',
  StaleHits: 'Count',
  Misses: 'Count',
  Bypasses: 'Count',
  Collapsed: 'Count',
  Loads: 'Count',
  FillsRejected: 'Count',
  SharedMilliseconds: 'Milliseconds',
  LoadMilliseconds: 'Milliseconds',
} as const;

/** Name of a metric of reads. */
export type ReadMetric = keyof typeof READ_METRICS;

/** Namespace of the metrics of patterns. */
export const PATTERN_METRICS_NAMESPACE = 'Cachement/Patterns';

/** Dimension with the name of a pattern, as its folder is called. */
export const PATTERN_DIMENSION = 'Pattern';

/** Dimension with the name that a pattern was given. */
export const NAME_DIMENSION = 'Name';

/** Metrics of patterns, and their units; counts are since the last line. */
export const PATTERN_METRICS = {
  Operations: 'Count',
  /** Operations that were refused by the pattern's rule, such as a limit. */
  Denied: 'Count',
  /** Comparisons that found another value than the caller's. */
  Conflicts: 'Count',
  /** Repetitions that were told the first one's answer. */
  Duplicates: 'Count',
  /** Operations without an answer of the shared tier. */
  Unavailable: 'Count',
  Milliseconds: 'Milliseconds',
  /** Holds that the database couldn't keep. */
  BrokenHolds: 'Count',
} as const;

/** Name of a metric of patterns. */
export type PatternMetric = keyof typeof PATTERN_METRICS;
