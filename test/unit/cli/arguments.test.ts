import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { amount, runCommand, share, time, UsageError, wholeNumber } from '../../../cli/arguments';

const root = path.resolve(__dirname, '../../..');

async function run(words: string[], work: () => number | undefined = () => undefined) {
  const out: string[] = [];
  const error: string[] = [];
  const code = await runCommand({ help: 'help\n  --name TEXT', options: { name: { type: 'string' } }, run: work }, words, {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

test.each([
  [['--help'], { code: 0, out: 'help\n  --name TEXT', error: '' }],
  [['-h', '--what'], { code: 0, out: 'help\n  --name TEXT', error: '' }],
  [['--name', 'x'], { code: 0, out: '', error: '' }],
  [['--what'], { code: 2, out: '', error: "Unknown option '--what'\n'--help' shows every option" }],
  [['word'], { code: 2, out: '', error: "Unexpected argument 'word'\n'--help' shows every option" }],
])('%j', async (words, result) => {
  expect(await run(words)).toEqual(result);
});

test('an error is its message and never a stack, with 1 for what failed and 2 for what was not understood', async () => {
  const fails = (error: Error) => () => {
    throw error;
  };
  expect(await run([], fails(new Error('no disk')))).toEqual({ code: 1, out: '', error: 'no disk' });
  expect(await run([], fails(new UsageError('no such stage')))).toMatchObject({
    code: 2,
    error: /no such stage/ as never as string,
  });
  expect(await run([], () => 7)).toMatchObject({ code: 7 });
});

test.each<[() => unknown, unknown]>([
  [() => wholeNumber('--port', '80', { most: 100 }), 80],
  [() => amount('--requests', '1e6'), 1e6],
  [() => share('--hits', '0.9'), 0.9],
  [() => share('--hits', '90%'), 0.9],
  [() => time('--from', '2026-11-21T10:00:00Z'), new Date(Date.UTC(2026, 10, 21, 10))],
])('%s', (read, value) => {
  expect(read()).toEqual(value);
});

test.each<[() => unknown, string]>([
  [() => wholeNumber('--port', '80a', { most: 100 }), "'--port' must be a whole number from 0 to 100, got: '80a'"],
  [() => wholeNumber('--port', '101', { most: 100 }), "'--port' must be a whole number from 0 to 100, got: '101'"],
  [() => amount('--requests', '-1'), "'--requests' must be a number of at least 0, got: '-1'"],
  [() => amount('--requests', ''), "'--requests' must be a number of at least 0, got: ''"],
  [() => share('--edge-hits', '90'), "'--edge-hits' must be a share from 0 to 1, or from 0% to 100%, got: '90'"],
  [() => time('--from', 'yesterday'), "'--from' must be a time as in ISO 8601, got: 'yesterday'"],
])('%s is refused', (read, message) => {
  expect(read).toThrow(new UsageError(message));
});

test.each([
  ['bin/cost.ts', ['--edge-hits', '90'], "'--edge-hits' must be a share from 0 to 1"],
  ['bin/cost.ts', ['--what'], "Unknown option '--what'"],
  ['bin/retained.ts', ['--what'], "Unknown option '--what'"],
  ['bin/verify/main.ts', ['--stage', 'dev'], "'--yes' must be given"],
])('%s %j says what was wrong, with exit code 2 and without a stack', (script, words, message) => {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...words], { cwd: root, encoding: 'utf8' });
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(2);
});

test('a stage that does not exist is named, without a stack', () => {
  const words = ['--import', 'tsx', 'bin/retained.ts', '--stage', 'nope'];
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  expect(stderr.trim()).toBe(`context 'stage' must be one of local, dev, prod, got: "nope"`);
  expect(status).toBe(1);
});

test('a Node.js that is too old is told so, by every command', () => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '18.19.0' });";
  for (const command of ['dev', 'purge', 'init']) {
    const words = ['--import', `data:text/javascript,${encodeURIComponent(old)}`, 'cli/cachement.cjs', command];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
    expect(stderr).toMatch(/^Node\.js 20 or newer is needed, this is .*: install one/);
    expect(status).toBe(1);
  }
});
