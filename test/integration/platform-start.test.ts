import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { processTree, startOf } from '../../local/host/process-tree';
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
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/main.ts', ...given], { cwd: project });
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

  test('fails on options that it does not know or understand', async () => {
    const [unknown, wrong, help] = [start('--colour'), start('--port', '80a'), start('--help')];
    expect(await Promise.all([unknown.ended, wrong.ended, help.ended])).toEqual([1, 1, 0]);
    expect(unknown.output()).toContain("Unknown option '--colour'");
    expect(wrong.output().trim()).toBe("'--port' must be a whole number from 0 to 65535, got: '80a'");
    expect(help.output()).toContain('npm start -- [options]');
  });
});
