import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

const root = path.resolve(__dirname, '../..');
const MAX_COLUMNS = 200;

/** Pages for readers: those at the root, of the examples and under docs; also those that aren't committed yet. */
const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && fs.existsSync(path.join(root, file)));

const textOf = (page: string): string => fs.readFileSync(path.join(root, page), 'utf8');

/** Text outside of code blocks and code spans, where a bracket is no link. */
const prose = (page: string): string =>
  textOf(page)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');

/** Targets of a page's links to files of the repository: `[text](path#anchor)`. */
function linksOf(page: string): string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!).filter((to) => !/^[a-z]+:/.test(to));
}

/**
 * Anchors of a page, as GitHub makes them of its headings.
 * @see
 * https://docs.github.com/en/get-started/writing-on-github (basic writing and formatting syntax, section links)
 */
function anchorsOf(page: string): string[] {
  const headings =
    textOf(page)
      .replace(/^```.*?^```/gms, '')
      .match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the pages of the documentation', () => {
  test('link to files and headings that exist', () => {
    const links = PAGES.flatMap((page) => linksOf(page).map((to) => ({ page, to })));
    const broken = links.filter(({ page, to }) => {
      const [file = '', anchor] = to.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (!fs.existsSync(path.join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
    expect(links.length).toBeGreaterThan(80);
  });

  test('are all reached from the index or from README', () => {
    const reached = new Set(['README.md', 'docs/README.md']);
    for (const page of reached) {
      for (const to of linksOf(page)) {
        const target = path.join(path.dirname(page), to.split('#')[0]!);
        if (target.endsWith('.md') && fs.existsSync(path.join(root, target))) reached.add(target);
      }
    }
    const unreached = PAGES.filter((page) => page.startsWith('docs/') && !page.startsWith('docs/api/') && !reached.has(page));
    expect(unreached).toEqual([]);
  });

  test(`have no line over ${MAX_COLUMNS} columns`, () => {
    const long = PAGES.flatMap((page) =>
      textOf(page)
        .split('\n')
        .flatMap((line, index) => (line.length > MAX_COLUMNS ? [`${page}:${index + 1} has ${line.length}`] : [])),
    );
    expect(long).toEqual([]);
  });
});

test('paths of the repository that pages name in code spans exist', () => {
  const named = PAGES.filter((page) => !page.startsWith('docs/api/') && page !== 'CHANGELOG.md').flatMap((page) =>
    [
      ...textOf(page)
        .replace(/^```.*?^```/gms, '')
        .matchAll(/`((?:bench|bin|cli|docs|examples|lambdas|lib|local|scripts|test)\/[\w./-]+)`/g),
    ].map(([, file]) => ({ page, file: file! })),
  );
  expect(named.filter(({ file }) => !fs.existsSync(path.join(root, file)))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

describe('the table of parts in ARCHITECTURE.md', () => {
  const folders = [...textOf('ARCHITECTURE.md').matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
  /** Folders in version control: a top-level one, or one of `lib` and `lambdas`, whose folders are the picture's boxes. */
  const inGit = new Set(
    execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter((file) => file.includes('/') && !file.startsWith('.') && fs.existsSync(path.join(root, file)))
      .flatMap((file) => {
        const [top = '', second = ''] = path.dirname(file).split('/');
        return ['lib', 'lambdas'].includes(top) && second ? [`${top}/${second}`] : [top];
      }),
  );
  /** Whether a folder is a deployed function's: all of them share the row `lambdas/<name>`. */
  const isHandler = (folder: string): boolean =>
    fs.existsSync(path.join(root, folder, 'index.ts')) && folder.startsWith('lambdas/');

  test('names folders that exist', () => {
    const missing = folders.filter((folder) => folder !== 'lambdas/<name>' && !fs.existsSync(path.join(root, folder)));
    expect(missing).toEqual([]);
    expect(folders.length).toBeGreaterThan(15);
  });

  test('has every folder', () => {
    const named = new Set(folders);
    const rowOf = (folder: string) => (named.has(folder) ? folder : isHandler(folder) ? 'lambdas/<name>' : undefined);
    // `lib` and `lambdas` themselves hold the package's entries and the declarations of types.
    expect([...inGit].filter((folder) => !['lib', 'lambdas'].includes(folder) && !named.has(rowOf(folder) ?? ''))).toEqual([]);
  });
});
