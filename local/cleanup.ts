/** Steps to undo, latest first. */
export class Cleanup {
  readonly #steps: (() => unknown)[] = [];
  #running?: Promise<void>;

  /** Adds a step. Once the cleanup has begun, the step runs at once. */
  add(step: () => unknown): void {
    if (this.#running) this.#running = this.#running.then(async () => void (await step()));
    else this.#steps.push(step);
  }

  /**
   * Runs every step, also after one that failed. Later calls give the same result.
   * @throws {AggregateError} of what failed.
   */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `could not clean up: ${errors.map(String).join('; ')}`);
  }
}
