import * as fs from 'node:fs';
import * as path from 'node:path';
import { download, libraries } from './apt.mjs';
import { run, SetupError } from './progress.mjs';

/**
 * Redis 7 is the first with sharded pub/sub and ACL selectors, and what ElastiCache's current engines speak at least; Valkey
 * began at 7.2.
 */
const MAJOR = 7;

const NAMES = ['valkey-server', 'redis-server'];

/** Debian's packages; the server's own has a link to the program, which is among the tools. */
const PACKAGES = [
  { server: 'redis-server', programs: ['redis-server', 'redis-tools'] },
  { server: 'valkey-server', programs: ['valkey-server', 'valkey-tools'] },
];

const ADVICE = `install Redis or Valkey ${MAJOR} or newer, or set CACHEMENT_REDIS_SERVER to the path of such a server`;

/** Finds a server, or fetches one, and writes which to `.cachement/engines/engines.json`. */
export function ensureRedis(root) {
  const folder = path.join(root, '.cachement', 'engines');
  const file = path.join(folder, 'engines.json');
  const requested = process.env.CACHEMENT_REDIS_SERVER || null;
  if (isCurrent(file, requested)) return;

  const server = requested ? asRequested(requested) : (onPath() ?? unpacked(folder) ?? fetched(folder));
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(
    `${file}.${process.pid}`,
    `${JSON.stringify({ ...server, requested, stamp: stamp(server.redisServer) }, null, 2)}\n`,
  );
  fs.renameSync(`${file}.${process.pid}`, file);
  console.log(`set-up: Redis server: ${server.redisServer} (${server.version})`);
}

function isCurrent(file, requested) {
  try {
    const known = JSON.parse(fs.readFileSync(file, 'utf8'));
    return known.requested === requested && known.stamp === stamp(known.redisServer);
  } catch {
    return false;
  }
}

/** Changes when the program does, by an upgrade say. */
function stamp(program) {
  const { size, mtimeMs } = fs.statSync(program);
  return `${size}-${mtimeMs}`;
}

function asRequested(program) {
  const server = inspect(program);
  if (server.problem) throw new SetupError(`CACHEMENT_REDIS_SERVER is ${program}, which ${server.problem}: ${ADVICE}`);
  return server;
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute);
  return firstUsable(NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))));
}

function unpacked(folder) {
  const tree = path.join(folder, 'redis');
  return firstUsable(
    NAMES.map((name) => path.join(tree, 'usr', 'bin', name)),
    libraries(tree),
  );
}

function fetched(folder) {
  if (process.platform === 'darwin') {
    const prefixes = ['valkey', 'redis'].map((formula) => run('brew', ['--prefix', formula]).stdout.trim()).filter(Boolean);
    const server = firstUsable(prefixes.flatMap((prefix) => NAMES.map((name) => path.join(prefix, 'bin', name))));
    if (server) return server;
    throw new SetupError(
      'there is no Redis or Valkey server: run `brew install valkey`, or set CACHEMENT_REDIS_SERVER to the path of one',
    );
  }
  if (run('apt-get', ['--version']).code !== 0 || run('dpkg-deb', ['--version']).code !== 0) {
    throw new SetupError(`there is no Redis or Valkey server on PATH, and none can be fetched without apt: ${ADVICE}`);
  }
  const tree = path.join(folder, 'redis');
  const problem = download(folder, tree, PACKAGES, MAJOR);
  if (problem) throw new SetupError(`a Redis server could not be fetched: ${problem}; ${ADVICE}`);
  const server = unpacked(folder);
  if (server) return server;
  const why = NAMES.map((name) => inspect(path.join(tree, 'usr', 'bin', name), libraries(tree)).problem);
  throw new SetupError(`the Redis server that was fetched doesn't work here: it ${why.join(' / ')}; ${ADVICE}`);
}

function firstUsable(programs, libraryPath = '') {
  for (const program of programs) {
    if (!fs.existsSync(program)) continue;
    const server = inspect(program, libraryPath);
    if (!server.problem) return server;
    console.log(`set-up: not using ${program}: it ${server.problem}`);
  }
  return undefined;
}

/** Runs the program to see its version, and whether it was built with TLS. */
function inspect(program, libraryPath = '') {
  const env = libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {};
  const { code, stdout, reason } = run(program, ['--version'], { env });
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (code !== 0 || !version) return { problem: `doesn't answer --version (${reason || 'no output'})` };
  if (Number(version.split('.')[0]) < MAJOR) return { problem: `is version ${version}, older than ${MAJOR}` };
  // A server quotes the first directive that it doesn't know, then ends: without TLS that is the first of these.
  const probe = run(program, ['-'], { env, input: 'port 0\ntls-port 0\nno-such-directive 1\n', stdio: 'pipe', timeout: 5000 });
  if (/'tls-port/.test(probe.stderr + probe.stdout)) return { problem: 'was built without TLS' };
  // Not the link's target: the program acts by the name it is called by.
  return { redisServer: path.resolve(program), libraryPath, version };
}
