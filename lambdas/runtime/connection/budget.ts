/** Operation that can still be made to fail; ioredis's `Command` is one. */
export interface Pending {
  /** True once it has settled. */
  readonly isResolved: boolean;
  /** Key that it is about, from which its server follows. */
  readonly key?: string | undefined;
  /** Time at which it ends; the budget's, as is the next. */
  end?: number;
  /** Time at which it ends whatever its server does; set once its end was put off. */
  until?: number;
  reject(error: Error): void;
}

/** Progress of the servers that owe answers. Times are those of a budget's clock, in milliseconds. */
export interface Progress {
  /** Looks at every server. */
  observe(now: number): void;
  /** Time at which an operation's server was last seen to make progress; undefined where it wasn't. */
  lastAt(operation: Pending): number | undefined;
}

/** Ticks of a budget. */
const TICKS = 5;
/** Budgets after which an operation ends though its server makes progress with others. */
const MOST_BUDGETS = 40;

/**
 * Deadlines for many operations of the same budget with one timer: they end in the order in which they began, so a queue is
 * enough. A timer per command costs a fifth of the throughput of a Redis client.
 *
 * What is charged is the server's time. The budget's clock ticks a fifth of a budget at a time, at most once a turn of the event
 * loop: a process that was busy, or frozen, is charged one tick for it. And while a server makes progress an operation waits in
 * a queue of this process, which isn't the server's fault.
 */
export function newBudget(ms: number, expired: (operation: Pending) => Error, progress?: Progress) {
  /** Operations, oldest first, from `front` on. */
  let operations: (Pending | undefined)[] = [];
  let front = 0;
  let now = 0;
  let armed = false;
  const tickMs = Math.max(1, ms / TICKS);

  /** Makes the operation fail once the budget is used up. */
  function bound(operation: Pending): void {
    // Those that have settled go at once: a queue that kept answers for as long as a budget would fill the heap with them.
    while (operations[front]?.isResolved) operations[front++] = undefined;
    if (front > 256 && front * 2 > operations.length) compact();
    operation.end = now + ms;
    operations.push(operation);
    if (!armed) arm();
  }

  /** Settles as `promise` does, or rejects once the budget is used up. */
  function limit<T>(promise: Promise<T>, key?: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending = { isResolved: false, key, reject };
      bound(pending);
      promise.then(resolve, reject).then(() => {
        pending.isResolved = true;
      });
    });
  }

  function arm(): void {
    armed = true;
    // A process that was busy, or frozen, finds its timers due before it has read the answers that wait for it: it reads them
    // first.
    setTimeout(() => setImmediate(tick), tickMs).unref();
  }

  function tick(): void {
    now += tickMs;
    progress?.observe(now);
    const overdue: Pending[] = [];
    for (; front < operations.length; front++) {
      const operation = operations[front];
      if (!operation || operation.isResolved) continue;
      const end = operation.end as number;
      if (end > now) break;
      operation.until ??= end + MOST_BUDGETS * ms;
      operation.end = Math.min(operation.until, (progress?.lastAt(operation) ?? 0) + ms);
      (operation.end > now ? operations : overdue).push(operation);
    }
    compact();
    armed = operations.length > 0;
    if (armed) arm();
    for (const operation of overdue) operation.reject(expired(operation));
  }

  function compact(): void {
    operations = operations.slice(front);
    front = 0;
  }

  return { ms, bound, limit };
}

/** Deadlines of one budget. */
export type Budget = ReturnType<typeof newBudget>;
