import type { Version } from './version';

/** Result of a load, and the version up to which it contains the history. */
export interface Loaded<T> {
  /** The loader's value. */
  readonly value: T;

  /** Version up to which, and including which, the load contains every write. */
  readonly version: Version;

  /** Kind of the server that answered. A primary's load is current when it begins; a replica's is as current as its version. */
  readonly origin: 'primary' | 'replica';

  /**
   * False where the source doesn't know that the load is recent enough to be stored: it may be returned, but must not be filled.
   */
  readonly fillable: boolean;
}

/** Request of a load to its source. */
export interface LoadRequest {
  /**
   * Version that a replica must have replayed, or it is not asked.
   * @default - none
   */
  readonly minVersion?: Version | undefined;

  /**
   * True where only the primary may answer: a load without a lease.
   * @default false
   */
  readonly primaryOnly?: boolean;

  /**
   * Signal that is aborted once nobody waits for the load any more; what it holds, such as a connection, is to be given up then.
   * @default - none
   */
  readonly signal?: AbortSignal;
}

/** Source of values and of their versions: PostgreSQL, or another store. */
export interface VersionSource<Handle> {
  /**
   * Runs the loader on a server that is far enough, in one read-only transaction whose first statement read the version.
   *
   * @throws whatever the loader throws, or the primary's connection error where no server could be asked.
   */
  load<T>(loader: (handle: Handle) => Promise<T>, request: LoadRequest): Promise<Loaded<T>>;

  /**
   * True where a version is a time, and a later one belongs to a later write: a value may then be set without a version of its
   * row.
   * @default false
   */
  readonly ordersWrites?: boolean;

  /** Version of the primary now: every write committed before the call is contained in it. */
  current(): Promise<Version>;
}
