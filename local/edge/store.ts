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

/**
 * Bytes of the heap that the parts of an entry take besides their text, as measured with Node.js 20
 * (test/unit/edge/store-memory.test.ts): the object with its key, its place in the map and its body's buffer; a text in a list of
 * headers, and in the list that viewers get; a tag of an object; and a tag in the index, for the first object that has it.
 */
const ENTRY_BYTES = 900;
const TEXT_BYTES = 40;
const TAG_BYTES = 80;
const INDEXED_TAG_BYTES = 220;

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

  /** Bytes that all objects take, with their tags. */
  get bytes(): number {
    return this.#bytes;
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
    if (sizeOf(object) + object.tags.length * INDEXED_TAG_BYTES > this.#maxBytes) return;
    this.#objects.set(object.key, object);
    this.#bytes += sizeOf(object);
    for (const tag of object.tags) this.#index(tag, object.key);
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
      if (keys?.size !== 0) continue;
      this.#byTag.delete(tag);
      this.#bytes -= INDEXED_TAG_BYTES;
    }
  }

  #index(tag: string, key: string): void {
    let keys = this.#byTag.get(tag);
    if (!keys) {
      keys = new Set();
      this.#byTag.set(tag, keys);
      this.#bytes += INDEXED_TAG_BYTES;
    }
    keys.add(key);
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

function sizeOf({ key, url, body, headers, tags }: StoredObject): number {
  let bytes = ENTRY_BYTES + body.length + key.length + (url === key ? 0 : url.length) + tags.length * TAG_BYTES;
  for (const text of headers) bytes += text.length + TEXT_BYTES;
  return bytes;
}
