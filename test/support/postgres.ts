import * as fs from 'node:fs';
import * as path from 'node:path';
import { type ClientConfig, Pool } from 'pg';
import { type Migration, migrate } from '../../lambdas/migration/migrate';
import { closeDatabase, createDatabase, type Database, type DatabaseOptions } from '../../lambdas/platform/database';
import type { Engines } from '../../local/engines';
import { startEngines } from './engines-model';

/** Names of the processes, for {@link Engines.kill} and the like. */
export const PRIMARY = 'postgres:test/Primary';
export const STANDBY = 'postgres:test/Standby';

const DATABASE = 'cachement';
export const OWNER = { username: 'owner', password: 'a-password-of-the-owner' };
/** The roles of functions, as the migration makes them. */
export const READER = { username: 'cachement_reader', password: 'a-password-of-the-reader' };
export const WRITER = { username: 'cachement_writer', password: 'a-password-of-the-writer' };
export const KEEPER = { username: 'cachement_keeper', password: 'a-password-of-the-keeper' };

/** The steps of the schema, as the bundle has them. */
export const MIGRATIONS: Migration[] = [
  { name: '001-purge' },
  { name: '002-statistics' },
  { name: '003-purge-pacing' },
  { name: '004-gateway-refresh' },
  { name: '005-keeper' },
  { name: '006-writers', waitsFor: KEEPER.username },
  { name: '007-administration' },
].map((step) => ({
  ...step,
  sql: fs.readFileSync(path.resolve(__dirname, `../../lambdas/migration/sql/${step.name}.sql`), 'utf8'),
}));

/** A real primary, with a streaming standby or without. */
export interface Postgres {
  readonly engines: Engines;
  /** The superuser, on the primary. */
  readonly administrator: Pool;
  /** Variables that lead a function here. */
  readonly environment: Record<string, string>;
  /**
   * The database as a function reaches it, as one of the roles. Each call makes pools of its own; they live as long as the
   * server.
   */
  database(role: 'owner' | 'reader' | 'writer' | 'keeper', options?: Partial<DatabaseOptions>): Database;
  migrate(): Promise<string[]>;
  dispose(): Promise<void>;
}

/** The way to the primary, as the owner, for a client of another kind or in another process. */
export function clientConfig({ environment }: Postgres): ClientConfig {
  const [host, port] = (environment.DATABASE_WRITER as string).split(':');
  const ca = fs.readFileSync(environment.NODE_EXTRA_CA_CERTS as string, 'utf8');
  return { host, port: Number(port), database: DATABASE, user: OWNER.username, password: OWNER.password, ssl: { ca } };
}

export async function startPostgres({ standby = false } = {}): Promise<Postgres> {
  const { engines, place, authorities, dispose } = await startEngines('postgres', {
    'test/Primary': {
      type: 'AWS::RDS::DBInstance',
      properties: {
        Engine: 'postgres',
        DBName: DATABASE,
        MasterUsername: OWNER.username,
        MasterUserPassword: OWNER.password,
      },
    },
    ...(standby && {
      'test/Standby': { type: 'AWS::RDS::DBInstance', properties: { SourceDBInstanceIdentifier: 'test-primary' } },
    }),
  });
  const administrator = new Pool({ ...engines.databaseAdministrator(PRIMARY), max: 2 });
  administrator.on('error', () => {});
  const databases: Database[] = [];
  const address = (name: string) => ({ host: 'localhost', port: place.port(name) });
  const roles = { owner: OWNER, reader: READER, writer: WRITER, keeper: KEEPER };

  const postgres: Postgres = {
    engines,
    administrator,
    environment: {
      DATABASE_WRITER: `localhost:${place.port(PRIMARY)}`,
      DATABASE_READERS: standby ? `localhost:${place.port(STANDBY)}` : '',
      DATABASE_NAME: DATABASE,
      DATABASE_POOL_SIZE: '2',
      NODE_EXTRA_CA_CERTS: place.caFile,
    },
    database(role, options = {}) {
      const database = createDatabase({
        writer: address(PRIMARY),
        readers: standby ? [address(STANDBY)] : [],
        name: DATABASE,
        secret: { value: async () => roles[role], refused: () => {} },
        poolSize: 4,
        applicationName: 'test',
        authorities,
        ...options,
      });
      databases.push(database);
      return database;
    },
    async migrate() {
      const client = await postgres.database('owner', { statementTimeoutMs: 0 }).writer.connect();
      try {
        return await migrate(client, [READER, WRITER, KEEPER], MIGRATIONS);
      } finally {
        client.release();
      }
    },
    async dispose() {
      await Promise.all([administrator.end(), ...databases.map(closeDatabase)]);
      await dispose();
    },
  };
  return postgres;
}
