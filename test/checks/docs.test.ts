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
 * @see https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links
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
