import * as fs from 'node:fs';
import * as path from 'node:path';
import { startOf } from './process-tree';

const LOCK_FILE = 'platform.pid';

/** A state directory that belongs to another platform. */
export class StateDirInUseError extends Error {
  constructor(directory: string, pid: number) {
    super(
      `a platform runs already with state directory '${directory}' (process ${pid}); end it, or give this one a directory of its own`,
    );
    this.name = 'StateDirInUseError';
  }
}

/**
 * Takes a state directory for this process, making it where there is none.
 * @returns what gives it back.
 * @throws {StateDirInUseError} where a living process has it. What a dead one left is taken over.
 */
export function lockStateDir(directory: string): () => void {
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, LOCK_FILE);
  const mine = startOf(process.pid) ?? '';
  const content = JSON.stringify({ pid: process.pid, start: mine });
  if (!writeNew(file, content)) {
    const holder = read(file);
    if (holder && startOf(holder.pid) === holder.start) throw new StateDirInUseError(directory, holder.pid);
    fs.rmSync(file, { force: true });
    // Of two that start at once on what a crash left behind, one comes too late here.
    if (!writeNew(file, content)) throw new StateDirInUseError(directory, read(file)?.pid ?? 0);
  }
  return () => {
    if (read(file)?.pid === process.pid) fs.rmSync(file, { force: true });
  };
}

/** @returns whether the file was made; false where there is one already. */
function writeNew(file: string, content: string): boolean {
  try {
    fs.writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(file: string): { pid: number; start: string } | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
