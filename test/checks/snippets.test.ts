import { filesOf, read } from './sources';

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
