import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { startOf } from '../../local/host/process-tree';
import { endLeftovers, Processes } from '../../local/host/processes';

const OWNER = path.resolve(__dirname, '../support/process-owner.ts');

let stateDir: string;
let processes: Processes;

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'processes-'));
  processes = new Processes(stateDir);
});

afterEach(async () => {
  await processes.dispose();
  fs.rmSync(stateDir, { recursive: true, force: true });
});

const script = (name: string, code: string) => ({ name, command: process.execPath, args: ['-e', code], cwd: stateDir });

/** A program that was started by a process that has been killed since. */
async function orphan(): Promise<number> {
  const owner = spawn(process.execPath, ['--import', 'tsx', OWNER, stateDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve, reject) => {
    owner.stdout.once('data', (data) => resolve(Number(data)));
    owner.once('exit', () => reject(new Error('the owner ended before it had started anything')));
  });
  const gone = new Promise((resolve) => owner.once('exit', resolve));
  owner.kill('SIGKILL');
  await gone;
  return pid;
}

test('what a killed owner left behind is found and ended', async () => {
  const pid = await orphan();
  expect(startOf(pid)).toBeDefined();

  expect(await endLeftovers(stateDir)).toEqual(['sleeper']);

  expect(startOf(pid)).toBeUndefined();
  expect(await endLeftovers(stateDir)).toEqual([]);
});

test('a process that was given a recorded id later is left alone', async () => {
  const pid = await orphan();
  const file = path.join(stateDir, 'pids', `${pid}.json`);
  const record = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, record.replace(/"start":"[^"]*"/, '"start":"another"'));

  expect(await endLeftovers(stateDir)).toEqual([]);

  expect(startOf(pid)).toBeDefined();
  fs.writeFileSync(file, record);
  await endLeftovers(stateDir);
});

test('processes whose owner still runs are no leftovers', async () => {
  const started = await processes.start(script('mine', 'setInterval(() => {}, 1000)'));
  expect(await endLeftovers(stateDir)).toEqual([]);
  expect(started.running).toBe(true);
});

test('a process that ignores its stop signal is killed, with those that it started', async () => {
  const started = await processes.start({
    stopLimitMs: 100,
    ...script(
      'stubborn',
      `process.on('SIGTERM', () => {});
       const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
       console.log(child.pid); setInterval(() => {}, 1000);`,
    ),
  });
  while (!started.logTail()) await new Promise((resolve) => setTimeout(resolve, 10));
  const child = Number(started.logTail());

  await started.end();

  expect(started.running).toBe(false);
  while (startOf(child)) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('a stopped process ends too', async () => {
  const started = await processes.start(script('stopped', 'setInterval(() => {}, 1000)'));
  started.signal('SIGSTOP');
  await started.end();
  expect(started.running).toBe(false);
});

test('nothing starts once everything is being ended', async () => {
  await processes.dispose();
  await expect(processes.start(script('late', ''))).rejects.toThrow(
    "process 'late' is not started, because everything is being ended",
  );
});

test('a program that fails is quoted', async () => {
  await expect(processes.run(script('failing', 'console.error("no such thing"); process.exit(3)'))).rejects.toThrow(
    'failing failed:\nno such thing',
  );
});

test('a program that does not exist is an error', async () => {
  await expect(processes.start({ name: 'missing', command: '/no/such/program', args: [], cwd: stateDir })).rejects.toThrow(
    'ENOENT',
  );
});
