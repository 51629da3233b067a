import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * `npm run check:sources`: the examples of systems of record besides PostgreSQL, against a real MariaDB primary with a replica,
 * and DynamoDB's client in front of dynalite. Apart from `npm test`, since it fetches servers and clients that nothing else
 * needs.
 */
function main(): number {
  const run = (command: string, words: string[], cwd: string) => spawnSync(command, words, { cwd, stdio: 'inherit' }).status ?? 1;
  if (!fs.existsSync(path.join(__dirname, 'node_modules'))) {
    const installed = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], __dirname);
    if (installed !== 0) return installed;
  }
  const checks = fs.readdirSync(__dirname).filter((name) => name.endsWith('.check.ts'));
  const words = ['--import', 'tsx', '--test', ...checks.map((name) => path.join(__dirname, name))];
  return run(process.execPath, words, path.resolve(__dirname, '../..'));
}

process.exitCode = main();
