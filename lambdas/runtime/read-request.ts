import type { Kept } from './entry/cached-value';
import type { Loader } from './loader';
import type { Space } from './memory/entry-table';
import type { Policy } from './policy';
import type { Ticket } from './ticket';

/** One entry of the cache, whether it is there or not; made by {@link Namespace.entry} and {@link Cache.entry}. */
export interface EntryRef {
  /** Its name in the shared tier. */
  readonly key: string;
  /** Its name in memory, and the part of memory that this is a name in. */
  readonly memoryKey: string;
  /** The part of memory that it is in. */
  readonly space: Space;
}

/** What a reader has written, of which a {@link Ticket} is the usual form. */
export type Written = Pick<Ticket, 'latest' | 'versionFor' | 'encode'>;

/** What is asked for. */
export interface ReadRequest<T, Handle> extends EntryRef {
  /** The cluster's slot of its name. */
  readonly slot: number;
  readonly policy: Policy;
  /** The declared tags, filled in, then those of the namespace and of all entries. */
  readonly tags: readonly string[];
  /** What the reader has written: an older entry isn't good for it. */
  readonly ticket?: Written | undefined;
  readonly loader: Loader<T, Handle>;
}

/** Whether the value contains what the reader wrote. */
export function satisfies({ key, ticket }: Pick<ReadRequest<unknown, never>, 'key' | 'ticket'>, kept: Kept): boolean {
  const least = ticket?.versionFor(key, kept.tags);
  // '-' is less than any version.
  return least === undefined || kept.version >= least;
}
