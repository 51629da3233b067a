import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { BY_HAND } from '../../../bin/verify/by-hand';
import { OPTIONS, planOf } from '../../../bin/verify/command';
import { PROBES } from '../../../bin/verify/probes';
import { STAGE_PROBES } from '../../../bin/verify/stage-probes';

const readCommand = (args: string[]) => planOf(parseArgs({ args, options: OPTIONS }).values);

const root = path.resolve(__dirname, '../../..');
const folder = path.join(root, 'docs/differences');

/** The first column of every table of what nobody has verified. */
function documented(): string[] {
  return fs
    .readdirSync(folder)
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8').split('## Not verified in an account')[1] ?? '')
    .flatMap((section) => section.split('\n## ')[0]!.split('\n'))
    .filter((line) => line.startsWith('| ') && !line.startsWith('| question'))
    .map((line) => line.slice(2).split(' | ')[0]!);
}

test('every question of the documentation has a probe, or what to do by hand in bin/verify/by-hand.ts, and no probe is without one', () => {
  const asked = [...PROBES, ...STAGE_PROBES, ...BY_HAND].map(({ question }) => question);
  expect(documented().length).toBeGreaterThan(60);
  expect(asked.sort()).toEqual(documented().sort());
});

test('ids are unique and begin with their tier', () => {
  const ids = [...PROBES, ...STAGE_PROBES].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^(edge|gateway|events|queues|stage)\/[a-z0-9-]+$/);
});

describe('npm run verify:aws', () => {
  test('says with --dry-run what each probe would do', () => {
    // Nothing of AWS is asked, and nothing could be: there are no credentials.
    const env = { PATH: process.env.PATH ?? '', AWS_EC2_METADATA_DISABLED: 'true' };
    const args = ['--import', 'tsx', 'bin/verify/main.ts', '--dry-run'];
    const text = execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    for (const { id, question } of [...PROBES, ...STAGE_PROBES]) expect(text).toContain(`${id}: ${question}`);
    for (const { question } of BY_HAND) expect(text).toContain(question);
  });

  test.each([
    [[], /'--stage' must name a deployed stage/],
    [['--stage', 'dev'], /'--yes' must be given, since requests, flushes and invalidations are made in your account/],
    [['--stage', 'dev', '--yes', '--only', 'nothing'], /'--only' must be the beginning of a probe's id, got: 'nothing'/],
    [['--stages', 'dev'], /Unknown option '--stages'/],
  ])('does nothing with %j', (args, message) => {
    expect(() => readCommand(args)).toThrow(message);
  });

  test('asks what was chosen', () => {
    const command = readCommand(['--stage', 'dev', '--yes', '--only', 'edge/']);
    expect(command).toMatchObject({ does: 'verify', stage: 'dev', ofStage: [] });
    expect(command.does === 'verify' && command.ofStack.every(({ id }) => id.startsWith('edge/'))).toBe(true);
  });
});
