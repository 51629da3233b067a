import type { Messages } from './protocol';
import type { Viewer } from './server';

/** Sends a message to everybody who looks. */
export type Send = <Name extends keyof Messages>(name: Name, data: Messages[Name]) => void;

/** Work that is done again and again while somebody looks. */
export interface Task {
  /** Pause between its end and its next begin. */
  readonly everyMs: number;
  readonly run: (send: Send) => void | Promise<void>;
  /** Gives back what it holds, once nobody looks. */
  readonly rest?: () => void | Promise<void>;
}

/** Runs tasks while somebody looks, and nothing while nobody does. */
export class Watch {
  readonly #viewers = new Set<Viewer>();
  readonly #timers = new Map<Task, NodeJS.Timeout>();
  /** The last run of each. */
  readonly #runs = new Map<Task, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  readonly #log: (message: string) => void;
  readonly #tasks: readonly Task[];

  constructor(log: (message: string) => void, tasks: readonly Task[]) {
    this.#log = log;
    this.#tasks = tasks;
  }

  /** @returns its end. */
  join(viewer: Viewer): () => void {
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) for (const task of this.#tasks) this.#schedule(task, 0);
    return () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#rest();
    };
  }

  async dispose(): Promise<void> {
    this.#viewers.clear();
    this.#rest();
    await Promise.all(this.#running);
  }

  #rest(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const task of this.#tasks) if (task.rest) this.#attempt(async () => task.rest?.());
  }

  #schedule(task: Task, milliseconds: number): void {
    clearTimeout(this.#timers.get(task));
    const timer = setTimeout(async () => {
      const isCurrent = () => this.#timers.get(task) === timer;
      // Of those who looked before, if they left in the middle of it.
      await this.#runs.get(task);
      if (!isCurrent()) return;
      const run = this.#attempt(async () => task.run((name, data) => this.#send(name, data)));
      this.#runs.set(task, run);
      await run;
      if (isCurrent()) this.#schedule(task, task.everyMs);
    }, milliseconds);
    this.#timers.set(task, timer);
  }

  #send<Name extends keyof Messages>(name: Name, data: Messages[Name]): void {
    for (const viewer of this.#viewers) viewer.send(name, data);
  }

  /** What fails now, such as a question to an engine that is stopped, is tried again next time. */
  #attempt(work: () => Promise<void>): Promise<void> {
    const running = work()
      .catch((error: Error) => this.#log(`a look failed: ${error.message}`))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }
}
