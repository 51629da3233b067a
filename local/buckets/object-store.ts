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
  /** Name of the file with its bytes. */
  readonly file: string;
}

/**
 * The objects of one bucket: for each a file with its bytes and one that describes it. The description names the bytes and is
 * replaced in one step, so that no reader gets the bytes of one version with the headers of another.
 */
export class ObjectStore {
  readonly #folder: string;
  /** By key. */
  readonly #entries = new Map<string, Entry>();

  /** Opens a folder, with the objects that it has. */
  constructor(folder: string) {
    this.#folder = folder;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of fs.readdirSync(folder).filter((file) => file.endsWith('.json'))) {
      const entry: Entry = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
      this.#entries.set(entry.object.key, entry);
    }
  }

  get(key: string): StoredObject | undefined {
    return this.#entries.get(key)?.object;
  }

  /** Bytes of an object, from `start` to `end`, both included. @default - all of them */
  async read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Buffer> {
    const entry = this.#entries.get(key);
    if (!entry) throw new Error(`no object '${key}'`);
    const bytes = await fs.promises.readFile(path.join(this.#folder, entry.file));
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
    const file = `${this.#name(key)}-${randomBytes(6).toString('hex')}`;
    const description = path.join(this.#folder, `${this.#name(key)}.json`);
    fs.writeFileSync(path.join(this.#folder, file), bytes, { mode: 0o600 });
    fs.writeFileSync(`${description}.new`, JSON.stringify({ object, file }), { mode: 0o600 });
    fs.renameSync(`${description}.new`, description);
    this.#entries.set(key, { object, file });
    if (before) fs.rmSync(path.join(this.#folder, before.file), { force: true });
    return object;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    fs.rmSync(path.join(this.#folder, `${this.#name(key)}.json`), { force: true });
    fs.rmSync(path.join(this.#folder, entry.file), { force: true });
  }

  /** The objects in the order of their keys' bytes in UTF-8, which is S3's. */
  list(): StoredObject[] {
    const keyed = [...this.#entries.values()].map(({ object }) => ({ object, bytes: Buffer.from(object.key) }));
    return keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ object }) => object);
  }

  /** A key may have characters and a length that no file name may. */
  #name(key: string): string {
    return createHash('sha256').update(key).digest('hex');
  }
}
