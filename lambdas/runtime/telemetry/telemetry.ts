import { checkNumber } from '../arguments';
import { monotonicNow } from '../clock';
import type { Outcome } from './outcome';

/** Options of {@link Telemetry}. */
export interface TelemetryOptions {
  /** Handler of the counts of one route or namespace since the last report. */
  readonly report: (name: string, counts: ReadCounts) => void;
  /**
   * Seconds between two reports. They leave with a read, so that nothing runs while a Lambda environment is frozen.
   * @default 60
   */
  readonly everySeconds?: number;
}

/** Counts of the reads of one route or namespace, by outcome. Names are those of the metrics. */
export interface ReadCounts {
  /** Hits in memory. */
  MemoryHits: number;
  /** Fresh hits in the shared tier. */
  SharedHits: number;
  /** Reads served past their freshness. */
  StaleHits: number;
  /** Reads loaded under the lease, or where memory is the only tier. */
  Misses: number;
  /** Reads loaded without the shared tier, which was down, or busy with another's load for too long. */
  Bypasses: number;
  /** Reads that took the result of another one of their process. */
  Collapsed: number;
  /** Runs of a loader that a read waited for. */
  Loads: number;
  /** Loads that a purge, or another's load, kept from being stored. */
  FillsRejected: number;
  /** Durations of hits in the shared tier, in milliseconds; the last hundred. */
  SharedMilliseconds: number[];
  /** Durations of reads that loaded, in milliseconds; the last hundred. */
  LoadMilliseconds: number[];
}

/** Largest number of values of a metric that CloudWatch takes from one line. */
const MOST_VALUES = 100;

/** Counter of the reads of one route or namespace. */
export class ReadMeter {
  /** Counts, which the reader adds to as well: a hit in memory is little more than a look into a map. */
  counts = nothing();

  readonly #telemetry: Telemetry;

  constructor(
    /** Name of the route or namespace. */
    readonly name: string,
    telemetry: Telemetry,
  ) {
    this.#telemetry = telemetry;
  }

  /** Counts a read. @param began {@link monotonicNow} when it began. */
  read(outcome: Outcome, began: number): void {
    const { counts } = this;
    const { tier, status, collapsed, reason } = outcome;
    if (tier === 'memory') {
      counts.MemoryHits++;
      return;
    }
    const now = monotonicNow();
    const loaded = tier === 'database';
    if (loaded && status === 'bypass') counts.Bypasses++;
    else if (loaded) counts.Misses++;
    else if (status === 'stale') counts.StaleHits++;
    else counts.SharedHits++;
    if (collapsed) counts.Collapsed++;
    else if (loaded) counts.Loads++;
    if (reason === 'fill-rejected') counts.FillsRejected++;
    const times = loaded ? counts.LoadMilliseconds : counts.SharedMilliseconds;
    if (times.push(now - began) > MOST_VALUES) times.shift();
    this.#telemetry.tick(now);
  }
}

/** Counters of all reads, reported at an interval; made by `readMetrics()` or `readCounts()`. */
export class Telemetry {
  readonly #meters = new Map<string, ReadMeter>();
  readonly #everyMs: number;
  #due: number;
  readonly #report: TelemetryOptions['report'];

  constructor({ report, everySeconds = 60 }: TelemetryOptions) {
    this.#report = report;
    this.#everyMs = checkNumber('everySeconds', everySeconds, 0) * 1000;
    this.#due = monotonicNow() + this.#everyMs;
  }

  /** Counter of a route or namespace. */
  meter(name: string): ReadMeter {
    let meter = this.#meters.get(name);
    if (!meter) {
      meter = new ReadMeter(name, this);
      this.#meters.set(name, meter);
    }
    return meter;
  }

  /** Reports where a report is due. @param now {@link monotonicNow} */
  tick(now: number): void {
    if (now >= this.#due) this.flush(now);
  }

  /** Reports the counts since the last report. */
  flush(now = monotonicNow()): void {
    this.#due = now + this.#everyMs;
    for (const meter of this.#meters.values()) {
      const { counts } = meter;
      meter.counts = nothing();
      this.#report(meter.name, counts);
    }
  }
}

function nothing(): ReadCounts {
  return {
    MemoryHits: 0,
    SharedHits: 0,
    StaleHits: 0,
    Misses: 0,
    Bypasses: 0,
    Collapsed: 0,
    Loads: 0,
    FillsRejected: 0,
    SharedMilliseconds: [],
    LoadMilliseconds: [],
  };
}
