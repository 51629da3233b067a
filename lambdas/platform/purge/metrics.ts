import { embeddedMetrics } from '../../runtime/telemetry/embedded-metrics';
import { environment } from '../environment';

/** Metrics of the purge path, and their units. */
export const UNITS = {
  /** From the commit to each tier's acknowledgement. */
  CommitToShared: 'Milliseconds',
  CommitToGateway: 'Milliseconds',
  CommitToFresh: 'Milliseconds',
  /** Items that were sealed, that batches and parents saved, and that the budget left to their TTL. */
  EdgeItems: 'Count',
  EdgeItemsSaved: 'Count',
  EdgeItemsLeftToTtl: 'Count',
  /** Of the month's items, in percent. */
  EdgeBudgetUsed: 'Percent',
  /** Rows that were set aside because no report of them ever came. */
  PurgesParked: 'Count',
  /** Purges that wait in the outbox for more than a minute. */
  OutboxOverdue: 'Count',
  /** Tags that a response had beyond what the edge keeps: their purge doesn't reach it there. */
  TagsDropped: 'Count',
  /** Keys that were read again after a purge of theirs. */
  KeysWarmed: 'Count',
  /** Of the keys that were compared with the primary so long after a purge of theirs was committed: 100 for one that is the same, else 0. */
  ConsistentAfter10Seconds: 'Percent',
  ConsistentAfter1Minute: 'Percent',
  ConsistentAfter10Minutes: 'Percent',
} as const;

/** Name of a metric of the purge path. */
export type PurgeMetric = keyof typeof UNITS;

/** Namespace of every metric of the purge path. */
export const METRIC_NAMESPACE = 'Cachement/Purge';

/** What tells the metrics of one stage from those of another: which function says it. */
const DIMENSION = 'FunctionName';

/**
 * Reports values by a line of the log in the embedded metric format, from which CloudWatch takes them.
 */
export function reportMetrics(
  values: Readonly<Partial<Record<PurgeMetric, number | readonly number[]>>>,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
  now: () => number = Date.now,
): void {
  const dimensions = { [DIMENSION]: environment.functionName };
  const line = embeddedMetrics({ namespace: METRIC_NAMESPACE, dimensions, units: UNITS, values, now: now() });
  if (line) write(line);
}
