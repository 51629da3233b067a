import type { EdgeInvalidation } from '../observations';
import type { Figures, RequestRow } from './protocol';
import { Rates } from './rates';
import type { Recorder } from './recorder';
import { Requests } from './requests';

/** Rows that are sent at a time; of more, the last. */
const SENT = 100;

/** Requests and their figures, read from the recorder when somebody looks. */
export class Traffic {
  readonly #recorder: Recorder;
  readonly #requests = new Requests();
  readonly #rates = new Rates();
  #read = 0;
  #missed = 0;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** The last rows, the oldest first. */
  get rows(): readonly RequestRow[] {
    return this.#requests.rows;
  }

  /** Effects of invalidations at the edge, the oldest first. */
  get invalidations(): readonly EdgeInvalidation[] {
    return this.#requests.invalidations;
  }

  /** Reads what is new. @param take - takes the new rows, where there are any */
  collect(take: (rows: readonly RequestRow[]) => void): readonly RequestRow[] {
    const observations = this.#recorder.since(this.#read);
    // What nobody was there to see isn't missed.
    if (this.#read > 0) this.#missed += this.#recorder.count - this.#read - observations.length;
    this.#read = this.#recorder.count;
    const rows = observations.map((one) => this.#requests.add(one)).filter((row) => row !== undefined);
    for (const row of rows) this.#rates.add(row);
    if (rows.length > 0) take(rows.slice(-SENT));
    return rows;
  }

  addStale(rows: readonly RequestRow[]): void {
    for (const row of rows) this.#rates.addStale(row);
  }

  figures(now: number): Figures {
    return this.#rates.figures(now, this.#missed);
  }
}
