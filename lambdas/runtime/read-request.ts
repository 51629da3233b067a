import type { CachedValue } from './entry/cached-value';
import type { Loader } from './loader';
import type { Keyspace } from './memory/entry-table';
import type { Policy } from './policy';
import type { Ticket } from './ticket';

/** Reference to one entry of the cache, present or not; made by {@link Namespace.entry} and {@link Cache.entry}. */
export interface EntryRef {
  /** Name of the entry in the shared tier. */
  readonly entryName: string;
  /** The caller's key; of a route, the name of the entry. */
  readonly key: string;
  /** Keyspace of memory in which the key is unique. */
  readonly keyspace: Keyspace;
}

/** Writes of a reader's session; a {@link Ticket} is their usual form. */
export type SessionWrites = Pick<Ticket, 'latest' | 'versionFor' | 'encode'>;

/** Request of one read. */
export interface ReadRequest<T, Handle> extends EntryRef {
  /** Cluster slot of the entry's name. */
  readonly slot: number;
  readonly policy: Policy;
  /** The declared tags, filled in, then those of the namespace and of all entries. */
  readonly tags: readonly string[];
  /** Writes of the reader: an older entry isn't good for it. */
  readonly ticket?: SessionWrites | undefined;
  readonly loader: Loader<T, Handle>;
}

/** True where the value contains what the reader wrote. */
export function satisfies(
  { entryName, ticket }: Pick<ReadRequest<unknown, never>, 'entryName' | 'ticket'>,
  cached: CachedValue,
): boolean {
  const least = ticket?.versionFor(entryName, cached.tags);
  // '-' is less than any version.
  return !least || cached.version >= least;
}
