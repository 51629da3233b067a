import { spawnSync } from 'node:child_process';
import * as os from 'node:os';

/** Half of a period, in milliseconds. Linux throttles a container's processes, and Lambda's, in periods of this order. */
const HALF_MS = 10;

/**
 * Keeps processes off the first processor, which servers and the benchmark then have for themselves.
 *
 * @returns false where the machine has only one, or no `taskset`.
 */
export function keepOffFirstProcessor(pids: readonly number[]): boolean {
  const last = os.availableParallelism() - 1;
  if (last < 1) return false;
  return pids.every((pid) => spawnSync('taskset', ['-a', '-c', '-p', `1-${last}`, String(pid)]).status === 0);
}

/**
 * Gives each process at most half of a processor: it is stopped for half of every period. Half of them run while the others are
 * stopped.
 *
 * @returns ends that.
 */
export function halveProcessor(pids: readonly number[]): () => void {
  let turn = 0;
  const signal = (pid: number, name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(() => {
    turn++;
    for (const [i, pid] of pids.entries()) signal(pid, (i + turn) % 2 === 0 ? 'SIGSTOP' : 'SIGCONT');
  }, HALF_MS);
  return () => {
    clearInterval(timer);
    for (const pid of pids) signal(pid, 'SIGCONT');
  };
}
