import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { lockStateDir, StateDirInUseError } from '../../../local/host/state-dir';

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'state-'));
const lockFile = path.join(directory, 'platform.pid');

afterAll(() => fs.rmSync(directory, { recursive: true }));
afterEach(() => fs.rmSync(lockFile, { force: true }));

describe('the state directory', () => {
  test('belongs to one platform at a time', () => {
    const release = lockStateDir(directory);
    expect(() => lockStateDir(directory)).toThrow(StateDirInUseError);
    expect(() => lockStateDir(directory)).toThrow(
      `a platform runs already with state directory '${directory}' (process ${process.pid})`,
    );
    release();
    lockStateDir(directory)();
    expect(fs.existsSync(lockFile)).toBe(false);
  });

  test('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.once('exit', resolve));
    fs.writeFileSync(lockFile, JSON.stringify({ pid: child.pid, start: '1' }));
    lockStateDir(directory)();
  });

  test('is taken over where the process id belongs to another process by now', () => {
    fs.writeFileSync(lockFile, JSON.stringify({ pid: process.pid, start: '1' }));
    lockStateDir(directory)();
  });

  test('is taken over where a crash left half a file', () => {
    fs.writeFileSync(lockFile, '{"pid":');
    lockStateDir(directory)();
  });
});
