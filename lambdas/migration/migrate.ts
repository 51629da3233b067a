import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { type Role, setRole } from './role';

/** One step of the schema. Once it was applied anywhere, it is changed by another step only. */
export interface Migration {
  /** Sorts the steps, such as `001-purge`. */
  readonly name: string;
  readonly sql: string;
}

/** Any number will do; every migration of this schema takes the same. */
const ADVISORY_LOCK = 4_162_023_114;

/**
 * Brings the schema up to date: roles, then each step that wasn't applied yet, in a transaction of its own. Several of these may
 * run at once; they wait for each other. Running it again changes nothing but the roles' passwords, which follow the secrets.
 *
 * @returns the names of the steps that were applied now.
 * @throws {Error} where a step fails, or one that was applied has another text now.
 */
export async function migrate(client: PoolClient, roles: readonly Role[], migrations: readonly Migration[]): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
  try {
    for (const role of roles) await setRole(client, role);
    await client.query('CREATE SCHEMA IF NOT EXISTS cachement');
    await client.query(`CREATE TABLE IF NOT EXISTS cachement.migration (
      name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM cachement.migration');
    const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
    const now: string[] = [];
    for (const { name, sql } of [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const checksum = createHash('sha256').update(sql).digest('hex');
      if (applied.has(name)) {
        if (applied.get(name) !== checksum)
          throw new Error(`migration '${name}' was changed after it was applied; add another instead`);
        continue;
      }
      await apply(client, name, sql, checksum);
      now.push(name);
    }
    return now;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => {});
  }
}

async function apply(client: PoolClient, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO cachement.migration (name, checksum) VALUES ($1, $2)', [name, checksum]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw new Error(`migration '${name}' failed: ${(error as Error).message}`, { cause: error });
  }
}
