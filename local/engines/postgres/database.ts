import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import type { Processes } from '../../host/processes';
import { postgresBinaries } from '../binaries';
import type { Certificates } from '../certificates';
import { ADMINISTRATOR, configuration, hostRules, settings, standbyConfiguration } from './config';
import { type Home, homeOf, ownFile, ownFolder, ownTree } from './home';
import type { DatabaseOptions, ServerOptions } from './options';
import { initialise, PostgresServer } from './server';

/** Limit until all standbys stream, in milliseconds. */
const STREAM_LIMIT_MS = 30_000;
const POLL_MS = 20;

/**
 * Roles that RDS gives its master user instead of a superuser. PostgreSQL itself lets only superusers create the extension
 * `pg_stat_statements`, so that one is there already.
 */
const MASTER_ROLE = `
  create role rds_superuser nologin;
  grant pg_monitor, pg_signal_backend, pg_checkpoint to rds_superuser with admin option;
`;
const EXTENSION = `
  create extension if not exists pg_stat_statements;
  grant execute on function pg_stat_statements_reset(oid, oid, bigint, boolean) to rds_superuser;
`;

/** A primary and its streaming standbys. */
export class Database {
  readonly #processes: Processes;
  readonly #certificates: Certificates;
  readonly primary: PostgresServer;
  readonly standbys: readonly PostgresServer[];
  readonly #home: Home;
  readonly #password = randomBytes(24).toString('hex');

