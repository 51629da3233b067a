import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { type SqlStatement, sqlStatements } from '../../lib/contract/sql-statements';
import { log } from '../platform/log';
import { type Role, setRole } from './role';

/** One step of the schema. Once it was applied anywhere, it is changed by another step only. */
export interface Migration {
  /** Sorts the steps, such as `001-purge`; one of an application has its folder before it, such as `schema/001-products.sql`. */
  readonly name: string;
  readonly sql: string;
  /**
   * Role of functions that need no more what the step takes away. While none of them is connected, those of a release before may
   * still run: the step waits for a later run, and others don't wait for it. In a new database nobody runs yet.
   */
  readonly waitsFor?: string;
}

/** Any number will do; every migration of this schema takes the same. */
const ADVISORY_LOCK = 4_162_023_114;

/**
 * Permissions of the roles of functions on what an application's own steps create: one reads, the other writes. A step that wants
 * it otherwise for a table of its own revokes them, and one that makes a schema of its own says there who may do what.
 */
const OWN_GRANTS = `
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO cachement_reader;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cachement_writer;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO cachement_writer;
`;

/**
 * Brings the schema up to date: roles, then the platform's steps, then the application's, each that wasn't applied yet, in a
 * transaction of its own. Several of these may run at once; they wait for each other. Running it again changes nothing but the
 * roles' passwords, which follow the secrets.
 *
 * @param own steps of the application, in the schema `public` where they name none.
 * @returns the names of the steps that were applied now.
 * @throws {Error} with the name and the line where a step fails; with the name where one that was applied has another text now,
 * or one that wasn't would have come before it.
 */
export async function migrate(
  client: PoolClient,
  roles: readonly Role[],
  platform: readonly Migration[],
  own: readonly Migration[] = [],
): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
  try {
    for (const role of roles) await setRole(client, role);
    await client.query('CREATE SCHEMA IF NOT EXISTS cachement');
    await client.query(`CREATE TABLE IF NOT EXISTS cachement.migration (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM cachement.migration');
    const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
    const now = await applyAll(client, platform, applied);
    if (own.length === 0) return now;
    await client.query(OWN_GRANTS);
    return [...now, ...(await applyAll(client, own, applied))];
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => {});
  }
}

async function applyAll(
  client: PoolClient,
  migrations: readonly Migration[],
  applied: ReadonlyMap<string, string>,
): Promise<string[]> {
  const due: (Migration & { readonly checksum: string })[] = [];
  for (const migration of [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name, sql } = migration;
    const checksum = createHash('sha256').update(sql).digest('hex');
    const before = applied.get(name);
    const skipped = due.find(({ waitsFor }) => waitsFor === undefined);
    if (before === undefined) due.push({ ...migration, checksum });
    else if (before !== checksum) {
      throw new Error(`migration '${name}' was changed after it was applied; put its text back, and add another instead`);
    } else if (skipped) {
      throw new Error(
        `migration '${skipped.name}' comes before '${name}', which was applied already: a new database would be made in another order; rename it to come last`,
      );
    }
  }
  const now: string[] = [];
  for (const migration of due) {
    const { name, waitsFor } = migration;
    if (waitsFor !== undefined && applied.size > 0 && !(await isConnected(client, waitsFor))) {
      log.info('migration waits', { name, waitsFor });
      continue;
    }
    await apply(client, migration);
    now.push(name);
  }
  return now;
}

/** Test for a session of a role in this database, of which everybody may know. */
async function isConnected(client: PoolClient, role: string): Promise<boolean> {
  const { rows } = await client.query('SELECT FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()', [role]);
  return rows.length > 0;
}

/** Statement by statement, since PostgreSQL says the place of an error within a statement at best. */
async function apply(client: PoolClient, { name, sql, checksum }: Migration & { readonly checksum: string }): Promise<void> {
  let current: SqlStatement | undefined;
  await client.query('BEGIN');
  try {
    for (const statement of sqlStatements(sql)) {
      current = statement;
      await client.query(statement.text);
    }
    current = undefined;
    await client.query('INSERT INTO cachement.migration (name, checksum) VALUES ($1, $2)', [name, checksum]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    const { message, position } = error as Error & { readonly position?: string };
    const place = current ? ` at line ${lineOf(current, Number(position ?? 1))}` : '';
    throw new Error(`migration '${name}' failed${place}: ${message}`, { cause: error });
  }
}

/** Line of a file. @param position place in a statement of it, from 1, as PostgreSQL gives it. */
const lineOf = ({ text, line }: SqlStatement, position: number): number =>
  line + text.slice(0, position - 1).split('\n').length - 1;
