import type { PoolClient } from 'pg';
import { FUNCTION_DIMENSION, PURGE_METRICS, PURGE_METRICS_NAMESPACE, type PurgeMetric } from '../../../lib/contract/metrics';
import { embeddedMetrics } from '../../runtime/telemetry/embedded-metrics';
import { onCommit } from '../database';
import { environment } from '../environment';

/** Values of metrics, by name. */
export type MetricValues = Readonly<Partial<Record<PurgeMetric, number | readonly number[]>>>;

/**
 * Reports values by a line of the log in the embedded metric format, from which CloudWatch takes them.
 */
export function reportMetrics(
  values: MetricValues,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
  now: () => number = Date.now,
): void {
  const dimensions = { [FUNCTION_DIMENSION]: environment.functionName };
  const line = embeddedMetrics({ namespace: PURGE_METRICS_NAMESPACE, dimensions, units: PURGE_METRICS, values, now: now() });
  if (line) write(line);
}

/** Reports values of what a transaction has done, once it is committed; one that isn't, has done nothing. */
export function reportAfterCommit(client: PoolClient, values: MetricValues): void {
  onCommit(client, () => reportMetrics(values));
}
