import type { Clock } from '../../local/types';

/** A clock of the local platform that a test moves. Callbacks run when it is moved to their time, in the order of their times. */
export class ManualClock implements Clock {
  private time = Date.UTC(2026, 0, 1);
  private readonly scheduled = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.time;
  }

  schedule(milliseconds: number, callback: () => void): () => void {
    const entry = { at: this.time + milliseconds, callback };
    this.scheduled.add(entry);
    return () => this.scheduled.delete(entry);
  }

  /** Number of callbacks that are still to run. */
  get pending(): number {
    return this.scheduled.size;
  }

  /** Moves the time. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const [next] = [...this.scheduled].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.scheduled.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = end;
  }
}
