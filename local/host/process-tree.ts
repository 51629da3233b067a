import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';

/**
 * A text that no other process on this machine has had: a process id alone comes round again. Undefined where there is no such
 * process, or where it has ended and only waits for its parent to notice.
 */
export function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux')
    return quiet(() =>
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], IGNORE_ERRORS)
        .toString()
        .trim(),
    );
  return quiet(() => {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may contain anything; the rest is numbers, but for the state.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X'
      ? undefined
      : `${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${startTicks}`;
  });
}

/** The process and those that it started, and so on. */
export function processTree(pid: number): number[] {
  return [pid, ...children(pid).flatMap(processTree)];
}

/** Sends a signal to each that still runs. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) quiet(() => process.kill(pid, signal));
}

function children(pid: number): number[] {
  const text =
    process.platform === 'linux'
      ? quiet(() =>
          fs
            .readdirSync(`/proc/${pid}/task`)
            .map((thread) => fs.readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'))
            .join(' '),
        )
      : quiet(() => execFileSync('pgrep', ['-P', String(pid)], IGNORE_ERRORS).toString());
  return (text ?? '').split(/\s+/).filter(Boolean).map(Number);
}

const IGNORE_ERRORS = { stdio: ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[] };

/** For questions about a process, which may end at any moment. */
function quiet<T>(read: () => T): T | undefined {
  try {
    return read() || undefined;
  } catch {
    return undefined;
  }
}
