/** Codes of {@link CacheError}; they are API and don't change. */
export type CacheErrorCode =
  /** The key, tag or option given can't be used. */
  | 'E_INVALID_ARGUMENT'
  /** The shared tier didn't answer within its budget, refused the connection, or its circuit breaker is open. */
  | 'E_SHARED_UNAVAILABLE'
  /** The value can't be written: it has a cycle, or is larger than the limit. */
  | 'E_UNSTORABLE_VALUE'
  /** More loads wait for the database than the fallback allows. */
  | 'E_FALLBACK_FULL'
  /** The source gave no result within `loadTimeoutMs`. */
  | 'E_LOAD_TIMEOUT'
  /** The row was changed since the value was read that the write was made from, or nobody knows; nothing was written. */
  | 'E_CONFLICT'
  /** A loader reads, directly or through others, the entry that it loads. */
  | 'E_LOAD_CYCLE';

/** Error that the cache itself raises. A read never fails because a tier is down: it falls back to the loader. */
export class CacheError extends Error {
  /**
   * Key of the entry, as the caller gave it.
   * @default - the error is of no entry in particular
   */
  readonly key: string | undefined;
  /**
   * Of `E_SHARED_UNAVAILABLE` from an operation with an effect: `no` where it certainly had none, `unknown` where it may have.
   * @default - the operation has no effect that a repetition would double
   */
  declare applied?: 'no' | 'unknown';
  /**
   * Of an operation on several keys, or tags: those for which it failed, each of which was tried. The others are done.
   * @default - the operation is on one
   */
  declare failed?: readonly string[];

  constructor(
    /** Stable code, for programs; the message is for people. */
    readonly code: CacheErrorCode,
    message: string,
    options?: ErrorOptions & { readonly key?: string | undefined },
  ) {
    super(message, options);
    this.name = 'CacheError';
    this.key = options?.key;
  }
}

/**
 * Results of an operation on each of several keys, or tags.
 *
 * @throws the first failure, once all are done; where it is a {@link CacheError} it says which failed.
 */
export async function forEachOf<T>(names: readonly string[], run: (name: string, i: number) => Promise<T>): Promise<T[]> {
  const operations = names.map(run);
  const failures = (await Promise.allSettled(operations)).flatMap((result, i) =>
    result.status === 'rejected' ? [{ name: names[i] as string, reason: result.reason as CacheError }] : [],
  );
  const [first] = failures;
  if (first) {
    const failed = failures.flatMap(({ name, reason }) => reason?.failed ?? name);
    throw first.reason instanceof CacheError ? Object.assign(first.reason, { failed }) : first.reason;
  }
  return Promise.all(operations);
}

/** Handler of a failure that nobody needs to hear of. */
export const ignored = (): void => {};

/** Error of an argument that can't be used. */
export function invalid(message: string, key?: string): CacheError {
  return new CacheError('E_INVALID_ARGUMENT', message, { key });
}

/** Error of the shared tier, or one shard of it, that can't answer. */
export function unavailable(detail: string, cause?: unknown): CacheError {
  return new CacheError('E_SHARED_UNAVAILABLE', `the shared tier can't answer: ${detail}`, { cause });
}

/** {@link unavailable} of an operation that wasn't sent. */
export function unsent(detail: string): CacheError {
  return Object.assign(unavailable(detail), { applied: 'no' as const });
}

/** True for the error of a shared tier that can't answer. */
export function isUnavailable(error: unknown): boolean {
  return (error as CacheError | undefined)?.code === 'E_SHARED_UNAVAILABLE';
}

/** Error of the shared tier's client as the cache's own. */
export function asUnavailable(error: unknown): CacheError {
  return error instanceof CacheError ? error : unavailable((error as Error).message, error);
}
