import { CTRL_C, matchesOutput, readCommands } from '../support/console-blocks';
import { TUTORIAL_PAGES, tutorialCommands, tutorialText } from '../support/tutorial';

/** `## 3. A hit at the edge`, with its number and everything up to the next heading. */
const steps = TUTORIAL_PAGES.flatMap((page) =>
  [...tutorialText(page).matchAll(/^## (\d+)\. .*\n([\s\S]*?)(?=^## |(?![\s\S]))/gm)].map(([, number, body]) => ({
    page,
    number: Number(number),
    body: body!,
  })),
);

describe('the tutorial', () => {
  test('has a dozen steps or more, in order', () => {
    expect(steps.length).toBeGreaterThanOrEqual(12);
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, index) => index + 1));
  });

  test.each(steps)('shows a number in the output of step $number', ({ page, body }) => {
    const commands = readCommands(page, body);
    expect(commands.flatMap(({ output }) => output).join('\n')).toMatch(/\d/);
  });

  test('has every command within a step, and every line that looks like one within a block', () => {
    const commands = tutorialCommands();
    expect(commands.length).toBeGreaterThan(30);
    expect(steps.flatMap(({ page, body }) => readCommands(page, body)).length).toBe(commands.length);
    const lines = TUTORIAL_PAGES.flatMap((page) => tutorialText(page).split('\n'));
    expect(lines.filter((line) => /^\s*\$ /.test(line) || line.trim() === CTRL_C).length).toBe(commands.length);
  });
});

describe('the blocks of a page', () => {
  test('are commands with their output', () => {
    expect(readCommands('p.md', 'Text\n\n```console\n$ a\n1\n...\n$ b\n```\n')).toEqual([
      { page: 'p.md', line: 4, text: 'a', output: ['1', '...'] },
      { page: 'p.md', line: 7, text: 'b', output: [] },
    ]);
  });

  test.each([
    ['a block of another kind', '```sh\n$ a\n```', /p\.md:1 must begin a console block, got: ```sh/],
    ['output without a command', '```console\n1\n```', /p\.md:2 must be a command/],
    ['a block without an end', '```console\n$ a', /p\.md ends within a block/],
  ])('fails when there is %s', (_, text, message) => {
    expect(() => readCommands('p.md', text)).toThrow(message);
  });

  test.each<[boolean, string[], string[]]>([
    [true, [], []],
    [false, [], ['x']],
    [false, ['x'], []],
    [true, ['a ... c'], ['a b c']],
    [false, ['a ... c'], ['a  c d']],
    [false, ['... ms'], [' ms']],
    [true, ['...', 'end'], ['end']],
    [true, ['...', 'end'], ['a', 'b', 'end']],
    [false, ['...', 'end'], ['a', 'end', 'b']],
    [false, ['1.5'], ['1x5']],
  ])('match: %s, where %j is printed and %j is written', (matches, expected, actual) => {
    expect(matchesOutput(expected, actual)).toBe(matches);
  });
});
