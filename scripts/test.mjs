import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs every test, then once more the integration tests that a busy machine may have been too slow for: a few whole files, one at
 * a time, because the tests of a file share the servers that it starts. The first run's errors stay in sight. Not by `jest
 * --onlyFailures`, which passes where a run ended before it could note what failed.
 */
const MOST_FILES = 2;

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const report = path.join(project, '.cachement/test-report.json');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const run = (...options) => spawnSync(process.execPath, [jest, ...options], { cwd: project, stdio: 'inherit' }).status ?? 1;

rmSync(report, { force: true });
mkdirSync(path.dirname(report), { recursive: true });
let code = run('--json', `--outputFile=${report}`, ...process.argv.slice(2));
if (code !== 0 && existsSync(report)) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = testResults.filter(({ status }) => status === 'failed').map(({ name }) => path.relative(project, name));
  const isIntegration = (file) => file.startsWith(path.join('test', 'integration') + path.sep);
  if (failed.length > 0 && failed.length <= MOST_FILES && failed.every(isIntegration)) {
    console.error(`\nonce more, by themselves: ${failed.join(', ')}\n`);
    code = run('--runInBand', '--runTestsByPath', ...failed);
  }
}
process.exit(code);