  constructor(
    readonly options: DatabaseOptions,
    stateDir: string,
    processes: Processes,
    certificates: Certificates,
  ) {
    this.#processes = processes;
    this.#certificates = certificates;
    this.#home = homeOf(stateDir, postgresBinaries());
    const ca = fs.readFileSync(certificates.caFile, 'utf8');
    const server = ({ name, port, identifier }: ServerOptions) =>
      new PostgresServer(name, port, this.#home, path.join(this.#home.data, identifier), processes, {
        host: 'localhost',
        port,
        user: ADMINISTRATOR,
        password: this.#password,
        database: 'postgres',
        ssl: { ca },
      });
    this.primary = server(options);
    this.standbys = options.replicas.map(server);
  }

  get servers(): readonly PostgresServer[] {
    return [this.primary, ...this.standbys];
  }

  /** From nothing to a database that can be used, with every standby streaming and caught up. */
  async start(): Promise<void> {
    const { parameters, port, replicas } = this.options;
    await this.#clear();
    ownFolder(this.#home, path.basename(this.primary.folder));
    await initialise(this.#home, this.primary.folder, this.#password, this.primary.name, this.#processes);
    // Before the first start the folder is a primary's and a standby's alike.
    await Promise.all(this.standbys.map(({ folder }) => fs.promises.cp(this.primary.folder, folder, { recursive: true })));
    this.#configure(this.primary, settings(parameters, port, this.#tlsFiles(this.primary)), hostRules(parameters));
    for (const [index, standby] of this.standbys.entries()) this.#configureStandby(standby, replicas[index]!);
    await this.primary.start();
    await this.#createSlots();
    await Promise.all([this.#createDatabase(), ...this.standbys.map((standby) => standby.start())]);
    await this.ready();
  }

  /** Resolves once every standby streams, and has replayed what the primary has written so far. */
  async ready(): Promise<void> {
    const deadline = Date.now() + STREAM_LIMIT_MS;
    await this.primary.connected(async (primary) => {
      const { rows } = await primary.query('select pg_current_wal_lsn() as lsn');
      const wait = async (standby: PostgresServer, client: Client) => {
        while (!((await hasReplayed(client, rows[0].lsn)) && (await streamsTo(primary, slotOf(standby))))) {
          if (Date.now() > deadline)
            throw new Error(`${standby.name} doesn't stream from its primary:\n${standby.process?.logTail()}`);
          await sleep(POLL_MS);
        }
      };
      await Promise.all(this.standbys.map((standby) => standby.connected((client) => wait(standby, client))));
    });
  }

  /** Deletes all data. */
  async remove(): Promise<void> {
    await this.#clear();
    // Other databases of the template keep theirs there too; the last one takes it along.
    await fs.promises.rmdir(this.#home.data).catch(() => {});
  }

  async #clear(): Promise<void> {
    await Promise.all(this.servers.map(({ folder }) => fs.promises.rm(folder, { recursive: true, force: true })));
  }

  #configureStandby(standby: PostgresServer, options: ServerOptions): void {
    ownTree(this.#home, standby.folder);
    // A standby needs at least the primary's number of connections and senders.
    const parameters = { ...this.options.parameters, ...options.parameters };
    const connections = Math.max(
      ...[this.options.parameters, parameters].map(({ max_connections }) => Number(max_connections) || 0),
    );
    const values = settings({ ...parameters, max_connections: String(connections) }, standby.port, this.#tlsFiles(standby), true);
    const own = standbyConfiguration({
      primaryPort: this.primary.port,
      password: this.#password,
      slot: slotOf(standby),
      caFile: path.join(standby.folder, 'authority.pem'),
    });
    this.#configure(standby, values, hostRules(options.parameters), own);
    ownFile(this.#home, path.join(standby.folder, 'authority.pem'), fs.readFileSync(this.#certificates.caFile));
    ownFile(this.#home, path.join(standby.folder, 'standby.signal'), '');
  }

  #configure({ folder }: PostgresServer, values: Record<string, string>, rules: string, more = ''): void {
    ownFile(this.#home, path.join(folder, 'postgresql.conf'), configuration(values) + more);
    ownFile(this.#home, path.join(folder, 'pg_hba.conf'), rules);
    ownFile(this.#home, path.join(folder, 'server.pem'), fs.readFileSync(this.#certificates.certificateFile));
    ownFile(this.#home, path.join(folder, 'server.key'), fs.readFileSync(this.#certificates.keyFile));
  }

  /** Copies, because the server's user may not be able to read the originals. */
  #tlsFiles({ folder }: PostgresServer): { certificateFile: string; keyFile: string } {
    return { certificateFile: path.join(folder, 'server.pem'), keyFile: path.join(folder, 'server.key') };
  }

  async #createSlots(): Promise<void> {
    await this.primary.connected(async (client) => {
      for (const standby of this.standbys) {
        await client.query('select pg_create_physical_replication_slot($1, true)', [slotOf(standby)]);
      }
    });
  }

  async #createDatabase(): Promise<void> {
    const { databaseName = 'postgres', username, password } = this.options;
    const master = escapeIdentifier(username);
    const exists = databaseName === 'postgres';
    await this.primary.connected(
      async (client) => {
        await client.query(MASTER_ROLE);
        await client.query(`create role ${master} login createdb createrole password ${escapeLiteral(password)}`);
        await client.query(`grant rds_superuser to ${master} with admin option`);
        await client.query(EXTENSION);
        if (!exists) await client.query(`create database ${escapeIdentifier(databaseName)} owner ${master}`);
      },
      // What the template has, databases made from it have as well: the master user may create others.
      exists ? databaseName : 'template1',
    );
  }
}

async function hasReplayed(standby: Client, lsn: string): Promise<boolean> {
  const { rows } = await standby.query('select pg_last_wal_replay_lsn() >= $1::pg_lsn as done', [lsn]);
  return rows[0].done;
}

async function streamsTo(primary: Client, slot: string): Promise<boolean> {
  const sender = "select 1 from pg_stat_replication where application_name = $1 and state = 'streaming'";
  return (await primary.query(sender, [slot])).rowCount === 1;
}

/** Slots are named in lower case, digits and underscores. */
function slotOf({ folder }: PostgresServer): string {
  return path.basename(folder).replace(/[^a-z0-9]/g, '_');
}
