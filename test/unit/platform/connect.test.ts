import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { RunningPlatform } from '../../../local/dev/running';

const project = path.resolve(__dirname, '../../..');
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'connect-'));
  write('state/secret', 'a-password');
  write('server/redis-server', '');
  write(
    '.cachement/engines/engines.json',
    JSON.stringify({ redisServer: path.join(folder, 'server/redis-server'), libraryPath: '' }),
  );
  const engine = { host: 'localhost', secretFile: path.join(folder, 'state/secret'), caFile: path.join(folder, 'state/ca.pem') };
  const running: Partial<RunningPlatform> = {
    pid: process.pid,
    engines: [
      { ...engine, kind: 'redis', name: 'redis:a', port: 7001, user: 'administrator' },
      { ...engine, kind: 'postgres', name: 'postgres:a', port: 7002, user: 'owner', database: 'shop' },
    ],
  };
  write('state/running.json', JSON.stringify(running));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string, mode = 0o600): void {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text, { mode });
}

/** `cachement dev --connect NAME`, with nothing but a folder on the path. */
function connect(name: string, state = 'state') {
  const words = [path.join(project, 'cli/cachement.cjs'), 'dev', '--connect', name, '--state', state];
  const env = { ...process.env, PATH: path.join(folder, 'bin') };
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, env, encoding: 'utf8' });
  return { status, stdout: stdout.replaceAll(folder, '.'), stderr };
}

/** A client that says how it was called. */
const CLIENT = `#!/bin/sh
[ "$1" = --version ] && exit 0
echo "$0 $@"
echo "$REDISCLI_AUTH$PGPASSFILE"
exit 3
`;

test.each([
  [
    'redis',
    'redis-cli is not installed (Debian: apt install redis-tools); the command is:\n\n' +
      'REDISCLI_AUTH="$(cat ./state/secret)" redis-cli -h localhost -p 7001 --user administrator --tls --cacert ./state/ca.pem -c\n',
  ],
  [
    'postgres',
    'psql is not installed (Debian: apt install postgresql-client); the command is:\n\n' +
      "PGPASSFILE=./state/secret psql 'host=localhost port=7002 user=owner dbname=shop sslmode=verify-full sslrootcert=./state/ca.pem'\n",
  ],
])('where no client of %s is installed, its command is printed, without the secret', (name, text) => {
  expect(connect(name)).toEqual({ status: 1, stdout: text, stderr: '' });
});

test.each([
  ['redis', 'redis-cli', '-h localhost -p 7001 --user administrator --tls --cacert ./state/ca.pem -c\na-password\n'],
  [
    'postgres',
    'psql',
    'host=localhost port=7002 user=owner dbname=shop sslmode=verify-full sslrootcert=./state/ca.pem\n./state/secret\n',
  ],
])('%s is opened in its client, with the user and TLS, and the secret in no argument', (name, program, text) => {
  write(`bin/${program}`, CLIENT, 0o700);
  const { status, stdout } = connect(name);
  expect(stdout.replace(/^\S+ /, '')).toBe(text);
  expect(status).toBe(3);
});

test.each([
  ['mysql', 'state', "'--connect' must be one of redis, postgres, got: 'mysql'"],
  ['redis', 'elsewhere', 'start it in another terminal: npx cachement dev'],
])('%s in %s says what to do', (name, state, message) => {
  const { status, stderr } = connect(name, state);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBeGreaterThan(0);
});
