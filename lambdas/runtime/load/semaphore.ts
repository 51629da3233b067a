import { CacheError } from '../errors';

/** Load that waits for its turn. */
interface Waiting {
  /** Number of loads that had overrun their time when it came. */
  readonly since: number;
  begin(): void;
  fail(error: unknown): void;
}

/**
 * Runs a load once there is room.
 *
 * @param mostWaiting number of waiting loads from which on this one fails instead of waiting with them.
 * @throws {CacheError} `E_FALLBACK_FULL` where it does; `E_LOAD_TIMEOUT` where too many others had it.
 */
export type Semaphore = <T>(work: () => Promise<T>, mostWaiting?: number) => Promise<T>;

/**
 * Bound of the loads that run at once, and of those that wait. They begin in the order in which they came, but for a place that a
 * load held for all its time: those who came with it may hang as well, so whoever came last gets it, and who has waited while
 * twice as many as run at once have overrun theirs fails as they did.
 *
 * @param limit largest number of loads that run at once.
 */
export function newSemaphore(limit: number): Semaphore {
  let running = 0;
  let late = 0;
  /** Those who wait, from `front` on: taking the first of a long array moves all others. */
  let waiting: Waiting[] = [];
  let front = 0;

  function first(): Waiting | undefined {
    if (front * 2 > waiting.length) {
      waiting = waiting.slice(front);
      front = 0;
    }
    return waiting[front];
  }

  return async (work, mostWaiting = Infinity) => {
    if (running >= limit) {
      if (waiting.length - front >= mostWaiting) {
        throw new CacheError('E_FALLBACK_FULL', `${mostWaiting} loads wait for the database already`);
      }
      await new Promise<void>((begin, fail) => waiting.push({ since: late, begin, fail }));
    } else running++;
    let next: Waiting | undefined;
    try {
      return await work();
    } catch (error) {
      if ((error as CacheError | undefined)?.code === 'E_LOAD_TIMEOUT') {
        const tooLate = ++late - 2 * limit;
        while ((first()?.since ?? Infinity) <= tooLate) waiting[front++]?.fail(error);
        next = first() && waiting.pop();
      }
      throw error;
    } finally {
      next ??= first() && waiting[front++];
      // Whoever is next takes this place.
      if (next) next.begin();
      else running--;
    }
  };
}
