import { embeddedMetrics } from './telemetry/embedded-metrics';
import type { ReadCounts, TelemetryOptions } from './telemetry/telemetry';

/** Options of {@link readMetrics}. */
export interface ReadMetricsOptions {
  /** Writer of lines in CloudWatch's embedded metric format: one for each route or namespace that was read. */
  readonly write: (line: string) => void;
  /**
   * Dimensions besides `Route`, such as the function's name.
   * @default - none
   */
  readonly dimensions?: Readonly<Record<string, string>>;
  /**
   * Seconds between two lines of a route.
   * @default 60
   */
  readonly everySeconds?: number;
}

/** Namespace of the metrics of reads in CloudWatch. */
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
} as const satisfies Record<keyof ReadCounts, string>;

/**
 * Receiver of the counts of reads that writes them as CloudWatch metrics, for the cache's `telemetry`. What an environment
 * counted after its last line is lost with it.
 */
export function readMetrics({ write, dimensions, everySeconds }: ReadMetricsOptions): TelemetryOptions {
  return {
    ...(everySeconds !== undefined && { everySeconds }),
    report(Route, counts) {
      if (!Object.values(counts).some((count) => count > 0 || count.length > 0)) return;
      const line = embeddedMetrics({
        namespace: READ_METRICS_NAMESPACE,
        dimensions: { ...dimensions, Route },
        units: READ_METRICS,
        values: { ...counts },
        now: Date.now(),
      });
      if (line) write(line);
    },
  };
}
