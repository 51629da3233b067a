import { spawnSync } from 'node:child_process';
import { SetupError } from './progress.mjs';

/** Signs of a registry that isn't reached, in what npm writes. */
const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|ENOTCACHED)\b/;

/** Runs npm in a folder, with what it writes passed on. @throws {SetupError} with what to do, where it fails. */
export function npm(folder, ...words) {
  // The npm that started this script, where one did; there may be several on the machine.
  const [command, ...first] = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const result = spawnSync(command, [...first, ...words, '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  if (!result.error && result.status === 0) return;
  process.stderr.write(result.stderr ?? '');
  const what = `npm ${words[0]} failed`;
  const offline = OFFLINE.exec(result.stderr ?? '')?.[1];
  if (offline) {
    throw new SetupError(
      `${what}: its registry can't be reached (${offline}); go online, or name one that can be with \`npm config set registry URL\`, and run it again`,
    );
  }
  if (/\bENOSPC\b/.test(result.stderr ?? ''))
    throw new SetupError(`${what}: the disk is full; free some space, and run it again`);
  throw new SetupError(`${what} (${result.error?.message ?? `exit code ${result.status}`}): its output is above`);
}
