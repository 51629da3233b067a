import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Folders of a project that an app isn't synthesized from: packages, what is generated, and what only reads the result. */
const NOT_SOURCES = ['node_modules', 'assets', 'coverage', 'local', 'test', 'bench', 'docs'];

/**
 * A hash of every file that an app may be synthesized from, so that it needn't be again. Hidden folders and `cdk.out*` don't
 * count.
 * @param extra - what else the result depends on, such as the context.
 */
export function sourceHash(project: string, extra: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(extra));
  for (const file of files(project)) hash.update(`\0${file}\0`).update(fs.readFileSync(path.join(project, file)));
  return hash.digest('hex').slice(0, 32);
}

function files(project: string, folder = ''): string[] {
  return fs
    .readdirSync(path.join(project, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = path.join(folder, entry.name);
      if (entry.isFile()) return [name];
      const skipped =
        entry.name.startsWith('.') || (folder === '' && (NOT_SOURCES.includes(entry.name) || entry.name.startsWith('cdk.out')));
      return entry.isDirectory() && !skipped ? files(project, name) : [];
    });
}
