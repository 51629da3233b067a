import * as fs from 'node:fs';
import * as path from 'node:path';
import { KINDS } from '../../lambdas/runtime/patterns/keys';
import { patternNames } from '../support/pattern-names';
import { imports, read, sources } from './sources';

const root = path.resolve(__dirname, '../..');
const page = 'docs/patterns/README.md';
const PATTERNS = 'lambdas/runtime/patterns';

/** Rows of the tables whose first column is headed `item`: that cell, and the others as one text. */
const cases = read(page)
  .split('\n\n')
  .filter((part) => part.startsWith('| item |'))
  .flatMap((table) => table.trim().split('\n').slice(2))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, item, ...rest]) => ({ item: item!, home: rest.join(' ') }));

/** Files and folders that a row names: in code spans with a slash, and as links. */
function homesOf(text: string): string[] {
  const spans = [...text.matchAll(/`([\w./-]+\/[\w./-]+)`/g)].map((match) => match[1]!);
  const links = [...text.matchAll(/\]\(([^)#]+)/g)].map((match) => path.posix.join('docs/patterns', match[1]!));
  return [...spans.filter((span) => !span.startsWith('cachement/')), ...links];
}

describe('the page of the patterns', () => {
  test('has a home that exists for each use case', () => {
    expect(cases.length).toBeGreaterThan(50);
    const without = cases.filter(({ home }) => {
      const homes = homesOf(home);
      return homes.length === 0 || homes.some((file) => !fs.existsSync(path.join(root, file)));
    });
    expect(without.map(({ item, home }) => `${item}: ${home}`)).toEqual([]);
  });

  test('names each pattern', () => {
    const text = read(page);
    expect(patternNames(root).filter((name) => !['fenced-set', 'metrics'].includes(name) && !text.includes(name))).toEqual([]);
  });
});

describe('patterns', () => {
  const files = sources().filter((file) => file.startsWith(`${PATTERNS}/`));
  const patternOf = (file: string): string | undefined => /patterns\/([^/]+)\/[^/]/.exec(file)?.[1];

  test('import of each other what is published', () => {
    const inside = files.flatMap((file) =>
      imports(read(file))
        .filter((name) => name.startsWith('.'))
        .map((name) => path.posix.join(path.posix.dirname(file), name))
        .filter((target) => patternOf(target) !== undefined && patternOf(target) !== patternOf(file))
        .map((target) => `${file} imports ${target}`),
    );
    expect(inside).toEqual([]);
  });

  test('write keys of their own kinds', () => {
    const used = files.flatMap((file) =>
      [...read(file).matchAll(/patternKey\([^,]+,\s*'(\w+)'/g)].map((match) => ({ kind: match[1] as keyof typeof KINDS, file })),
    );
    expect(used.length).toBeGreaterThan(3);
    const foreign = used.filter(({ kind, file }) => KINDS[kind]?.owner !== patternOf(file));
    expect(foreign).toEqual([]);
  });
});
