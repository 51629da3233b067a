/** Context of a benchmark. */
export interface BenchmarkContext {
  /** `--name value` pairs of the command line. */
  readonly options: Readonly<Record<string, string>>;
  /** Prints a line for a person. */
  log(line: string): void;
}

/** Runs and returns its figures: one JSON object. */
export type Benchmark = (context: BenchmarkContext) => Promise<Record<string, unknown>>;

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** @param p 0 to 100. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = ((sorted.length - 1) * p) / 100;
  const low = sorted[Math.floor(at)] as number;
  return low + ((sorted[Math.ceil(at)] as number) - low) * (at - Math.floor(at));
}

/** A number with as many digits as its size is worth. */
export function round(value: number): number {
  return Number(value.toPrecision(4));
}
