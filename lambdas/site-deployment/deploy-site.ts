import { SITE_MANIFEST, SITE_PREFIX } from '../../lib/contract/site';
import type { SiteFile } from './site-files';

/** Bucket of a site. */
export interface SiteBucket {
  /** @returns undefined where there is no such object. */
  get(key: string): Promise<Buffer | undefined>;
  put(key: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Record of a file that the bucket has. */
interface Entry {
  /** Hash of its bytes and headers; empty while it is being written. */
  hash: string;
  tag?: string;
  /** Time since when it isn't part of the site, in milliseconds since the epoch; of assets alone. */
  goneAt?: number;
}

/** What a bucket has, by the name of the file. */
type Manifest = Map<string, Entry>;

/** Options of {@link deploySite}. */
export interface SiteDeployment {
  readonly files: readonly SiteFile[];
  readonly bucket: SiteBucket;
  /** Asks for a purge of pages. @throws where it isn't accepted. */
  purge(tags: readonly string[]): Promise<void>;
  /** Time for which assets stay that aren't part of the site any more. */
  readonly keepAssetsSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Numbers of a deployment. */
export interface SiteReport {
  readonly written: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly purged: number;
}

/** Requests to the bucket that are under way at once. */
const AT_ONCE = 16;

/**
 * Brings the bucket to the site's files. Assets are there before a page names them, and stay for a while after none does; files
 * that are there already aren't touched; pages that were changed or removed are purged, new ones needn't be. Whatever it dies of,
 * the next run goes on: what is about to be written is marked before, so that a roll-back to an older site doesn't take it for
 * that site's, and the manifest says that it is done only once the purge is accepted.
 */
export async function deploySite({ files, bucket, purge, keepAssetsSeconds, now }: SiteDeployment): Promise<SiteReport> {
  const manifest = await readManifest(bucket);
  const names = new Set(files.map(({ name }) => name));
  const changed = files.filter(({ name, hash }) => manifest.get(name)?.hash !== hash);
  const removedPages = [...manifest].filter(([name, { tag }]) => tag !== undefined && !names.has(name));
  const stale = [
    ...changed.flatMap(({ name }) => manifest.get(name)?.tag ?? []),
    ...removedPages.map(([, { tag }]) => tag as string),
  ];

  if (changed.length > 0 || removedPages.length > 0) {
    // A tag stays known until it is purged, whatever happens in between.
    for (const { name, tag } of changed) {
      const known = tag ?? manifest.get(name)?.tag;
      manifest.set(name, { hash: '', ...(known !== undefined && { tag: known }) });
    }
    for (const [, entry] of removedPages) entry.hash = '';
    await writeManifest(bucket, manifest);
  }
  const write = (file: SiteFile) => bucket.put(keyOf(file.name), file.read(), file.headers);
  await forEach(
    changed.filter(({ isAsset }) => isAsset),
    write,
  );
  await forEach(
    changed.filter(({ isAsset }) => !isAsset),
    write,
  );
  await forEach(removedPages, ([name]) => bucket.delete(keyOf(name)));
  const tags = [...new Set(stale)];
  if (tags.length > 0) await purge(tags);

  for (const [name] of removedPages) manifest.delete(name);
  for (const { name, hash, tag } of files) manifest.set(name, { hash, ...(tag !== undefined && { tag }) });
  const expired: string[] = [];
  for (const [name, entry] of manifest) {
    if (names.has(name)) continue;
    entry.goneAt ??= now;
    if (now - entry.goneAt >= keepAssetsSeconds * 1000) expired.push(name);
  }
  await forEach(expired, (name) => bucket.delete(keyOf(name)));
  for (const name of expired) manifest.delete(name);
  await writeManifest(bucket, manifest);
  return {
    written: changed.length,
    unchanged: files.length - changed.length,
    deleted: removedPages.length + expired.length,
    purged: tags.length,
  };
}

const keyOf = (name: string): string => `${SITE_PREFIX}/${name}`;

async function readManifest(bucket: SiteBucket): Promise<Manifest> {
  const text = await bucket.get(SITE_MANIFEST);
  return new Map(text === undefined ? [] : (JSON.parse(text.toString()) as [string, Entry][]));
}

function writeManifest(bucket: SiteBucket, manifest: Manifest): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  return bucket.put(SITE_MANIFEST, Buffer.from(JSON.stringify([...manifest])), headers);
}

/** Runs the work of each item, some of them at once; what fails first stops those that haven't begun. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next++] as T;
      try {
        await work(item);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
}
