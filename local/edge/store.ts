import type { StoredObject } from './stored-object';

/** URLs, prefixes and tags of an invalidation, in the form in which objects are compared with them. */
export interface Selector {
  readonly urls: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  readonly tags: ReadonlySet<string>;
}

/** View of a stored object, for people and tests. */
export interface EntryView {
  readonly key: string;
  readonly url: string;
  readonly status: number;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly storedAt: number;
  readonly freshUntil: number;
}

/** Bytes that an object takes besides its body and headers: a measured order of magnitude, so that many small ones count. */
const OVERHEAD_BYTES = 512;

/** The objects of one edge location: bounded by bytes, the least recently used go first. */
export class Store {
  /** Objects by key, in the order of use, the latest last. */
  readonly #objects = new Map<string, StoredObject>();
  readonly #byTag = new Map<string, Set<string>>();
  #bytes = 0;

  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The object under a key, fresh or not. */
  get(key: string): StoredObject | undefined {
    const object = this.#objects.get(key);
    if (object) {
      this.#objects.delete(key);
      this.#objects.set(key, object);
    }
    return object;
  }

  /** Keeps an object, in place of the one under the same key. One that is larger than the whole store isn't kept. */
  set(object: StoredObject): void {
    this.delete(object.key);
    const size = sizeOf(object);
    if (size > this.#maxBytes) return;
    this.#objects.set(object.key, object);
    this.#bytes += size;
    for (const tag of object.tags) {
      const keys = this.#byTag.get(tag) ?? new Set();
      keys.add(object.key);
      this.#byTag.set(tag, keys);
    }
    for (const oldest of this.#objects.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    this.#bytes -= sizeOf(object);
    for (const tag of object.tags) {
      const keys = this.#byTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#byTag.delete(tag);
    }
  }

  /** Drops every variant of what is named. @returns how many objects went. */
  invalidate({ urls, prefixes, tags }: Selector): number {
    const keys = new Set<string>();
    for (const tag of tags) for (const key of this.#byTag.get(tag) ?? []) keys.add(key);
    if (urls.size > 0 || prefixes.length > 0) {
      for (const { key, url } of this.#objects.values()) {
        if (urls.has(url) || prefixes.some((prefix) => url.startsWith(prefix))) keys.add(key);
      }
    }
    for (const key of keys) this.delete(key);
    return keys.size;
  }

  entries(): EntryView[] {
    return [...this.#objects.values()].map((object) => ({
      key: object.key,
      url: object.url,
      status: object.status,
      tags: object.tags,
      bytes: sizeOf(object),
      storedAt: object.storedAt,
      freshUntil: object.freshUntil,
    }));
  }
}

function sizeOf(object: StoredObject): number {
  let bytes = object.body.length + object.key.length + OVERHEAD_BYTES;
  for (const text of object.headers) bytes += text.length;
  return bytes;
}
