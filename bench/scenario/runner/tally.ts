import { build, type Histogram } from 'hdr-histogram-js';
import type { LoadFigures } from '../traffic';

/** Longest latency that is told apart, in microseconds. */
const HIGHEST = 120_000_000;

/** Counts of answers. */
export class Tally {
  count = 0;
  failed = 0;
  bytes = 0;
  #firstByteMs = 0;
  readonly #statuses: Record<string, number> = {};
  readonly #edge: Record<string, number> = {};
  readonly #edgeBytes: Record<string, number> = {};
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST,
    numberOfSignificantValueDigits: 3,
  });

  add(answer: {
    readonly status: number;
    readonly failed: boolean;
    readonly edge?: string;
    readonly bytes: number;
    readonly ms: number;
    /** Time to the first byte. */
    readonly firstByteMs: number;
  }): void {
    this.count++;
    if (answer.failed) this.failed++;
    this.bytes += answer.bytes;
    this.#firstByteMs += answer.firstByteMs;
    this.#statuses[answer.status] = (this.#statuses[answer.status] ?? 0) + 1;
    if (answer.edge) {
      this.#edge[answer.edge] = (this.#edge[answer.edge] ?? 0) + 1;
      this.#edgeBytes[answer.edge] = (this.#edgeBytes[answer.edge] ?? 0) + answer.bytes;
    }
    this.#histogram.recordValue(Math.min(HIGHEST, Math.max(1, Math.round(answer.ms * 1000))));
  }

  figures(): LoadFigures {
    const at = (percentile: number) => (this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percentile) / 1000);
    return {
      count: this.count,
      failed: this.failed,
      statuses: this.#statuses,
      edge: this.#edge,
      edgeBytes: this.#edgeBytes,
      bytes: this.bytes,
      firstByteMeanMs: this.count === 0 ? 0 : Number((this.#firstByteMs / this.count).toPrecision(4)),
      meanMs: this.count === 0 ? 0 : Number((this.#histogram.mean / 1000).toPrecision(4)),
      p50Ms: at(50),
      p95Ms: at(95),
      p99Ms: at(99),
      maxMs: this.count === 0 ? 0 : this.#histogram.maxValue / 1000,
    };
  }
}
