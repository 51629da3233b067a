import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { processTree, startOf } from '../../local/host/process-tree';
import { testAssembly } from '../support/platform';
import { synthesizeSmallApp } from '../support/small-app';
import { waitFor } from '../support/wait-for';

const project = path.resolve(__dirname, '../..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'start-'));
const running = new Set<ChildProcess>();
let assembly: string;

beforeAll(() => {
  assembly = synthesizeSmallApp(folder, 'http://127.0.0.1:1');
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** What `npm start -- <options>` runs, with the small app. */
function start(...options: string[]): Run {
  const given = ['--assembly', assembly, '--state', path.join(folder, 'state'), '--port', '0', ...options];
  return startIn(project, ...given);
}

/** `cachement dev` in a folder. */
function startIn(cwd: string, ...options: string[]): Run {
  const child = spawn(process.execPath, [path.join(project, 'cli/cachement.cjs'), 'dev', ...options], { cwd });
  running.add(child);
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal);
    });
  });
  return { child, output: () => output, ended };
}

async function edgeOf(run: Run): Promise<string> {
  return waitFor('the address of the edge', () => {
    if (run.child.exitCode !== null) throw new Error(run.output());
    return /curl (http:\S+)/.exec(run.output())?.[1];
  });
}

function isStopped(pid: number): boolean {
  return spawnSync('ps', ['-o', 'stat=', '-p', String(pid)])
    .stdout.toString()
    .startsWith('T');
}

const get = (url: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    http
      .get(url, { agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .once('error', reject);
  });

describe('npm start', () => {
  test('prints where to look and what to try, with local addresses', async () => {
    const run = start();
    const url = await edgeOf(run);
    expect(await get(url)).toBe(200);
    expect(run.output()).toMatch(/ {2}edge {6}http:\/\/127\.0\.0\.1:\d+\n/);
    expect(run.output()).toMatch(/ {2}gateway {3}http:\/\/127\.0\.0\.1:\d+\/\w+\/prod\n/);
    expect(run.output()).toContain(`  # ask for it\n  curl ${url}`);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
  });

  test.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 0],
    ['SIGHUP', 0],
  ])('ends every child on %s', async (signal, code) => {
    const run = start();
    await get(await edgeOf(run));
    const children = processTree(run.child.pid!).slice(1);
    expect(children.length).toBeGreaterThan(0);
    run.child.kill(signal);
    expect(await run.ended).toBe(code);
    expect(children.filter(startOf)).toEqual([]);
  });

  test('ends while it starts', async () => {
    const run = start();
    await waitFor('the beginning', () => run.output().includes('starting the engines'));
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(run.output()).not.toMatch(/Error|at /);
  });

  test('finds and ends what a crash left behind', async () => {
    const crashed = start();
    await get(await edgeOf(crashed));
    // Frozen between two requests, an environment doesn't notice that its parent is gone.
    const frozen = await waitFor('a frozen environment', () => processTree(crashed.child.pid!).find(isStopped));
    crashed.child.kill('SIGKILL');
    expect(await crashed.ended).toBe('SIGKILL');
    expect(startOf(frozen)).toBeDefined();

    const next = start('--verbose');
    expect(await get(await edgeOf(next))).toBe(200);
    expect(next.output()).toContain('ended what an earlier run left behind');
    expect(startOf(frozen)).toBeUndefined();
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);
  });

  test('fails with one sentence on a port in use', async () => {
    const first = start();
    const { port } = new URL(await edgeOf(first));
    const second = start('--port', port, '--state', path.join(folder, 'other'));
    expect(await second.ended).toBe(1);
    expect(second.output().trim()).toBe(`port ${port} is in use; end whatever listens there, or choose another port with --port`);
    first.child.kill('SIGTERM');
    await first.ended;
  });

  const mounts = [['-m'], ['-rm']].find(
    (words) => spawnSync('unshare', [...words, 'mount', '-t', 'tmpfs', 'tmpfs', folder]).status === 0,
  );
  (mounts ? test : test.skip)('fails with what to do on a disk that is full', async () => {
    const disk = path.join(folder, 'disk');
    fs.mkdirSync(disk);
    // As root, PostgreSQL's user must be able to enter, or its data would be elsewhere.
    fs.chmodSync(folder, 0o755);
    const words = ['dev', '--no-watch', '--port', '0', '--assembly', await testAssembly(), '--state', path.join(disk, 'state')];
    const script = `mount -t tmpfs -o size=2m tmpfs '${disk}' && exec "$0" "$@"`;
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [...mounts!, 'sh', '-c', script, process.execPath, path.join(project, 'cli/cachement.cjs'), ...words],
      { cwd: project, encoding: 'utf8', timeout: 90_000 },
    );
    expect(stdout + stderr).toContain(
      `the disk of '${disk}/state' is full: free some space there, or choose a folder of another disk with --state\n`,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(1);
  });

  test('fails on options that it does not know or understand', async () => {
    const [unknown, wrong, help] = [start('--colour'), start('--port', '80a'), start('--help')];
    expect(await Promise.all([unknown.ended, wrong.ended, help.ended])).toEqual([2, 2, 0]);
    expect(unknown.output()).toContain("Unknown option '--colour'");
    expect(wrong.output()).toContain("'--port' must be a whole number from 0 to 65535, got: '80a'");
    expect(help.output()).toContain('npx cachement dev [options]');
  });
});

