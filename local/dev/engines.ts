import { spawn } from 'node:child_process';
import * as path from 'node:path';
import type { CloudAssembly } from '../assembly';

/** Of the package or of the repository: the build lies at the same depth as this source. */
const SET_UP = path.resolve(__dirname, '../../scripts/setup/engines.mjs');

/** Engines by the beginning of the types that need them. */
const ENGINES = { redis: 'AWS::ElastiCache::', postgres: 'AWS::RDS::' };

/**
 * Finds or fetches the servers that an assembly needs, in the project's own folder.
 * @param install whether packages may be installed into the project.
 * @throws {Error} that says what to do, where there is none.
 */
export async function setUpEngines(
  { stacks }: CloudAssembly,
  { project, install, signal }: { project: string; install: boolean; signal: AbortSignal },
): Promise<void> {
  const types = new Set(stacks.flatMap(({ template }) => Object.values(template.Resources ?? {}).map(({ Type }) => Type)));
  const needed = Object.entries(ENGINES).filter(([, prefix]) => [...types].some((type) => type.startsWith(prefix)));
  if (needed.length === 0) return;
  const words = [SET_UP, project, ...needed.map(([name]) => name), ...(install ? ['--yes'] : [])];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'inherit', 'pipe'], signal, killSignal: 'SIGTERM' });
  let errors = '';
  child.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  signal.throwIfAborted();
  if (code !== 0) throw new Error(errors.trim() || `the set-up of ${needed.map(([name]) => name).join(' and ')} failed`);
}
