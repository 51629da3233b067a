/**
 * Deadlines for many promises of the same budget with one timer: they end in the order in which they began, so a queue is enough. A timer
 * per command costs a fifth of the throughput of a Redis client.
 */
export class Budget {
  readonly #waiting: { until: number; settled: boolean; expire: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    readonly milliseconds: number,
    private readonly expired: () => Error,
  ) {}

  /** Settles as `promise` does, or rejects once the budget is used up. */
  limit<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const item = { until: performance.now() + this.milliseconds, settled: false, expire: () => reject(this.expired()) };
      promise.then(
        (value) => {
          item.settled = true;
          resolve(value);
        },
        (error) => {
          item.settled = true;
          reject(error);
        },
      );
      this.#waiting.push(item);
      if (!this.#timer) this.#arm();
    });
  }

  #arm(): void {
    while (this.#waiting[0]?.settled) this.#waiting.shift();
    const [first] = this.#waiting;
    if (!first) {
      this.#timer = undefined;
      return;
    }
    this.#timer = setTimeout(
      () => {
        const now = performance.now();
        // Where this process was late itself, answers may be waiting in its sockets: they are read before an immediate runs.
        setImmediate(() => {
          while (this.#waiting[0] && (this.#waiting[0].settled || this.#waiting[0].until <= now)) {
            const item = this.#waiting.shift()!;
            if (!item.settled) item.expire();
          }
          this.#arm();
        });
      },
      Math.max(1, first.until - performance.now()),
    );
    this.#timer.unref();
  }
}
