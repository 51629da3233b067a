/** Result of a fetch that several requests may have waited for. */
export interface Shareable {
  /** True where the requests that waited may have it too. */
  readonly shareable: boolean;
}

/** Viewer of a request, as far as its fetch is concerned. */
export interface Viewer {
  /** True once its connection has closed, so that nobody gets the answer. */
  readonly gone: boolean;
}

/** Viewer of a fetch that nobody waits for, such as one in the background. */
export const NO_VIEWER: Viewer = { gone: false };

interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly viewers: Viewer[];
}

/**
 * One fetch at a time for each cache key (CloudFront's request collapsing). Requests that come while it runs wait for it and
 * share what it brings, except where it says that it can't be shared: then each that waited goes to the origin on its own.
 */
export class Collapse<Result extends Shareable> {
  readonly #flights = new Map<string, Flight<Result>>();

  /** True while a fetch for the key is under way. */
  has(key: string): boolean {
    return this.#flights.has(key);
  }

  /**
   * @param fetch is told by a function whether any viewer still waits for its result.
   * @returns the result, and whether another request's fetch brought it.
   */
  async run(
    key: string,
    viewer: Viewer,
    fetch: (awaited: () => boolean) => Promise<Result>,
  ): Promise<{ readonly result: Result; readonly joined: boolean }> {
    const flight = this.#flights.get(key);
    if (flight) {
      flight.viewers.push(viewer);
      const result = await flight.result;
      return result.shareable ? { result, joined: true } : { result: await fetch(() => !viewer.gone), joined: false };
    }
    const viewers = [viewer];
    const result = fetch(() => viewers.some(({ gone }) => !gone));
    this.#flights.set(key, { result, viewers });
    try {
      return { result: await result, joined: false };
    } finally {
      this.#flights.delete(key);
    }
  }
}
