/** Unit of a metric, as CloudWatch names it. */
export type MetricUnit = 'Count' | 'Milliseconds' | 'Percent';

/** Metrics of one line. */
export interface EmbeddedMetrics {
  /** Namespace in CloudWatch. */
  readonly namespace: string;
  /** Dimensions that tell one source of the metrics from another; each combination is billed as metrics of its own. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<string, MetricUnit>>;
  /** A value, or several, of which CloudWatch takes at most 100. */
  readonly values: Readonly<Record<string, number | readonly number[] | undefined>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Line of a log from which CloudWatch takes metrics. @returns undefined where there are no values.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics({ namespace, dimensions, units, values, now }: EmbeddedMetrics): string | undefined {
  const told = Object.entries(values).filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0));
  if (told.length === 0) return undefined;
  const Metrics = told.map(([Name]) => ({ Name, Unit: units[Name] }));
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics }] },
    ...dimensions,
    ...Object.fromEntries(told),
  });
}
