import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { moduleOf, type Snippet, snippets } from './snippets/snippets';
import { filesOf, ROOT, read } from './sources';

/** Code of the pages that names the file it is of, and that file. */
const BLOCK = /```\w+\n\/\/ (\S+)\n(.*?)```/gs;

const lines = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim());

/** True where the lines follow each other in a text, however they are indented. */
function contains(text: string, part: string): boolean {
  return `\n${lines(text).join('\n')}\n`.includes(`\n${lines(part).join('\n')}\n`);
}

const blocks = filesOf('docs', ['.md']).flatMap((page) =>
  [...read(page).matchAll(BLOCK)].map(([, file = '', code = '']) => ({ page, file, code })),
);

test('there is code in the pages that is of a file', () => {
  expect(blocks.length).toBeGreaterThan(4);
});

test.each(blocks)('$page has what is in $file', ({ file, code }) => {
  expect(contains(read(file), code) ? '' : code).toBe('');
});

test.each([
  ['  a\n\n  b\n', 'a\n\nb', true],
  ['a\nb\nc', 'a\nc', false],
  ['abc', 'b', false],
])('in %j is %j: %s', (text, part, expected) => {
  expect(contains(text, part)).toBe(expected);
});

/** @returns what the compiler says of each piece of code under `strict`, by its place. */
function compile(all: readonly Snippet[]): Record<string, string[]> {
  const folder = path.join(ROOT, '.cachement/snippets');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ['*.ts', '../../test/checks/snippets/given.ts', '../../test/checks/snippets/modules.d.ts'],
    exclude: [],
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  fs.copyFileSync(path.join(__dirname, 'snippets/database.ts'), path.join(folder, 'database.ts'));
  for (const [n, snippet] of all.entries()) fs.writeFileSync(path.join(folder, `${n}.ts`), moduleOf(snippet));
  const compiler = path.join(ROOT, 'node_modules/.bin/tsc');
  const { stdout, stderr } = spawnSync(compiler, ['-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  const found: Record<string, string[]> = {};
  for (const message of `${stdout}${stderr}`.split(/\n(?=\S)/).filter((text) => text.trim() !== '')) {
    const [, n, line, text] = /^(\d+)\.ts\((\d+),\d+\): error (.*)/s.exec(message) ?? [];
    const snippet = all[Number(n)];
    const place = snippet ? placeOf(snippet) : 'elsewhere';
    found[place] ??= [];
    found[place].push(snippet ? `${snippet.page}:${snippet.line + Number(line) - 1} ${text}` : message);
  }
  return found;
}

const placeOf = ({ page, line }: Snippet): string => `${page}:${line}`;

describe('code of the pages compiles under strict', () => {
  const all = snippets();
  const wrong: Snippet = { page: 'none.md', line: 10, code: 'const n: number = 1;\nconst text: string = n;\n' };
  let found: Record<string, string[]>;
  beforeAll(() => {
    found = compile([...all, wrong]);
  }, 120_000);

  test('where there is some', () => {
    expect(all.length).toBeGreaterThan(15);
  });

  test.each(all.map(placeOf))('%s', (place) => {
    expect(found[place] ?? []).toEqual([]);
  });

  test('and the place of an error is said', () => {
    expect(found['none.md:10']).toEqual([expect.stringMatching(/^none\.md:11 TS2322: Type 'number' is not assignable/)]);
    expect(found.elsewhere).toBeUndefined();
  });
});
