import { READ_METRICS, READ_METRICS_NAMESPACE, ROUTE_DIMENSION } from '../../lib/contract/metrics';
import { embeddedMetrics } from './telemetry/embedded-metrics';
import { type ReadCounts, type ReadMeter, Telemetry, type TelemetryOptions } from './telemetry/telemetry';

export type { ReadCounts, ReadMeter, Telemetry, TelemetryOptions };

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

export { READ_METRICS, READ_METRICS_NAMESPACE };

/**
 * Receiver of the counts of reads that writes them as CloudWatch metrics, for the cache's `telemetry`. What an environment
 * counted after its last line is lost with it.
 */
export function readMetrics({ write, dimensions, everySeconds }: ReadMetricsOptions): Telemetry {
  return new Telemetry({
    ...(everySeconds !== undefined && { everySeconds }),
    report(name, counts) {
      if (!Object.values(counts).some((count) => count > 0 || count.length > 0)) return;
      const line = embeddedMetrics({
        namespace: READ_METRICS_NAMESPACE,
        dimensions: { ...dimensions, [ROUTE_DIMENSION]: name },
        units: READ_METRICS satisfies Record<keyof ReadCounts, string>,
        values: { ...counts },
        now: Date.now(),
      });
      if (line) write(line);
    },
  });
}

/** Counts of reads for a receiver of one's own, for the cache's `telemetry`. */
export function readCounts(options: TelemetryOptions): Telemetry {
  return new Telemetry(options);
}
