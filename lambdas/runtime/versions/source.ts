import type { Version } from './version';

/** What one load found, and how much of the history it is known to contain. */
export interface Loaded<T> {
  /** What the loader gave. */
  readonly value: T;

  /** The load contains every write up to and including this version. */
  readonly version: Version;

  /** Which kind of server answered. A primary's load is current when it begins; a replica's is as current as its version. */
  readonly origin: 'primary' | 'replica';

  /** False where the source can't say that the load is recent enough to be kept: it may be returned, but must not be filled. */
  readonly fillable: boolean;
}

/** What a load asks of its source. */
export interface LoadRequest {
  /**
   * A replica must have replayed this version, or it is not asked.
   * @default - none
   */
  readonly minVersion?: Version;

  /**
   * Whether only the primary may answer: a load without a lease.
   * @default false
   */
  readonly primaryOnly?: boolean;
}

/** Where values come from and how their age is known: PostgreSQL here, another store elsewhere. */
export interface VersionSource<Handle> {
  /**
   * Runs the loader on a server that is far enough, in one read-only transaction whose first statement read the version.
   *
   * @throws whatever the loader throws, or the primary's connection error where no server could be asked.
   */
  load<T>(loader: (handle: Handle) => Promise<T>, request: LoadRequest): Promise<Loaded<T>>;

  /**
   * Whether a version is a time, and a later one belongs to a later write: a value may then be set without a version of its row.
   * @default false
   */
  readonly ordersWrites?: boolean;

  /** The primary's version now: every write committed before the call is contained in it. */
  current(): Promise<Version>;
}
