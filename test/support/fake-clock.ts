/** A clock that a test moves. Sleepers wake when it is moved past their time. */
export class FakeClock {
  #now = Date.UTC(2026, 0, 1);
  readonly #sleepers: { at: number; wake: () => void }[] = [];

  now = (): number => this.#now;

  sleep = (milliseconds: number): Promise<void> =>
    new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + milliseconds, wake });
    });

  /** Moves time, wakes who slept until then, and lets them run. */
  async advance(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= this.#now);
    for (const sleeper of due) {
      this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
      sleeper.wake();
    }
    await settled();
  }
}

/** Lets every promise that is ready run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
