/** Codes of {@link CacheError}; they are API and don't change. */
export type CacheErrorCode =
  /** The key, tag or option given can't be used. */
  | 'E_INVALID_ARGUMENT'
  /** The shared tier didn't answer within its budget, refused the connection, or its circuit breaker is open. */
  | 'E_SHARED_UNAVAILABLE'
  /** The value can't be written: it has a cycle, or is larger than the limit. */
  | 'E_UNSTORABLE_VALUE'
  /** More loads wait for the database than the fallback allows. */
  | 'E_FALLBACK_FULL';

/** Every error that the cache itself raises. A read never fails with one: it falls back to the loader. */
export class CacheError extends Error {
  constructor(
    /** Stable, for programs; the message is for people. */
    readonly code: CacheErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CacheError';
  }
}

/** An argument that can't be used. */
export function invalid(message: string): CacheError {
  return new CacheError('E_INVALID_ARGUMENT', message);
}

/** The shared tier, or one shard of it, that can't answer. */
export function unavailable(detail: string, cause?: unknown): CacheError {
  return new CacheError('E_SHARED_UNAVAILABLE', `the shared tier can't answer: ${detail}`, { cause });
}

/** An error of the shared tier's client as the cache's own. */
export function asUnavailable(error: unknown): CacheError {
  return error instanceof CacheError ? error : unavailable((error as Error).message, error);
}
