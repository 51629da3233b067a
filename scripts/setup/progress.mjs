import { spawnSync } from 'node:child_process';

/** Error that a person can act on: one sentence that says what to do. */
export class SetupError extends Error {}

/** Logs a step that takes a while, runs it, and logs its duration. */
export function step(what, action) {
  const started = Date.now();
  console.log(`set-up: ${what} ...`);
  const result = action();
  console.log(`set-up: ${what}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/** Runs a command that can't ask anything; gives its exit code (`undefined` where there is no such command) and what it wrote. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    env: { ...process.env, LC_ALL: 'C', ...options.env },
  });
  return {
    code: result.error ? undefined : (result.status ?? 1),
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    /** The last lines of what went wrong, for an error message. */
    reason: (result.error?.message ?? (result.stderr?.trim() || result.stdout || '')).trim().split('\n').slice(-3).join(' | '),
  };
}