/**
 * An app that is synthesized by a script: the small app with the code of `answer.js`, and with `template.json` in place of some
 * properties of its queue.
 */
function writeProject(): string {
  const app = fs.mkdtempSync(path.join(folder, 'app-'));
  fs.writeFileSync(path.join(app, 'cdk.json'), JSON.stringify({ app: 'node app.cjs' }));
  fs.writeFileSync(path.join(app, 'answer.js'), answer('one'));
  fs.writeFileSync(path.join(app, 'queue.json'), '{}');
  fs.writeFileSync(
    path.join(app, 'app.cjs'),
    `const fs = require('fs'), path = require('path'), crypto = require('crypto');
     const out = process.env.CDK_OUTDIR;
     const queue = JSON.parse(fs.readFileSync('queue.json'));
     fs.cpSync(${JSON.stringify(assembly)}, out, { recursive: true });
     const read = (name) => JSON.parse(fs.readFileSync(path.join(out, name)));
     const template = read('Small.template.json'), assets = read('Small.assets.json');
     const [, fn] = Object.entries(template.Resources).find(([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('Answer'));
     const code = fs.readFileSync('answer.js');
     const key = crypto.createHash('sha256').update(code).digest('hex');
     fs.mkdirSync(path.join(out, 'asset.' + key));
     fs.writeFileSync(path.join(out, 'asset.' + key, 'index.js'), code);
     fn.Properties.Code.S3Key = key + '.zip';
     assets.files[key] = { source: { path: 'asset.' + key }, destinations: { here: { objectKey: key + '.zip' } } };
     const q = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::SQS::Queue');
     Object.assign(q.Properties, queue);
     fs.writeFileSync(path.join(out, 'Small.template.json'), JSON.stringify(template));
     fs.writeFileSync(path.join(out, 'Small.assets.json'), JSON.stringify(assets));`,
  );
  return app;
}

/** A handler whose answer isn't cached. */
const answer = (text: string) =>
  `exports.handler = async () => ({ statusCode: 200, headers: { 'cache-control': 'no-store' }, body: '${text}' });`;

const text = async (url: string): Promise<string> => (await fetch(url)).text();

