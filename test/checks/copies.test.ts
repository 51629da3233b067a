import { codeLines, copies } from './copies';
import { read, sources } from './sources';

/** Fewest lines of code that may not stand in two places without a reason. */
const LENGTH = 12;

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `  const x${from + i} = f(${from + i});`);

describe('no code stands in two places without a reason', () => {
  test(`runs of ${LENGTH} lines`, () => {
    const texts = Object.fromEntries(sources().map((file) => [file, read(file)]));
    expect(copies(texts, LENGTH)).toEqual([]);
  });

  test('a copy is found whatever its indentation, blanks, comments and lone punctuation, and is as long as it goes', () => {
    const original = ['function a() {', ...lines(1, 14), '}'].join('\n');
    const copy = [
      'function b() {',
      ...lines(1, 5),
      '',
      '  // Another comment.',
      '  {',
      ...lines(6, 14).map((l) => `  ${l}`),
      '  }',
    ];
    expect(copies({ 'a.ts': original, 'b.ts': copy.join('\n') }, LENGTH)).toEqual([
      { first: 'a.ts:2-15', second: 'b.ts:2-18', lines: 14 },
    ]);
    expect(copies({ 'a.ts': `${original}\n${copy.join('\n')}` }, LENGTH)).toMatchObject([{ first: 'a.ts:2-15', lines: 14 }]);
  });

  test('fewer lines are no copy', () => {
    const eleven = lines(1, 11).join('\n');
    expect(copies({ 'a.ts': eleven, 'b.ts': eleven }, LENGTH)).toEqual([]);
  });

  test('a reason in one of the places, or directly above it, is enough', () => {
    const code = lines(1, 12).join('\n');
    const reason = '// copied: the other one runs where nothing is installed\n';
    expect(copies({ 'a.ts': code, 'b.ts': `${reason}${code}` }, LENGTH)).toEqual([]);
    expect(copies({ 'a.ts': `${reason}${code}`, 'b.ts': code }, LENGTH)).toEqual([]);
    expect(copies({ 'a.ts': `// copied:\n${code}`, 'b.ts': `${reason}\n\n${code}` }, LENGTH)).toHaveLength(1);
  });

  test('imports, re-exports and comments are no code', () => {
    const text = ['import {', '  a,', "} from './a';", "export { b } from './b';", '/**', ' * x', ' */', '// y', 'z();'].join(
      '\n',
    );
    expect(codeLines(text)).toEqual([{ text: 'z();', number: 9 }]);
  });
});
