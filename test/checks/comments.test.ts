import { longCommentLines, NAMELESS, publicComments } from './comments';
import { filesOf, read, sources } from './sources';

/** Folders whose declarations others use or run. */
const SHIPPED = ['lib', 'lambdas', 'local', 'cli', 'routes', 'examples'];

const COLUMNS = 130;

/** Ceilings: a few doc comments may have a reason, and no line. */
const MOST_NAMELESS = 39;
const MOST_LONG_LINES = 0;

/** The files with the most, for whoever mends some. */
const worst = (counts: readonly (readonly [string, number])[]) =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .filter(([, count]) => count > 0)
    .slice(0, 15)
    .map(([file, count]) => `${count} in ${file}`);

/** @returns nothing, or why not, as an error's text that lists where to begin. */
function above(ceiling: number, counts: readonly (readonly [string, number])[]): string[] {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return total > ceiling ? [`${total} instead of at most ${ceiling}`, ...worst(counts)] : [];
}

describe('comments', () => {
  test('public doc comments begin with their noun', () => {
    const nameless = (file: string) => publicComments(file, read(file)).filter(({ text }) => NAMELESS.test(text)).length;
    const files = SHIPPED.flatMap((folder) => filesOf(folder, ['.ts']));
    expect(
      above(
        MOST_NAMELESS,
        files.map((file) => [file, nameless(file)] as const),
      ),
    ).toEqual([]);
  });

  test(`no comment is wider than ${COLUMNS} columns`, () => {
    const counts = sources().map((file) => [file, longCommentLines(read(file), COLUMNS).length] as const);
    expect(above(MOST_LONG_LINES, counts)).toEqual([]);
  });

  test('a ceiling that is passed names the worst files', () => {
    expect(
      above(2, [
        ['a.ts', 2],
        ['b.ts', 0],
      ]),
    ).toEqual([]);
    expect(
      above(2, [
        ['a.ts', 1],
        ['b.ts', 0],
        ['c.ts', 2],
      ]),
    ).toEqual(['3 instead of at most 2', '2 in c.ts', '1 in a.ts']);
  });

  test.each([
    ['/** What it is. */\nexport interface A {}', 'A'],
    ['/** How long. */\nexport const a = 1;', 'a'],
    ['/**\n * Of which each\n * reader gets one.\n */\nexport type A = string;', 'A'],
    ['/** Fine. */\nexport interface A {\n  /** Whether it is. */\n  readonly b?: boolean;\n}', 'A.b'],
    ['export type A = {\n  b: {\n    /** Who asks. */\n    c: string;\n  };\n};', 'A.b.c'],
    ['export class A {\n  /** Where it is. */\n  static b(): void {}\n}', 'A.b'],
    ['export class A {\n  constructor(\n    /** Whose it is. */\n    readonly b: string,\n  ) {}\n}', 'A.b'],
  ])('%j has a nameless comment', (text, name) => {
    expect(publicComments('a.ts', text).filter((comment) => NAMELESS.test(comment.text))).toMatchObject([{ name }]);
  });

  test.each([
    '/** What it is. */\ninterface A {}',
    '/** Whatever it is. */\nexport interface A {}',
    '/** @returns what it is */\nexport function a() {}',
    'export function a() {\n  /** What it is. */\n  const b = 1;\n  return b;\n}',
    'export class A {\n  /** What it is. */\n  readonly #b = 1;\n  /** What it is. */\n  private readonly c = 1;\n}',
  ])('%j has none', (text) => {
    expect(publicComments('a.ts', text).filter((comment) => NAMELESS.test(comment.text))).toEqual([]);
  });

  test('long lines are found in comments of each form, and not in code', () => {
    const wide = 'x'.repeat(COLUMNS);
    const text = [
      `// ${wide}`,
      '/**',
      ` * ${wide}`,
      ' */',
      `const a = '${wide}';`,
      `const b = 1; // ${wide}`,
      `const c = \`// ${wide}\`;`,
    ];
    expect(longCommentLines(text.join('\n'), COLUMNS)).toEqual([1, 3, 6]);
  });
});
