import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { redisBinary } from '../engines';
import { type EngineAddress, runningPlatform } from './running';

/** Client of an engine: its program and arguments, and the variable that has the secret or the file with it. */
interface Client {
  readonly program: string;
  readonly args: readonly string[];
  readonly variable: string;
}

/** Names of the engines' clients, as `--connect` takes them. */
export const CONNECTABLE = ['redis', 'postgres'] as const;
export type Connectable = (typeof CONNECTABLE)[number];

/** As a line for a shell; the secret is in a file, so that it's in no history and on no command line. */
export function commandLine(engine: EngineAddress): string {
  const { program, args, variable } = clientOf(engine);
  const secret = engine.kind === 'redis' ? `"$(cat ${quoted(engine.secretFile)})"` : quoted(engine.secretFile);
  return `${variable}=${secret} ${[program, ...args].map(quoted).join(' ')}`;
}

/** The engine of this kind that a person means: the primary, or any node of a cluster, whose client goes where a key is. */
export function engineToConnect(engines: readonly EngineAddress[], kind: Connectable): EngineAddress | undefined {
  return engines.find((engine) => engine.kind === kind);
}

/**
 * Opens the client of an engine of the running platform in this terminal, or prints its command where it isn't installed.
 * @returns the client's exit code.
 * @throws {Error} where no platform runs, or it has no such engine.
 */
export async function connect(kind: Connectable, stateDir: string, out: (text: string) => void): Promise<number> {
  const running = runningPlatform(stateDir);
  if (!running) throw new Error(`nothing runs with state folder '${stateDir}'; start it in another terminal: npx cachement dev`);
  const engine = engineToConnect(running.engines, kind);
  if (!engine) throw new Error(`the templates that run have no ${kind}`);
  const { program, args, variable } = clientOf(engine);
  const secret = kind === 'redis' ? fs.readFileSync(engine.secretFile, 'utf8') : engine.secretFile;
  const env = { ...process.env, [variable]: secret, ...(kind === 'redis' && fetchedLibraries()) };
  const installed = programsOf(program).find((each) => spawnSync(each, ['--version'], { stdio: 'ignore', env }).status === 0);
  if (!installed) {
    out(
      `${program} is not installed (Debian: apt install ${kind === 'redis' ? 'redis-tools' : 'postgresql-client'}); the command is:\n`,
    );
    out(commandLine(engine));
    return 1;
  }
  const child = spawn(installed, args, { stdio: 'inherit', env });
  // Ctrl-C is the client's to act on.
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function clientOf({ kind, host, port, user, caFile, database }: EngineAddress): Client {
  if (kind === 'redis') {
    const tls = caFile === undefined ? [] : ['--tls', '--cacert', caFile];
    return {
      program: 'redis-cli',
      args: ['-h', host, '-p', String(port), '--user', user, ...tls, '-c'],
      variable: 'REDISCLI_AUTH',
    };
  }
  const parts = {
    host,
    port,
    user,
    dbname: database ?? 'postgres',
    ...(caFile && { sslmode: 'verify-full', sslrootcert: caFile }),
  };
  const info = Object.entries(parts).map(([name, value]) => `${name}=${value}`);
  return { program: 'psql', args: [info.join(' ')], variable: 'PGPASSFILE' };
}

/** On `PATH`, and for Redis beside the server that the set-up found. */
function programsOf(program: string): string[] {
  if (program !== 'redis-cli') return [program];
  const server = redisBinary().redisServer;
  return [program, path.join(path.dirname(server), path.basename(server).replace(/-server$/, '-cli'))];
}

/** Libraries that came with the server, and that its client needs too. */
function fetchedLibraries(): NodeJS.ProcessEnv {
  const { libraryPath } = redisBinary();
  return libraryPath === '' ? {} : { LD_LIBRARY_PATH: [libraryPath, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':') };
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
