import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import type { ManagedProcess, Processes } from '../../host/processes';
import { ADMINISTRATOR } from './config';
import { type Home, ownFile } from './home';

/** Limit until a server answers, in milliseconds: recovery after a kill included, on a busy machine. */
const START_LIMIT_MS = 60_000;
const POLL_MS = 25;

/** A killed server's last processes may keep its memory and port for a moment, and the next one then refuses to start. */
const HELD = /pre-existing shared memory block|Address already in use|lock file "postmaster.pid" already exists/;
const HELD_LIMIT_MS = 5000;

/** Creates a database cluster with one superuser. */
export async function initialise(
  home: Home,
  folder: string,
  password: string,
  name: string,
  processes: Processes,
): Promise<void> {
  const passwordFile = `${folder}.password`;
  ownFile(home, passwordFile, password);
  try {
    await processes.run({
      name: `${name}:initdb`,
      command: path.join(home.programs, 'bin', 'initdb'),
      args: [
        `--pgdata=${folder}`,
        `--username=${ADMINISTRATOR}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-sync',
        '--no-instructions',
      ],
      cwd: home.data,
      env: environment(home),
      user: home.user,
    });
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
}

/** Settings of a PostgreSQL client on this machine are none of theirs, be they variables or files in a home folder. */
function environment(home: Home): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_'));
  return { ...Object.fromEntries(kept), HOME: home.data };
}

/** One PostgreSQL process with a data folder that is ready to run. */
export class PostgresServer {
  readonly #home: Home;
  readonly #processes: Processes;

  constructor(
    readonly name: string,
    readonly port: number,
    home: Home,
    readonly folder: string,
    processes: Processes,
    /** Of a superuser, to any database. */
    readonly administrator: ClientConfig,
  ) {
    this.#home = home;
    this.#processes = processes;
  }

  get process(): ManagedProcess | undefined {
    return this.#processes.get(this.name);
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    const deadline = Date.now() + HELD_LIMIT_MS;
    for (;;) {
      const started = await this.#processes.start({
        name: this.name,
        command: path.join(this.#home.programs, 'bin', 'postgres'),
        args: ['-D', this.folder],
        cwd: this.#home.data,
        env: environment(this.#home),
        user: this.#home.user,
        // Immediate: the clients are ending too, and the data end with the platform.
        stopSignal: 'SIGQUIT',
      });
      if (await this.#answers(started)) return;
      const reason = started.logTail();
      if (!HELD.test(reason) || Date.now() > deadline) {
        throw new Error(`${this.name} (port ${this.port}) ended before it could be used:\n${reason}`);
      }
      await sleep(POLL_MS * 4);
    }
  }

  /** One connection for `use`. */
  async connected<T>(use: (client: Client) => Promise<T>, database = 'postgres'): Promise<T> {
    const client = new Client({ ...this.administrator, database });
    client.on('error', () => {});
    try {
      await client.connect();
      return await use(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** @returns false where the process ended first */
  async #answers(started: ManagedProcess): Promise<boolean> {
    const deadline = Date.now() + START_LIMIT_MS;
    let last: unknown;
    while (started.running && Date.now() < deadline) {
      try {
        await this.connected((client) => client.query('select 1'));
        return true;
      } catch (error) {
        last = error;
      }
      await Promise.race([sleep(POLL_MS), started.exited]);
    }
    if (!started.running) return false;
    throw new Error(`${this.name} (port ${this.port}) didn't answer within ${START_LIMIT_MS / 1000} s:\n${started.logTail()}`, {
      cause: last,
    });
  }
}
