import { checkTag } from './arguments';
import type { Read } from './entry/cached-value';
import type { Version } from './versions/version';

/** What a loader can say of its value besides returning it. */
export interface LoadContext {
  /** The key that is loaded, as it was asked for, so that one loader can be for all keys; of a route, the name of its entry. */
  readonly key: string;

  /**
   * Adds tags that are only known once the value is. The first load of a key with such tags runs twice, because their versions must have
   * been captured before the load.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where a tag isn't valid in every tier.
   */
  tag(...tags: readonly string[]): void;

  /**
   * Says that the value is made from this cached one: it gets that one's tags, and claims no newer version than it has.
   *
   * @returns the cached value.
   */
  include<T>(read: Read<T>): T | undefined;
}

/** Reads a value from the system of record, with the handle and nothing else; undefined where there is none. */
export type Loader<T, Handle> = (handle: Handle, context: LoadContext) => Promise<T | undefined>;

/** Takes down what one run of a loader says. */
export class LoadRecorder implements LoadContext {
  readonly tags = new Set<string>();
  /** The oldest version of what was included; '-' where one of them claims none. */
  oldest: Version | '-' | undefined;

  constructor(readonly key: string) {}

  tag(...tags: readonly string[]): void {
    for (const tag of tags) {
      checkTag(tag);
      this.tags.add(tag);
    }
  }

  include<T>({ value, version, outcome }: Read<T>): T | undefined {
    this.tag(...outcome.tags);
    // '-' is less than any version.
    if (this.oldest === undefined || version < this.oldest) this.oldest = version;
    return value;
  }

  /** The version that the value can claim: the load's, or the oldest of what it is made from. */
  atMost(version: Version): Version | '-' {
    return this.oldest !== undefined && this.oldest < version ? this.oldest : version;
  }
}
