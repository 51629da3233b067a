import * as fs from 'node:fs';
import * as path from 'node:path';
import { ts } from '../api/typescript';

export const ROOT = path.resolve(__dirname, '../..');

/** Folders that hold what was installed or generated. */
const SKIPPED = /^(node_modules|dist|assets|cdk\.out.*|\..*)$/;

/** @returns paths below a folder, relative to the repository, of the files whose names end as given, sorted. */
export function filesOf(folder: string, endings: readonly string[]): string[] {
  const full = path.join(ROOT, folder);
  if (!fs.existsSync(full)) return [];
  return fs
    .readdirSync(full, { withFileTypes: true })
    .filter((entry) => !SKIPPED.test(entry.name))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) return filesOf(name, endings);
      return endings.some((ending) => entry.name.endsWith(ending)) ? [name] : [];
    })
    .sort();
}

/** @returns every source file of the repository: TypeScript and modules of JavaScript. */
export const sources = (): string[] => filesOf('.', ['.ts', '.tsx', '.mjs', '.cjs']);

export const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** @returns the module names of all imports of a source: of values and of types, static and dynamic, and by `require`. */
export const imports = (text: string): string[] =>
  ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
