import { AsyncLocalStorage } from 'node:async_hooks';
import { Client, Pool } from 'pg';

interface Spent {
  /** Calls of the database under way, and since when there is one. */
  underWay: number;
  since: number;
  milliseconds: number;
}

const spending = new AsyncLocalStorage<Spent>();

/** Counts the time in which a call waits for the database: its connections and its statements. To be called once. */
export function countDatabaseTime(): void {
  for (const { prototype, names } of [
    { prototype: Pool.prototype, names: ['connect', 'query'] },
    { prototype: Client.prototype, names: ['query'] },
  ]) {
    const methods = prototype as unknown as Record<string, (...words: unknown[]) => unknown>;
    for (const name of names) {
      const method = methods[name]!;
      methods[name] = function (this: unknown, ...words: unknown[]) {
        const result = method.apply(this, words);
        const spent = spending.getStore();
        // With a callback it is a part of a call that is counted itself.
        if (!spent || !(result instanceof Promise)) return result;
        if (spent.underWay++ === 0) spent.since = performance.now();
        const end = () => {
          if (--spent.underWay === 0) spent.milliseconds += performance.now() - spent.since;
        };
        result.then(end, end);
        return result;
      };
    }
  }
}

/** @returns milliseconds that the work took, and those of them in which it waited for the database. */
export function timed(work: () => Promise<unknown>): Promise<{ readonly ms: number; readonly databaseMs: number }> {
  const spent: Spent = { underWay: 0, since: 0, milliseconds: 0 };
  return spending.run(spent, async () => {
    const began = performance.now();
    await work();
    return { ms: performance.now() - began, databaseMs: spent.milliseconds };
  });
}
