/**
 * Work of which one run at a time is enough for everybody who asked before it began: those who ask while one runs share the next.
 */
export class NextRun<T> {
  #current: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  /**
   * @param work the run, if it is to be begun for this one; otherwise that of somebody who asked before.
   * @returns result of a run that began after this was called.
   */
  after(work: () => Promise<T>): Promise<T> {
    if (this.#current) {
      this.#next ??= this.#current
        .catch(() => undefined)
        .then(() => {
          this.#next = undefined;
          return this.after(work);
        });
      return this.#next;
    }
    this.#current = work().finally(() => {
      this.#current = undefined;
    });
    return this.#current;
  }
}
