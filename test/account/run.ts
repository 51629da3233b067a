import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { DONE, FAILED, type Given, runProcess, type Terminal, UsageError } from '../../cli/arguments';
import { assertionResults } from './outputs';

const HELP = `Deploys each integration case in your account, reads its assertions, and destroys it.

  npm run integ:aws -- --only shared-cache --yes

  --only TEXT   cases whose name begins so
  --yes         go ahead: without it, the cases are only listed
  --keep        leave the stacks, to look at what failed
  --help        show this text

Credentials and region come from where the AWS command line has them; cases that need us-east-1 go there. A case takes 15 to 60 minutes, of which you pay the
hours of its nodes, databases and stage caches.
`;

const OPTIONS = {
  only: { type: 'string', default: '' },
  yes: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
} as const;

const root = path.resolve(__dirname, '../..');

function run({ values: { only, yes, keep } }: Given<typeof OPTIONS>, { out }: Terminal): number {
  const cases = fs
    .readdirSync(__dirname)
    .flatMap((file) => /^integ\.(.*)\.ts$/.exec(file)?.[1] ?? [])
    .filter((name) => name.startsWith(only));
  if (cases.length === 0) throw new UsageError(`'--only' must be the beginning of a case's name, got: '${only}'`);
  if (!yes) {
    for (const name of cases) out(name);
    return DONE;
  }
  const failed = cases.filter((name) => !holds(name, keep, out));
  out(`${cases.length - failed.length} of ${cases.length} cases hold${failed.length > 0 ? `; not: ${failed.join(', ')}` : ''}`);
  return failed.length > 0 ? FAILED : DONE;
}

/** @returns true if a case was deployed and all of its assertions hold. It is destroyed whatever came of it. */
function holds(name: string, keep: boolean, out: Terminal['out']): boolean {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `cachement-${name}-`));
  const outputs = path.join(folder, 'outputs.json');
  const app = ['--app', `node --import tsx test/account/integ.${name}.ts`, '--output', path.join(folder, 'cdk.out')];
  try {
    if (!cdk('deploy', '--all', '--require-approval', 'never', '--outputs-file', outputs, ...app)) return false;
    const results = assertionResults(JSON.parse(fs.readFileSync(outputs, 'utf8')));
    for (const result of results)
      out(`${result.passed ? 'ok  ' : 'FAIL'}  ${result.name}${result.message ? `\n${result.message}` : ''}`);
    return results.every(({ passed }) => passed);
  } finally {
    if (!keep) cdk('destroy', '--all', '--force', ...app);
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const cdk = (...args: string[]): boolean => spawnSync('npx', ['cdk', ...args], { cwd: root, stdio: 'inherit' }).status === 0;

void runProcess({ help: HELP, options: OPTIONS, run });
