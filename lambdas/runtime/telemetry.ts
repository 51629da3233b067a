import type { Clock } from './clock';
import { embeddedMetrics } from './embedded-metrics';
import type { Outcome } from './outcome';

/** What is counted of reads, and where it goes. */
export interface TelemetryOptions {
  /**
   * Takes lines in CloudWatch's embedded metric format: one for each route or namespace that was read.
   * @default - nobody; reads are counted all the same
   */
  readonly write?: (line: string) => void;
  /**
   * Seconds between two lines. A line leaves with a read, so that nothing runs while a Lambda environment is frozen.
   * @default 60
   */
  readonly everySeconds?: number;
  /**
   * Dimensions besides `Route`, such as the function's name.
   * @default - none
   */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** CloudWatch's namespace of what reads say of themselves. */
export const READ_METRICS_NAMESPACE = 'Cachement/Reads';

/** Metrics of reads, and their units; counts are since the last line. */
export const READ_METRICS = {
  MemoryHits: 'Count',
  SharedHits: 'Count',
  /** Served past their freshness. */
  StaleHits: 'Count',
  Misses: 'Count',
  /** Loaded without the shared tier, which was down, or busy with another's load for too long. */
  Bypasses: 'Count',
  /** Reads that took the result of another one of their process. */
  Collapsed: 'Count',
  /** Runs of a loader that a read waited for. */
  Loads: 'Count',
  /** Loads that a purge, or another's load, kept from being stored. */
  FillsRejected: 'Count',
  /** How long hits in the shared tier took; the last hundred. */
  SharedMilliseconds: 'Milliseconds',
  /** How long reads that loaded took; the last hundred. */
  LoadMilliseconds: 'Milliseconds',
} as const;

/** CloudWatch takes no more values of a metric from one line. */
const MOST_VALUES = 100;

/** Counts the reads of one route or namespace. */
export class ReadMeter {
  /** Counted where it happens: a hit in memory is little more than a look into a map. */
  memoryHits = 0;
  #sharedHits = 0;
  #staleHits = 0;
  #misses = 0;
  #bypasses = 0;
  #collapsed = 0;
  #loads = 0;
  #rejected = 0;
  #sharedMs: number[] = [];
  #loadMs: number[] = [];

  /** Whether somebody wants to hear of each read. */
  readonly isHeard: boolean;

  constructor(
    readonly name: string,
    private readonly telemetry: Telemetry,
  ) {
    this.isHeard = telemetry.onRead !== undefined;
  }

  /** Counts a read. @param began {@link performance.now} when it began. */
  read(outcome: Outcome, began: number): void {
    this.telemetry.onRead?.(outcome, this.name);
    const { tier, status, collapsed, reason } = outcome;
    if (tier === 'memory') {
      this.memoryHits++;
      return;
    }
    const now = performance.now();
    const loaded = tier === 'database';
    if (loaded && status === 'bypass') this.#bypasses++;
    else if (loaded) this.#misses++;
    else if (status === 'stale') this.#staleHits++;
    else this.#sharedHits++;
    if (collapsed) this.#collapsed++;
    else if (loaded) this.#loads++;
    if (reason === 'fill-rejected') this.#rejected++;
    const times = loaded ? this.#loadMs : this.#sharedMs;
    if (times.push(now - began) > MOST_VALUES) times.shift();
    this.telemetry.tick(now);
  }

  /** What was counted since the last time; undefined where there was no read. */
  take(): Record<keyof typeof READ_METRICS, number | readonly number[]> | undefined {
    const counts = {
      MemoryHits: this.memoryHits,
      SharedHits: this.#sharedHits,
      StaleHits: this.#staleHits,
      Misses: this.#misses,
      Bypasses: this.#bypasses,
      Collapsed: this.#collapsed,
      Loads: this.#loads,
      FillsRejected: this.#rejected,
    };
    if (Object.values(counts).every((count) => count === 0)) return undefined;
    const times = { SharedMilliseconds: this.#sharedMs, LoadMilliseconds: this.#loadMs };
    this.memoryHits = this.#sharedHits = this.#staleHits = this.#misses = 0;
    this.#bypasses = this.#collapsed = this.#loads = this.#rejected = 0;
    this.#sharedMs = [];
    this.#loadMs = [];
    return { ...counts, ...times };
  }
}

/** Counts every read, and says so now and then. */
export class Telemetry {
  readonly #meters = new Map<string, ReadMeter>();
  readonly #everyMs: number;
  #due: number;

  constructor(
    private readonly options: TelemetryOptions,
    private readonly clock: Clock,
    readonly onRead: ((outcome: Outcome, name: string) => void) | undefined,
  ) {
    this.#everyMs = (options.everySeconds ?? 60) * 1000;
    this.#due = performance.now() + this.#everyMs;
  }

  /** The counts of a route or namespace. */
  meter(name: string): ReadMeter {
    let meter = this.#meters.get(name);
    if (!meter) {
      meter = new ReadMeter(name, this);
      this.#meters.set(name, meter);
    }
    return meter;
  }

  /** @param now {@link performance.now} */
  tick(now: number): void {
    if (now >= this.#due) this.flush(now);
  }

  /** Says what was counted since the last time. */
  flush(now = performance.now()): void {
    this.#due = now + this.#everyMs;
    const { write, dimensions } = this.options;
    if (!write) return;
    for (const [Route, meter] of this.#meters) {
      const values = meter.take();
      const line = embeddedMetrics({
        namespace: READ_METRICS_NAMESPACE,
        dimensions: { ...dimensions, Route },
        units: READ_METRICS,
        values: values ?? {},
        now: this.clock.now(),
      });
      if (line) write(line);
    }
  }
}
