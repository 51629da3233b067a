import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Headers of an object that its writer sets, by their names in lower case. */
export const OBJECT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;

/** Type of an object whose writer says none. */
const DEFAULT_TYPE = 'binary/octet-stream';

/** An object without its bytes. */
export interface StoredObject {
  readonly key: string;
  /** In double quotes: the MD5 of its bytes, as S3's is of what is put whole and encrypted with its own keys. */
  readonly etag: string;
  readonly size: number;
  /** Milliseconds since the epoch, of a whole second as in `Last-Modified`. */
  readonly modifiedAt: number;
  /** The headers of {@link OBJECT_HEADERS} that it has. */
  readonly headers: Readonly<Record<string, string>>;
  /** Metadata by name in lower case, without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly object: StoredObject;
  /** Name of its file. */
  readonly file: string;
  /** Length of the line before the bytes. */
  readonly headBytes: number;
}

/**
 * The objects of one bucket: a file each, of a line that describes the object and its bytes. Another version is another file, so
 * that no reader gets the bytes of one with the headers of another.
 */
export class ObjectStore {
  readonly #folder: string;
  /** By key. */
  readonly #entries = new Map<string, Entry>();

  /** Opens a folder, with the objects that it has. */
  constructor(folder: string) {
    this.#folder = folder;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const file of fs.readdirSync(folder)) {
      const content = fs.readFileSync(path.join(folder, file));
      const headBytes = content.indexOf('\n') + 1;
      const object: StoredObject = JSON.parse(content.toString('utf8', 0, headBytes));
      this.#entries.set(object.key, { object, file, headBytes });
    }
  }

  get(key: string): StoredObject | undefined {
    return this.#entries.get(key)?.object;
  }

  /** Bytes of an object, from `start` to `end`, both included. @default - all of them */
  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Buffer> {
    const entry = this.#entries.get(key);
    if (!entry) throw new Error(`no object '${key}'`);
    const bytes = (await fs.promises.readFile(path.join(this.#folder, entry.file))).subarray(entry.headBytes);
    return range ? bytes.subarray(range.start, range.end + 1) : bytes;
  }

  put(
    { key, headers, metadata }: Pick<StoredObject, 'key' | 'headers' | 'metadata'>,
    bytes: Uint8Array,
    now: number,
  ): StoredObject {
    const object: StoredObject = {
      key,
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      size: bytes.length,
      modifiedAt: Math.floor(now / 1000) * 1000,
      headers: { 'content-type': DEFAULT_TYPE, ...headers },
      metadata,
    };
    const before = this.#entries.get(key);
    const head = Buffer.from(`${JSON.stringify(object)}\n`);
    const file = randomBytes(12).toString('hex');
    fs.writeFileSync(path.join(this.#folder, file), Buffer.concat([head, bytes]), { mode: 0o600 });
    this.#entries.set(key, { object, file, headBytes: head.length });
    if (before) fs.rmSync(path.join(this.#folder, before.file), { force: true });
    return object;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    fs.rmSync(path.join(this.#folder, entry.file), { force: true });
  }

  /** The objects in the order of their keys' bytes in UTF-8, which is S3's. */
  list(): StoredObject[] {
    const keyed = [...this.#entries.values()].map(({ object }) => ({ object, bytes: Buffer.from(object.key) }));
    return keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ object }) => object);
  }
}
