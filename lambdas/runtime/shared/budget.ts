import { monotonicNow } from '../clock';

/** Operation that can still be made to fail; ioredis's `Command` is one. */
export interface Pending {
  /** True once it has settled. */
  readonly isResolved: boolean;
  reject(error: Error): void;
}

/**
 * Deadlines for many operations of the same budget with one timer: they end in the order in which they began, so a queue is
 * enough. A timer per command costs a fifth of the throughput of a Redis client.
 */
export class Budget {
  /** Operations and their ends, oldest first, from `#front` on. */
  #operations: (Pending | undefined)[] = [];
  #ends: number[] = [];
  #front = 0;
  #armed = false;
  readonly #expired: () => Error;

  constructor(
    readonly milliseconds: number,
    expired: () => Error,
  ) {
    this.#expired = expired;
  }

  /** Makes the operation fail once the budget is used up. */
  bound(operation: Pending): void {
    // Those that have settled go at once: a queue that kept answers for as long as a budget would fill the heap with them.
    while (this.#operations[this.#front]?.isResolved) this.#operations[this.#front++] = undefined;
    if (this.#front > 256 && this.#front * 2 > this.#operations.length) this.#compact();
    this.#operations.push(operation);
    this.#ends.push(monotonicNow() + this.milliseconds);
    if (!this.#armed) this.#arm(this.milliseconds);
  }

  /** Settles as `promise` does, or rejects once the budget is used up. */
  limit<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending = { isResolved: false, reject };
      this.bound(pending);
      promise.then(
        (value) => {
          pending.isResolved = true;
          resolve(value);
        },
        (error) => {
          pending.isResolved = true;
          reject(error);
        },
      );
    });
  }

  #arm(milliseconds: number): void {
    this.#armed = true;
    // A process that was busy, or frozen, finds its timers due before it has read the answers that wait for it: it reads them
    // first.
    setTimeout(() => setImmediate(() => this.#expire()), Math.max(1, milliseconds)).unref();
  }

  #expire(): void {
    const now = monotonicNow();
    const overdue: Pending[] = [];
    for (; this.#front < this.#operations.length; this.#front++) {
      const operation = this.#operations[this.#front];
      if (operation && !operation.isResolved) {
        if ((this.#ends[this.#front] as number) > now) break;
        overdue.push(operation);
      }
    }
    this.#compact();
    this.#armed = this.#ends.length > 0;
    if (this.#armed) this.#arm((this.#ends[0] as number) - now);
    for (const operation of overdue) operation.reject(this.#expired());
  }

  #compact(): void {
    this.#operations = this.#operations.slice(this.#front);
    this.#ends = this.#ends.slice(this.#front);
    this.#front = 0;
  }
}
