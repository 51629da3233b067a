import type { RequestRow, Seen } from './protocol';

/** Durations that are kept; of more, every n-th. */
const SAMPLES = 2000;

/** Count of what viewers of the edge get, from a time on. */
export class SeenCount {
  readonly #from: number;
  #to?: number;
  #counts = { answers: 0, errors: 0, stale: 0, pastFreshness: 0 };
  readonly #durations: number[] = [];

  constructor(from: number) {
    this.#from = from;
  }

  /** True of an answer to a request that came within. */
  covers({ at, asked }: Pick<RequestRow, 'at' | 'asked'>): boolean {
    return asked === 'edge' && at >= this.#from && at <= (this.#to ?? Infinity);
  }

  add(row: RequestRow): void {
    if (!this.covers(row)) return;
    const count = this.#counts.answers++;
    if (row.status >= 500) this.#counts.errors += 1;
    if (row.steps.some(({ outcome }) => outcome === 'stale')) this.#counts.pastFreshness += 1;
    this.#durations[count % SAMPLES] = row.ms;
  }

  addStale(row: RequestRow): void {
    if (this.covers(row)) this.#counts.stale += 1;
  }

  end(to: number): void {
    this.#to ??= to;
  }

  get view(): Seen {
    const sorted = [...this.#durations].sort((a, b) => a - b);
    const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
    return {
      from: this.#from,
      ...(this.#to !== undefined && { to: this.#to }),
      ...this.#counts,
      ...(p95 !== undefined && { p95 }),
    };
  }
}
