import type { Version } from './versions/version';

/** A tag's marks and the versions of the purges that set them. */
export interface Tag {
  readonly deleted: string;
  readonly deletedVersion: Version;
  readonly expired: string;
  readonly expiredVersion: Version;
}

/** The answer to a request for the right to load a key. */
export type Lease =
  /** Somebody stored an entry in the meantime. */
  | { readonly kind: 'hit'; readonly entry: string }
  /** Somebody else is loading; the lease has this long left. */
  | { readonly kind: 'wait'; readonly leftMs: number }
  /** The caller loads; a replica must have replayed `minVersion`. */
  | { readonly kind: 'grant'; readonly minVersion: Version | undefined };

/** `delete` makes entries misses, `expire` makes them stale. */
export type PurgeMode = 'delete' | 'expire';

/** The shared tier's state, as the health check shows it. */
export interface SharedState {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly nodes: readonly { readonly address: string; readonly role: 'primary' | 'replica'; readonly status: string }[];
}

/**
 * What the read path and the purge path ask of the shared tier. Reading operations end within the budget of the store and reject with
 * `E_SHARED_UNAVAILABLE` where the tier can't answer; the caller then does without it.
 */
export interface SharedStore {
  /** The store's clock, in epoch milliseconds, as far as this process knows it. */
  now(): number;

  get(key: string): Promise<string | null>;
  lease(key: string, token: string, leaseMs: number, seenToken: string): Promise<Lease>;
  /** @returns false where a purge or a later lease came in between, or the version is too old. */
  fill(key: string, token: string, version: Version | undefined, ttlMs: number, entry: string): Promise<boolean>;
  release(key: string, token: string): Promise<void>;
  /** Removes an entry that can't be read, so that it is a miss for everybody. */
  discard(key: string): Promise<void>;

  getTag(name: string): Promise<Tag | undefined>;
  /** As {@link getTag}, and keeps the tag for another `ttlMs`. */
  touchTag(name: string, ttlMs: number): Promise<Tag | undefined>;
  createTag(name: string, mark: string, version: Version, ttlMs: number): Promise<Tag>;

  /** Purges one key; resolves once a replica has it too, or can't be waited for. */
  invalidate(key: string, version: Version, fenceMs: number): Promise<void>;
  /** Purges a tag, in the same way. */
  purgeTag(name: string, mark: string, version: Version, ttlMs: number, mode: PurgeMode): Promise<void>;

  state(): Promise<SharedState>;
  close(): Promise<void>;
}
