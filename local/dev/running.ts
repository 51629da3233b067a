import * as fs from 'node:fs';
import * as path from 'node:path';
import { credentialsFile } from '../identity';
import type { Platform } from '../platform';

/** Server of an engine that a person may connect to as its administrator. */
export interface EngineAddress {
  readonly kind: 'redis' | 'postgres';
  /** `postgres:<stack>/<logical id>`, or `redis:<stack>/<logical id>:<shard>-<node>`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File with the password alone, or in the format of `PGPASSFILE` for PostgreSQL; of mode 0600. */
  readonly secretFile: string;
  /** Certificate authority of its TLS. @default - it has none */
  readonly caFile?: string;
  readonly database?: string;
}

/** A running platform, as other programs of this machine find it: in the state folder, while it runs. */
export interface RunningPlatform {
  readonly pid: number;
  /** Base URL of the AWS APIs. */
  readonly endpoint: string;
  readonly region: string;
  /** File for `AWS_SHARED_CREDENTIALS_FILE`. */
  readonly credentialsFile: string;
  readonly engines: readonly EngineAddress[];
}

const FILE = 'running.json';

/** Writes how to reach a platform, and the secrets beside it, each in a file that only this user may read. */
export async function recordRunning(platform: Platform, stateDir: string): Promise<RunningPlatform> {
  const { endpointUrl: endpoint, region } = platform.model.environment;
  const running: RunningPlatform = {
    pid: process.pid,
    endpoint,
    region,
    credentialsFile: credentialsFile(stateDir),
    engines: await enginesOf(platform, stateDir),
  };
  writePrivate(path.join(stateDir, FILE), `${JSON.stringify(running, null, 2)}\n`);
  return running;
}

export function forgetRunning(stateDir: string): void {
  fs.rmSync(path.join(stateDir, FILE), { force: true });
}

/** The platform of a state folder; undefined where none runs. */
export function runningPlatform(stateDir: string): RunningPlatform | undefined {
  try {
    const running: RunningPlatform = JSON.parse(fs.readFileSync(path.join(stateDir, FILE), 'utf8'));
    process.kill(running.pid, 0);
    return running;
  } catch {
    return undefined;
  }
}

async function enginesOf({ engines, model }: Platform, stateDir: string): Promise<EngineAddress[]> {
  const { caFile } = model.environment;
  const processes = await engines.processes();
  const databases = processes
    .filter(({ kind }) => kind !== 'redis')
    .map(({ name }) => ({ name, client: engines.databaseAdministrator(name) }));
  const caches = processes
    .filter(({ kind }) => kind === 'redis')
    .map(({ name }) => ({ name, client: engines.cacheAdministrator(name) }));
  const passwords = path.join(stateDir, 'pgpass');
  writePrivate(
    passwords,
    databases.map(({ client: { host, port, user, password } }) => `${host}:${port}:*:${user}:${password}\n`).join(''),
  );
  return [
    ...databases.map(({ name, client }) => ({
      kind: 'postgres' as const,
      name,
      host: client.host!,
      port: client.port!,
      user: client.user!,
      secretFile: passwords,
      caFile,
      database: client.database,
    })),
    ...caches.map(({ name, client }) => {
      const secretFile = path.join(stateDir, `redis-password-${client.port}`);
      writePrivate(secretFile, String(client.password));
      const address = { kind: 'redis' as const, name, host: client.host!, port: client.port!, user: client.username! };
      return { ...address, secretFile, ...(client.tls && { caFile }) };
    }),
  ];
}

/** Anew each time, since a file that others could read before would be no secret. */
function writePrivate(file: string, text: string): void {
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, text, { mode: 0o600 });
}
