import { filesOf, read, sources } from './sources';

const LONGEST_FILE = 400;

/** Files that are read as one: the two paths, top to bottom, and the table of metrics. */
const LONG_BY_DESIGN = ['lambdas/runtime/read-path.ts', 'lambdas/platform/purge/purge-path.ts', 'lib/operations/metrics.ts'];

const MOST_FILES_AT_THE_ROOT = 24;

const lineCount = (text: string) => text.replace(/\n$/, '').split('\n').length;
const tooLong = (texts: Iterable<readonly [string, string]>) =>
  [...texts].filter(([, text]) => lineCount(text) > LONGEST_FILE).map(([file]) => file);
const tooMany = (names: readonly string[]) => names.filter((name) => !name.includes('/')).length > MOST_FILES_AT_THE_ROOT;

describe('sizes', () => {
  const long = tooLong(sources().map((file) => [file, read(file)] as const));

  test(`no source is longer than ${LONGEST_FILE} lines but those that are read as one`, () => {
    expect(long.filter((file) => !LONG_BY_DESIGN.includes(file))).toEqual([]);
  });

  test('each exception is needed', () => {
    expect(LONG_BY_DESIGN.filter((file) => !sources().includes(file))).toEqual([]);
  });

  test(`the library has at most ${MOST_FILES_AT_THE_ROOT} files at its root`, () => {
    const names = filesOf('lambdas/runtime', ['.ts']).map((file) => file.slice('lambdas/runtime/'.length));
    expect(names).toContain('index.ts');
    expect(tooMany(names)).toBe(false);
  });

  test('one line, and one file, too many would be found', () => {
    const lines = (count: number) => 'x();\n'.repeat(count);
    expect(
      tooLong([
        ['a.ts', lines(LONGEST_FILE)],
        ['b.ts', lines(LONGEST_FILE + 1)],
      ]),
    ).toEqual(['b.ts']);
    const names = Array.from({ length: MOST_FILES_AT_THE_ROOT }, (_, i) => `${i}.ts`);
    expect([tooMany([...names, 'shared/a.ts']), tooMany([...names, 'a.ts'])]).toEqual([false, true]);
  });
});