describe('cachement dev in the folder of an app', () => {
  let app: string;
  let run: Run;
  let url: string;

  beforeAll(async () => {
    app = writeProject();
    run = startIn(app, '--port', '0');
    url = await edgeOf(run);
    running.delete(run.child);
  });

  afterAll(async () => {
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(fs.existsSync(path.join(app, '.cachement/local/running.json'))).toBe(false);
  });

  test('keeps its state in that folder, and says there how to be reached', async () => {
    expect(await text(url)).toBe('one');
    const file = path.join(app, '.cachement/local/running.json');
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    const { endpoint, region } = JSON.parse(fs.readFileSync(file, 'utf8'));
    expect(run.output()).toContain(`export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_SHARED_CREDENTIALS_FILE=`);
    expect(run.output()).toMatch(
      /# distribution E\w+ http:\S+\n {2}# bus Small\w+\n {2}# queues \$AWS_ENDPOINT_URL\/\d+\/NAME with NAME one of\n {2}# {3}Small-Queue/,
    );
  });

  test('a second one in the same folder is refused, and takes nothing from the first', async () => {
    const second = startIn(app, '--port', '0');
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('a platform runs already with state directory');
    expect(await text(url)).toBe('one');
  });

  test('a purge of a bus that does not exist is an error, and not a purge', async () => {
    const { endpoint, region, credentialsFile } = JSON.parse(
      fs.readFileSync(path.join(app, '.cachement/local/running.json'), 'utf8'),
    );
    const purge = (environment: Record<string, string>, ...options: string[]) =>
      spawnSync(process.execPath, [path.join(project, 'cli/cachement.cjs'), 'purge', '--tag', 'a:1', ...options], {
        cwd: app,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...environment },
      });
    const here = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_SHARED_CREDENTIALS_FILE: credentialsFile };
    const wrong = purge(here, '--bus', 'nope');
    expect(wrong.stderr).toContain(`there is no event bus 'nope' in ${region}`);
    expect([wrong.status, wrong.stdout]).toEqual([1, '']);
    // The small app has a bus, and no pipeline.
    const none = purge({});
    expect(none.stderr).toContain("no stack has output that ends in 'BusName'");
    expect([none.status, none.stdout]).toEqual([1, '']);
  });

  test('new code of a function runs in place of the old', async () => {
    fs.writeFileSync(path.join(app, 'answer.js'), answer('two'));
    await waitFor('the new code', async () => (await text(url)) === 'two');
    expect(run.output()).toMatch(/new code: Answer\w+;/);
    expect(run.output()).not.toContain('starts again');
  });

  test('a synthesis that fails is shown, and what runs goes on', async () => {
    fs.writeFileSync(path.join(app, 'queue.json'), 'no JSON');
    await waitFor('the error', () => run.output().includes("'node app.cjs' failed with exit code 1"));
    expect(await text(url)).toBe('two');
  });

  test('a template that is refused is shown, and what runs goes on', async () => {
    fs.writeFileSync(path.join(app, 'queue.json'), '{"NoSuchProperty":1}');
    await waitFor('the refusal', () => run.output().includes('unknown property NoSuchProperty'));
    expect(await text(url)).toBe('two');
  });

  test('another template is started in place of the old, at the same address', async () => {
    fs.writeFileSync(path.join(app, 'queue.json'), '{"VisibilityTimeout":90}');
    await waitFor('the line', () => run.output().includes('everything but the engines starts again'));
    await waitFor('the summary', () => run.output().split('Ctrl-C ends everything').length === 3);
    expect(await text(url)).toBe('two');
    fs.writeFileSync(path.join(app, 'answer.js'), answer('three'));
    await waitFor('the new code', async () => (await text(url)) === 'three');
  });

  test('a file that is no source changes nothing', async () => {
    const before = run.output();
    fs.writeFileSync(path.join(app, 'package.tgz'), 'a package');
    fs.writeFileSync(path.join(app, 'answer.js'), answer('four'));
    await waitFor('the new code', async () => (await text(url)) === 'four');
    expect(run.output().slice(before.length).split('synthesizing')).toHaveLength(2);
  });

  test('--plan says what is honoured, ignored and refused, and runs nothing', async () => {
    const plan = startIn(writeProject(), '--plan');
    expect(await plan.ended).toBe(0);
    expect(plan.output()).toMatch(/honoured:\n(.*\n)* +3 AWS::Lambda::Function/);
    expect(plan.output()).toMatch(/ignored, since it makes no difference here:\n(.*\n)* +AWS::Lambda::Function Code.S3Bucket: /);
    expect(plan.output()).toContain('refused: nothing');
    expect(plan.output()).not.toContain('starting');
  });

  test('--plan names what is refused', async () => {
    const other = writeProject();
    fs.writeFileSync(path.join(other, 'queue.json'), '{"NoSuchProperty":1}');
    const plan = startIn(other, '--plan');
    expect(await plan.ended).toBe(1);
    expect(plan.output()).toMatch(
      /refused: .*1 thing\(s\).*:\n {2}Small\/Queue\w+ \(AWS::SQS::Queue\): unknown property NoSuchProperty/,
    );
  });

  test('a folder without an app says how to begin one', async () => {
    const empty = fs.mkdtempSync(path.join(folder, 'empty-'));
    const none = startIn(empty);
    expect(await none.ended).toBe(1);
    expect(none.output()).toContain('there is no cdk.json in');
    expect(none.output()).toContain('npx cachement init --template store');
  });
});
