import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Scope of running loads: what is read within one is known by its context. While nothing is loaded the storage is off, because
 * one that is on costs every promise of the process some time.
 */
export class LoadScope<Load extends { readonly done: boolean; readonly parent: Load | undefined }> {
  readonly #storage = new AsyncLocalStorage<Load | undefined>();
  #running = 0;

  /** Load within which this runs; one that has ended isn't waited for by anyone. */
  get current(): Load | undefined {
    let load = this.#storage.getStore();
    while (load?.done) load = load.parent;
    return load;
  }

  /** Runs within a load, or with undefined within none. */
  async run<T>(load: Load | undefined, work: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await this.#storage.run(load, work);
    } finally {
      if (--this.#running === 0) this.#storage.disable();
    }
  }
}
