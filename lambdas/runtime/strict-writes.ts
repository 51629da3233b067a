import type { Cache } from './cache';
import { got } from './error-text';
import { ignored, invalid } from './errors';
import type { EntryRef } from './read-request';
import { newToken } from './token';

/** Options of a strict write. */
export interface StrictOptions {
  /**
   * Longest duration of the commit, in milliseconds; the database must end the transaction by then (`transaction_timeout`). If
   * nobody says how it ended, the keys aren't filled for this long.
   * @default 5000
   */
  readonly timeoutMs?: number;
}

/** Life of an intent beyond that of its commit, in milliseconds: the purge needs some time, too. */
const INTENT_MARGIN_MS = 2000;

/**
 * Strict write: runs `commit` so that no read that begins after it hits what was there before it, on these entries, where their
 * namespace has no memory tier. The write is announced to every key, committed, and purged: from before the commit until after
 * the purge the keys are loaded by whoever reads them, and filled by nobody. Costs two round trips to each entry's master.
 *
 * @throws whatever `commit` throws; and {@link CacheError} `E_SHARED_UNAVAILABLE` before the commit, which then isn't tried, or
 * after it, where an entry isn't filled until its intent has ended; `E_INVALID_ARGUMENT` where a timeout isn't one.
 */
export async function strictly<T, Handle>(
  cache: Pick<Cache<Handle>, 'internals'>,
  entries: readonly EntryRef[],
  { timeoutMs = 5000 }: StrictOptions,
  commit: () => Promise<T>,
): Promise<T> {
  if (!(timeoutMs > 0 && timeoutMs <= 3_600_000)) {
    throw invalid(`'timeoutMs' must be more than 0 and at most an hour, got: ${got(timeoutMs)}`);
  }
  const { readPath, read } = cache.internals;
  const { shared, source, fenceMs } = read;
  const publishAll = () => Promise.all(entries.map((entry) => readPath.publish(entry)));
  if (!shared) return commit().finally(publishAll);
  const writer = newToken();
  // However the commit ends, a version read after it is good for every key, written or not.
  const purge = async (): Promise<void> => {
    const version = await source.current();
    const purges = await Promise.allSettled(
      entries.map(({ entryName }) => shared.purgeKey(entryName, version, fenceMs, { writer })),
    );
    await publishAll();
    throwFirst(purges);
  };
  const intentMs = Math.ceil(timeoutMs) + INTENT_MARGIN_MS;
  const announced = await Promise.allSettled(entries.map(({ entryName }) => shared.intend(entryName, writer, intentMs, fenceMs)));
  await publishAll();
  let result: T;
  try {
    throwFirst(announced);
    result = await commit();
  } catch (error) {
    await purge().catch(ignored);
    throw error;
  }
  await purge();
  return result;
}

function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
