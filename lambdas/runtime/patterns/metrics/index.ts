import {
  NAME_DIMENSION,
  PATTERN_DIMENSION,
  PATTERN_METRICS,
  PATTERN_METRICS_NAMESPACE,
  type PatternMetric,
} from '../../../../lib/contract/metrics';
import { checkNumber } from '../../arguments';
import { monotonicNow } from '../../clock';
import { embeddedMetrics } from '../../telemetry/embedded-metrics';

export { PATTERN_METRICS, type PatternMetric };

/** Metric that is a count. */
export type PatternCount = Exclude<PatternMetric, 'Milliseconds' | 'Operations'>;

/** Options of {@link patternMetrics}. */
export interface PatternMetricsOptions {
  /** Writer of lines in CloudWatch's embedded metric format: one for each pattern and name that was used. */
  readonly write: (line: string) => void;
  /**
   * Dimensions besides `Pattern` and `Name`, such as the function's name.
   * @default - none
   */
  readonly dimensions?: Readonly<Record<string, string>>;
  /**
   * Seconds between two lines. They leave with an operation, so that nothing runs while a Lambda environment is frozen.
   * @default 60
   */
  readonly everySeconds?: number;
}

/** Largest number of values of a metric that CloudWatch takes from one line. */
const MOST_VALUES = 100;

/** Counter of one pattern's operations. */
export class PatternMeter {
  #counts = new Map<PatternMetric, number>();
  #milliseconds: number[] = [];
  readonly #tick: (now: number) => void;

  constructor(tick: (now: number) => void) {
    this.#tick = tick;
  }

  /** Counts an operation. @param began {@link monotonicNow} when it began. */
  operation(began: number): void {
    const now = monotonicNow();
    if (this.#milliseconds.push(now - began) > MOST_VALUES) this.#milliseconds.shift();
    this.#add('Operations', 1);
    this.#tick(now);
  }

  /** Adds to a count. */
  add(what: PatternCount, by = 1): void {
    this.#add(what, by);
  }

  /** Counts since the last time. */
  take(): Partial<Record<PatternMetric, number | readonly number[]>> {
    const taken = { ...Object.fromEntries(this.#counts), Milliseconds: this.#milliseconds };
    this.#counts = new Map();
    this.#milliseconds = [];
    return taken;
  }

  #add(what: PatternMetric, by: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }
}

/** Counters of all patterns of a process. */
export class PatternMetrics {
  readonly #meters = new Map<string, { readonly pattern: string; readonly name: string; readonly meter: PatternMeter }>();
  readonly #options: PatternMetricsOptions;
  readonly #everyMs: number;
  #due: number;

  constructor(options: PatternMetricsOptions) {
    this.#options = options;
    this.#everyMs = checkNumber('everySeconds', options.everySeconds ?? 60, 0) * 1000;
    this.#due = monotonicNow() + this.#everyMs;
  }

  /** Counter of a pattern by name. */
  meter(pattern: string, name: string): PatternMeter {
    const key = `${pattern} ${name}`;
    const meter = this.#meters.get(key)?.meter ?? new PatternMeter((now) => now >= this.#due && this.flush(now));
    this.#meters.set(key, { pattern, name, meter });
    return meter;
  }

  /** Writes the counts since the last lines. */
  flush(now = monotonicNow()): void {
    this.#due = now + this.#everyMs;
    for (const { pattern, name, meter } of this.#meters.values()) {
      const line = embeddedMetrics({
        namespace: PATTERN_METRICS_NAMESPACE,
        dimensions: { ...this.#options.dimensions, [PATTERN_DIMENSION]: pattern, [NAME_DIMENSION]: name },
        units: PATTERN_METRICS,
        values: meter.take(),
        now: Date.now(),
      });
      if (line) this.#options.write(line);
    }
  }
}

/** Receiver of the counts of patterns that writes them as CloudWatch metrics, for the option `metrics` of each pattern. */
export function patternMetrics(options: PatternMetricsOptions): PatternMetrics {
  return new PatternMetrics(options);
}
