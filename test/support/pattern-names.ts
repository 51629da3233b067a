import * as fs from 'node:fs';
import * as path from 'node:path';

/** Names of the patterns, each of which is an entry point of the package, `cachement/patterns/<name>`. */
export function patternNames(root: string): string[] {
  const folder = path.join(root, 'lambdas/runtime/patterns');
  return fs.readdirSync(folder).filter((name) => fs.existsSync(path.join(folder, name, 'index.ts')));
}
