import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../consistency/random';

/** Faults of a run, each again and again after pauses of its own, until all end. */
export class Schedules {
  /** Set when a schedule itself failed: the run proves nothing then. */
  failure: Error | undefined;
  readonly #over = new AbortController();
  readonly #running: Promise<void>[] = [];

  /** @param pause shortest and longest time between two, in milliseconds. */
  add(random: Random, [low, high]: readonly [number, number], fault: (random: Random) => Promise<unknown>): void {
    const run = async () => {
      while (!this.#over.signal.aborted) {
        await this.sleep(random.between(low, high));
        if (!this.#over.signal.aborted) await fault(random);
      }
    };
    this.#running.push(
      run().catch((error: Error) => {
        this.failure ??= error;
      }),
    );
  }

  /** Resolves after so many milliseconds, or at the end. */
  sleep(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.#over.signal }).catch(() => {});
  }

  /** Ends all pauses, and resolves once no fault is under way. */
  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
  }
}
