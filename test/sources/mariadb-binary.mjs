import * as fs from 'node:fs';
import * as path from 'node:path';
import { download, libraries } from '../../scripts/setup/apt.mjs';
import { run, SetupError } from '../../scripts/setup/progress.mjs';

/** Debian's package, without the daemon that `mariadb-server` would start. */
const PACKAGES = [{ server: 'mariadb-server-core', programs: ['mariadb-server-core'] }];

/** The first whose replicas take GTIDs without being told to. */
const MAJOR = 10;

/** Finds a MariaDB server, or fetches one; only `npm run check:sources` needs it. @returns its program and its libraries */
export function ensureMariaDb(root) {
  const folder = path.join(root, '.cachement', 'engines');
  const tree = path.join(folder, 'mariadb');
  const installed = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'].map((place) => path.join(place, 'mariadbd'));
  const found = firstUsable(installed) ?? unpacked(tree);
  if (found) return found;
  const problem = download(folder, tree, PACKAGES, MAJOR);
  const server = problem ? undefined : unpacked(tree);
  if (server) return server;
  throw new SetupError(
    `there is no MariaDB server: ${problem ?? 'the one that was fetched does not run'}; install mariadb-server`,
  );
}

const unpacked = (tree) => firstUsable([path.join(tree, 'usr/sbin/mariadbd')], libraries(tree));

function firstUsable(programs, libraryPath = '') {
  const env = libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {};
  const program = programs.find((each) => fs.existsSync(each) && run(each, ['--version'], { env }).code === 0);
  return program && { program, libraryPath };
}
