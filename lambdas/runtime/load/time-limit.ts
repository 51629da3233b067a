import { CacheError } from '../errors';
import type { Tracing } from '../tracing';
import type { Loaded, LoadRequest, VersionSource } from '../versions/source';

/** Source whose loads get a signal, and end. */
export interface LimitedSource<Handle> extends Omit<VersionSource<Handle>, 'load'> {
  /** {@link VersionSource.load}; the signal is aborted once the time is over. */
  load<T>(loader: (handle: Handle, signal: AbortSignal) => Promise<T>, request: LoadRequest): Promise<Loaded<T>>;
}

/** Source that answers within a time, or fails with `E_LOAD_TIMEOUT`: nothing that waits for it hangs with it. */
export function timeLimited<Handle>(
  source: VersionSource<Handle>,
  milliseconds: number,
  tracing: Tracing,
): LimitedSource<Handle> {
  const within = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new CacheError('E_LOAD_TIMEOUT', `the source gave no result within 'loadTimeoutMs', ${milliseconds} ms`);
        controller.abort(error);
        reject(error);
      }, milliseconds).unref();
    });
    try {
      // What throws before it has a promise ends the timer too.
      return await Promise.race([work(controller.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    ordersWrites: !!source.ordersWrites,
    current: () => within(() => source.current()),
    load: (loader, request) =>
      tracing('cache.load', () => within((signal) => source.load((handle) => loader(handle, signal), { ...request, signal }))),
  };
}
