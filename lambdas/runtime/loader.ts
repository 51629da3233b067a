import { checkTags } from './arguments';
import type { Read } from './entry/cached-value';
import type { Version } from './versions/version';

/** Context of a loader, in which it describes its value. */
export interface LoadContext {
  /** Key that is loaded, as the caller gave it, so that one loader can be for all keys; of a route, the name of its entry. */
  readonly key: string;

  /** Signal that is aborted once the load has taken `loadTimeoutMs`: nobody waits for its value any more. */
  readonly signal: AbortSignal;

  /**
   * Adds tags that are only known once the value is. The first load of a key with such tags runs twice, because their versions
   * must have been captured before the load.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where a tag isn't valid in every tier.
   */
  tag(...tags: readonly string[]): void;

  /**
   * Includes a cached value in the loaded one: the loaded one gets that one's tags, and claims no newer version than it has.
   *
   * @returns the cached value.
   */
  include<T>(read: Read<T>): Readonly<T> | undefined;
}

/** Function that reads a value from the system of record, with the handle and nothing else; undefined where there is none. */
export type Loader<T, Handle> = (handle: Handle, context: LoadContext) => Promise<T | undefined>;

/** Recorder of one run of a loader: its tags, and the versions that it included. */
export class LoadRecorder implements LoadContext {
  readonly tags = new Set<string>();
  /** Oldest version of what was included; '-' where one of them claims none. */
  oldest: Version | '-' | undefined;

  /** Set once the source has begun the load. */
  signal!: AbortSignal;

  constructor(readonly key: string) {}

  tag(...tags: readonly string[]): void {
    checkTags(tags);
    for (const tag of tags) this.tags.add(tag);
  }

  include<T>({ value, version, outcome }: Read<T>): Readonly<T> | undefined {
    this.tag(...outcome.tags);
    // '-' is less than any version.
    if (!this.oldest || version < this.oldest) this.oldest = version;
    return value;
  }

  /** Version that the value can claim: the load's, or the oldest of what it is made from. */
  atMost(version: Version): Version | '-' {
    return this.oldest && this.oldest < version ? this.oldest : version;
  }
}
