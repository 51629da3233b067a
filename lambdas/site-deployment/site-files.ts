import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pageTag, type Site, siteCacheControl, sitePathOf } from '../../lib/route';
import { contentTypeOf } from './content-types';

/** File of a site. */
export interface SiteFile {
  /** Path in the folder, with slashes. */
  readonly name: string;
  /** True of what is never changed under its name, and never purged. */
  readonly isAsset: boolean;
  /** Tag by which it is purged. @default - none, of an asset */
  readonly tag?: string;
  /** Headers of its object. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hash of its bytes and headers. */
  readonly hash: string;
  /** Bytes of it. */
  read(): Buffer;
}

/** Path by which a file is asked for: that of an index is its folder's. */
export const urlPathOf = (name: string): string => `/${name.replace(/(^|\/)index\.html$/, '$1')}`;

/** Files of a folder, in the order of their names. */
export function siteFiles(folder: string, site: Site): SiteFile[] {
  return namesIn(folder)
    .sort()
    .map((name) => siteFile(name, site, () => fs.readFileSync(path.join(folder, name))));
}

/** A file by its name and bytes. */
export function siteFile(name: string, site: Site, read: () => Buffer): SiteFile {
  const urlPath = urlPathOf(name);
  const times = sitePathOf(site, urlPath);
  const tag = times.immutable ? undefined : pageTag(urlPath);
  const headers = {
    'cache-control': siteCacheControl(times),
    'content-type': contentTypeOf(name),
    ...(tag !== undefined && { 'x-amz-meta-cache-tag': tag }),
  };
  const hash = createHash('sha256').update(JSON.stringify(headers)).update(read()).digest('hex');
  return { name, isAsset: times.immutable, ...(tag !== undefined && { tag }), headers, hash, read };
}

function namesIn(folder: string, below = ''): string[] {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? namesIn(folder, name) : [name];
  });
}
