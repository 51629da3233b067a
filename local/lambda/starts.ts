import * as os from 'node:os';

/** Time for which a start counts at most, in milliseconds: code that hangs while it initialises holds up no other function's. */
const LONGEST_MS = 3000;
/** Time over which it is seen whether the processors have something to spare, in milliseconds. */
const WINDOW_MS = 500;
/** Interval at which starts that wait are looked at, in milliseconds. */
const POLL_MS = 50;
/** Share of their time without work from which on they have. */
const SPARE = 0.2;

/** Environments of a function, as far as their starts are concerned. */
export interface Starting {
  /** True where invocations wait that no start is under way for. */
  readonly isWaiting: boolean;
  /** @returns true where they have waited long enough to have another environment. */
  wantsStart(): boolean;
  /** @returns true where nothing else serves them: the environments that there are don't become free. */
  isUrgent(): boolean;
  /** @returns when it is over, whatever became of it. */
  start(): Promise<unknown>;
}

/**
 * Starts of all functions. On AWS each has a processor of its own. Here they take the time from each other and from the
 * environments that serve: so many run at once as there are processors, and while those have nothing to spare only what is
 * urgent. More of them would then serve less.
 */
export class Starts {
  #running = 0;
  readonly #wanting = new Set<Starting>();
  #timer: NodeJS.Timeout | undefined;
  #seen = processorTimes();
  #spare = 1;
  #isOver = false;

  constructor(private readonly atOnce: number = Math.max(2, os.availableParallelism())) {}

  /** Starts what the function wants, in turn with others. */
  request(of: Starting): void {
    if (this.#isOver) return;
    this.#wanting.add(of);
    this.#next();
  }

  /** Starts nothing any more. */
  dispose(): void {
    this.#isOver = true;
    this.#wanting.clear();
    clearTimeout(this.#timer);
  }

  #next(): void {
    clearTimeout(this.#timer);
    while (this.#running < this.atOnce) {
      const of = this.#chosen();
      if (!of) break;
      // The others come before its next one.
      this.#wanting.delete(of);
      this.#wanting.add(of);
      this.#began(of.start());
    }
    if (this.#wanting.size > 0) this.#timer = setTimeout(() => this.#next(), POLL_MS);
  }

  #chosen(): Starting | undefined {
    for (const of of this.#wanting) {
      if (!of.isWaiting) this.#wanting.delete(of);
      else if (of.wantsStart() && (this.#hasSpare() || of.isUrgent())) return of;
    }
    return undefined;
  }

  #began(ready: Promise<unknown>): void {
    this.#running += 1;
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#running -= 1;
      this.#next();
    };
    const timer = setTimeout(end, LONGEST_MS);
    void ready.then(end);
  }

  #hasSpare(): boolean {
    if (performance.now() - this.#seen.at >= WINDOW_MS) {
      const now = processorTimes();
      this.#spare = (now.idle - this.#seen.idle) / Math.max(1, now.all - this.#seen.all);
      this.#seen = now;
    }
    return this.#spare >= SPARE;
  }
}

/** Milliseconds of all processors since they began, and those of them without work. */
function processorTimes() {
  let [idle, all] = [0, 0];
  for (const { times } of os.cpus()) {
    idle += times.idle;
    for (const time of Object.values(times)) all += time;
  }
  return { at: performance.now(), idle, all };
}
