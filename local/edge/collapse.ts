/** Result of a fetch that several requests may have waited for. */
export interface Shareable {
  /** True where the requests that waited may have it too. */
  readonly shareable: boolean;
}

/**
 * One fetch at a time for each cache key (CloudFront's request collapsing). Requests that come while it runs wait for it and
 * share what it brings, except where it says that it can't be shared: then each that waited goes to the origin on its own.
 */
export class Collapse<Result extends Shareable> {
  readonly #flights = new Map<string, Promise<Result>>();

  /** True while a fetch for the key is under way. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /** @returns the result, and whether another request's fetch brought it. */
  async run(key: string, fetch: () => Promise<Result>): Promise<{ readonly result: Result; readonly joined: boolean }> {
    const flight = this.#flights.get(key);
    if (flight) {
      const result = await flight;
      return result.shareable ? { result, joined: true } : { result: await fetch(), joined: false };
    }
    const own = fetch();
    this.#flights.set(key, own);
    try {
      return { result: await own, joined: false };
    } finally {
      this.#flights.delete(key);
    }
  }
}
