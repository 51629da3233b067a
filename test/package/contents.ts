import * as fs from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';
import type { Project } from './project';

/** What may be in the package. */
const CONTENTS = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^cli\/cachement\.cjs$/,
  /^dist\/(lib|lambdas\/runtime)\/.+\.(js|d\.ts)$/,
  /^dist\/esm\/(lib\/route|lambdas\/runtime)\/.+\.js$/,
  /^dist\/cli\/main\.js$/,
  /^dist\/sql\/\d{3}-[a-z-]+\.sql$/,
  /^dist\/assets\/lambdas\/[a-z-]+\/(index\.js|places\.json\.gz|places\.source)$/,
];

/** Of the tarball, in bytes: functions with the AWS SDK within, and 3 MB of sample data, which doesn't compress again. */
const MAX_SIZE = 8 * 1024 * 1024;

/** What a line of `npm pack --json` says. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** @returns what is in the package and shouldn't be, or is too much. */
export function contentProblems({ files, size }: Packed): string[] {
  const odd = files.map((file) => file.path).filter((name) => !CONTENTS.some((allowed) => allowed.test(name)));
  const problems = odd.map((name) => `the package contains '${name}'; 'files' in package.json must leave it out`);
  if (size > MAX_SIZE) problems.push(`the package has ${size} bytes, at most ${MAX_SIZE} are expected`);
  return problems;
}

/** @returns packages that the library imports and that neither come with it nor are named as peers. The command line has everything within. */
export function undeclaredImports(project: Project): string[] {
  const folder = project.path('node_modules/cachement');
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
  const found = new Set<string>();
  for (const name of fs.readdirSync(path.join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!/^(lib|lambdas|esm)\/.*\.(js|d\.ts)$/.test(name)) continue;
    const text = fs.readFileSync(path.join(folder, 'dist', name), 'utf8');
    for (const [, imported = ''] of text.matchAll(/(?:\bfrom |\bimport |\brequire\(|\bimport\()["']([^."'][^"']*)["']/g)) {
      const owner = imported.split('/', imported.startsWith('@') ? 2 : 1).join('/');
      if (!isBuiltin(imported) && !declared.has(owner))
        found.add(`dist/${name} imports '${owner}', which package.json doesn't name`);
    }
  }
  return [...found];
}
