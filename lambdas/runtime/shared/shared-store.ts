import type { Version } from '../versions/version';

/** Marks of a tag, and the versions of the purges that set them. */
export interface Tag {
  /** Mark of the last purge that deletes; entries that captured another one are misses. */
  readonly deleted: string;
  /** Version of that purge. */
  readonly deletedVersion: Version;
  /** Mark of the last purge that expires; entries that captured another one are stale. */
  readonly expired: string;
  /** Version of that purge. */
  readonly expiredVersion: Version;
}

/** Reply to a request for the right to load an entry. */
export type Lease =
  /** Somebody stored an entry in the meantime. */
  | { readonly kind: 'hit'; readonly entry: string }
  /** Somebody else is loading; the lease has this long left. */
  | { readonly kind: 'wait'; readonly leftMs: number }
  /** Somebody is about to write the key: it may be loaded, but not filled. */
  | { readonly kind: 'bypass' }
  /** The caller loads. */
  | LeaseGrant;

/** Right to load an entry. */
export interface LeaseGrant {
  /** Kind of the reply. */
  readonly kind: 'grant';
  /** Version that a replica must have replayed; undefined for any. */
  readonly minVersion: Version | undefined;
  /**
   * True where a writer announced a write and never said how it ended: a replica must have replayed the version that the primary
   * has now.
   * @default false
   */
  readonly doubtful?: boolean;
}

/** Mode of a purge: `delete` makes entries misses, `expire` makes them stale. */
export type PurgeMode = 'delete' | 'expire';

/** Options of {@link SharedStore.purgeKey}. */
export interface PurgeKeyOptions {
  /**
   * `expire` leaves the entry to be served as stale, where its reader's policy allows that.
   * @default 'delete'
   */
  readonly mode?: PurgeMode;
  /**
   * Writer whose intent ends with this purge.
   * @default - none
   */
  readonly writer?: string;
  /**
   * Version of the row that was written: 24 digits.
   * @default - unknown, so that no value in a writer's hand is stored while the fence lives
   */
  readonly row?: string | undefined;
}

/** Value in a writer's hand. */
export interface Put {
  /** The primary's version, read after the commit. */
  readonly version: Version;
  /** Version of the row that was written: 24 digits. */
  readonly row: string;
  /** Life of the entry, in milliseconds. */
  readonly ttlMs: number;
  /** The entry's text; '' to purge the key, and store nothing. */
  readonly entry: string;
  /**
   * Time of the store's clock after which it isn't stored, and the key is purged as by a purge of an unknown row: what was purged
   * since the commit may be forgotten by then.
   */
  readonly until: number;
}

/**
 * Shared tier, as the read path and the write path use it. Reading operations end within the budget of the store and reject with
 * `E_SHARED_UNAVAILABLE` where the tier can't answer; the caller then does without it.
 */
export interface SharedStore {
  /** Time of the store's clock, in epoch milliseconds, as far as this process knows it. */
  now(): number;

  /**
   * Text of an entry as it was stored; null where there is none.
   *
   * @param slot the name's slot in a cluster, from a caller who has worked it out already.
   */
  get(key: string, slot?: number): Promise<string | null>;
  /**
   * Asks for the right to load a key, for `leaseMs`. `seenToken` is that of the entry which the caller found and refused, or
   * empty.
   */
  lease(key: string, token: string, leaseMs: number, seenToken: string): Promise<Lease>;
  /** @returns false where a purge or a later lease came in between, or the version is too old. */
  fill(key: string, token: string, version: Version | undefined, ttlMs: number, entry: string): Promise<boolean>;
  /** Gives a lease back without storing anything. */
  release(key: string, token: string): Promise<void>;
  /**
   * Makes a lease last for another `leaseMs`.
   *
   * @returns false where it is no longer the caller's; it is then never the caller's again.
   */
  renew(key: string, token: string, leaseMs: number): Promise<boolean>;
  /** Removes an entry that can't be read, so that it is a miss for everybody. */
  discard(key: string): Promise<void>;

  /** Tag of a name; undefined where it was never purged, or its life has ended. */
  getTag(name: string): Promise<Tag | undefined>;
  /** {@link getTag}, which makes the tag live for another `ttlMs`. */
  touchTag(name: string, ttlMs: number): Promise<Tag | undefined>;
  /**
   * Makes a tag that isn't there with this mark and version, for `ttlMs`; gives what is there now, whoever made it. It doesn't
   * end sooner than it would have.
   */
  createTag(name: string, mark: string, version: Version, ttlMs: number): Promise<Tag>;

  /** Purges one key; resolves once a replica has it too, or can't be waited for. */
  purgeKey(key: string, version: Version, fenceMs: number, options?: PurgeKeyOptions): Promise<void>;
  /**
   * Purges one key, and stores the value in a writer's hand if no newer version of its row is known, and nobody is about to write
   * it.
   *
   * @returns whether it was stored.
   */
  put(key: string, put: Put, fenceMs: number): Promise<boolean>;
  /**
   * Announces a write: removes the entry and lets nobody fill the key until the writer's purge, at the longest for `intentMs`. It
   * resolves as {@link purgeKey} does. For `fenceMs` after an intent that no purge has ended the leases of the key are doubtful.
   */
  intend(key: string, writer: string, intentMs: number, fenceMs: number): Promise<void>;
  /** Purges a tag, in the same way. Mode `timeline` deletes only where the version begins a newer timeline than the tag's. */
  purgeTag(name: string, mark: string, version: Version, ttlMs: number, mode: PurgeMode | 'timeline'): Promise<void>;

  /** Ends every connection. */
  close(): Promise<void>;
}
