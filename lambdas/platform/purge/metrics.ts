import { FUNCTION_DIMENSION, PURGE_METRICS, PURGE_METRICS_NAMESPACE, type PurgeMetric } from '../../../lib/contract/metrics';
import { embeddedMetrics } from '../../runtime/telemetry/embedded-metrics';
import { environment } from '../environment';

/**
 * Reports values by a line of the log in the embedded metric format, from which CloudWatch takes them.
 */
export function reportMetrics(
  values: Readonly<Partial<Record<PurgeMetric, number | readonly number[]>>>,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
  now: () => number = Date.now,
): void {
  const dimensions = { [FUNCTION_DIMENSION]: environment.functionName };
  const line = embeddedMetrics({ namespace: PURGE_METRICS_NAMESPACE, dimensions, units: PURGE_METRICS, values, now: now() });
  if (line) write(line);
}
