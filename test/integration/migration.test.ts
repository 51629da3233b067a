import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Pool } from 'pg';
import { loadPlaces } from '../../examples/places/functions/sample-data/load';
import { type Migration, migrate } from '../../lambdas/migration/migrate';
import { tagProblem } from '../../lib/route';
import { KEEPER, MIGRATIONS, type Postgres, READER, startPostgres, WRITER } from '../support/postgres';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.dispose());

describe('the schema migration', () => {
  test('applies each step once, whoever runs it at the same time', async () => {
    const applied = await Promise.all([postgres.migrate(), postgres.migrate(), postgres.migrate()]);
    expect(applied.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(await postgres.migrate()).toEqual([]);
  });

  test('stops where a step was changed after it was applied', async () => {
    const client = await postgres.database('owner').writer.connect();
    const changed = MIGRATIONS.map((step) => ({ ...step, sql: `${step.sql}\n-- later` }));
    await expect(migrate(client, [], changed)).rejects.toThrow("migration '001-purge' was changed after it was applied");
    client.release();
  });

  test('leaves nothing of a step that fails, and says which', async () => {
    const client = await postgres.database('owner').writer.connect();
    const broken = { name: '900-broken', sql: 'CREATE TABLE half (); SELECT 1 / 0' };
    await expect(migrate(client, [], [...MIGRATIONS, broken])).rejects.toThrow(
      "migration '900-broken' failed at line 1: division by zero",
    );
    const { rows } = await client.query("SELECT to_regclass('half') AS half");
    expect(rows).toEqual([{ half: null }]);
    client.release();
  });

  test('gives roles the password of their secret, and shows it to nobody', async () => {
    await expect(postgres.database('reader').writer.query('SELECT 1')).resolves.toBeDefined();
    const client = await postgres.database('owner').writer.connect();
    await migrate(client, [{ ...READER, password: 'another-password' }], MIGRATIONS);
    client.release();
    await expect(postgres.database('reader').writer.query('SELECT 1')).rejects.toThrow('password authentication failed');
    await postgres.migrate();
    await expect(postgres.database('reader').writer.query('SELECT 1')).resolves.toBeDefined();
    const { rows } = await postgres.administrator.query(
      'SELECT query FROM pg_stat_statements WHERE query ILIKE $1 OR query LIKE $2 OR query LIKE $3',
      ['%another-password%', `%${READER.password}%`, `%${WRITER.password}%`],
    );
    expect(rows).toEqual([]);
  });
});

describe("a schema of one's own", () => {
  const step = (name: string, sql: string) => ({ name: `schema/${name}.sql`, sql });
  const products = step('001-products', 'CREATE TABLE products (id serial PRIMARY KEY, name text NOT NULL);');
  const run = async (...own: Migration[]) => {
    const client = await postgres.database('owner', { statementTimeoutMs: 0 }).writer.connect();
    try {
      return await migrate(client, [], MIGRATIONS, own);
    } finally {
      client.release();
    }
  };
  const tables = async (...names: string[]) => {
    const { rows } = await postgres.administrator.query(
      'SELECT array_agg(to_regclass(name)::text) AS found FROM unnest($1::text[]) AS name',
      [names],
    );
    return rows[0].found;
  };

  test('is applied in the order of its names, once, whoever runs it at the same time', async () => {
    const first = step('002-first', "INSERT INTO products (name) VALUES ('lamp');");
    const applied = await Promise.all([run(first, products), run(products, first), run(first, products)]);
    expect(applied.flat()).toEqual(['schema/001-products.sql', 'schema/002-first.sql']);
    const { rows } = await postgres.database('reader').writer.query('SELECT id, name FROM products');
    expect(rows).toEqual([{ id: 1, name: 'lamp' }]);
  });

  test('lets a writer write and a reader read what it made, and neither define anything', async () => {
    const { writer } = postgres.database('writer');
    const reader = postgres.database('reader').writer;
    await writer.query("INSERT INTO products (name) VALUES ('chair')");
    await writer.query("UPDATE products SET name = 'stool' WHERE name = 'chair'");
    await writer.query("DELETE FROM products WHERE name = 'stool'");
    await expect(reader.query("INSERT INTO products (name) VALUES ('chair')")).rejects.toThrow('permission denied');
    for (const role of [writer, reader]) {
      await expect(role.query('CREATE TABLE more ()')).rejects.toThrow('permission denied for schema public');
      await expect(role.query('ALTER TABLE products ADD COLUMN more text')).rejects.toThrow('must be owner of table products');
    }
    // Which migrations ran is nobody else's to change.
    await expect(writer.query('DELETE FROM cachement.migration')).rejects.toThrow('permission denied');
  });

  test.each([
    [
      'an error in the text',
      'CREATE TABLE half ();\n\n-- then\nINSERT INTO\n  nowhere VALUES (1);',
      'line 5: relation "nowhere" does not exist',
    ],
    ['an error of syntax', 'CREATE TABLE half ();\nSELEC 1;', 'line 2: syntax error at or near "SELEC"'],
    [
      'an error in the data',
      'CREATE TABLE half ();\nSELECT 1;\nINSERT INTO products (name)\n  VALUES (NULL);',
      'line 3: null value in column "name"',
    ],
    [
      'what no transaction can do',
      'CREATE TABLE half ();\nCREATE INDEX CONCURRENTLY ON products (name);',
      'line 2: CREATE INDEX CONCURRENTLY cannot run inside a transaction block',
    ],
  ])('leaves nothing of a file with %s, nor of those after it, and says its name and line', async (_name, sql, message) => {
    const later = step('901-later', 'CREATE TABLE later ();');
    await expect(
      run(products, step('002-first', "INSERT INTO products (name) VALUES ('lamp');"), later, step('900-broken', sql)),
    ).rejects.toThrow(`migration 'schema/900-broken.sql' failed at ${message}`);
    expect(await tables('half', 'later')).toEqual([null, null]);
  });

  test('stops where a file was changed after it was applied, or a new one would have come before it', async () => {
    await expect(run({ ...products, sql: `${products.sql}\n-- later` })).rejects.toThrow(
      "migration 'schema/001-products.sql' was changed after it was applied; put its text back, and add another instead",
    );
    await expect(run(step('000-before', 'CREATE TABLE early ();'), products)).rejects.toThrow(
      "migration 'schema/000-before.sql' comes before 'schema/001-products.sql', which was applied already",
    );
    expect(await tables('early')).toEqual([null]);
  });

  test('lets an older release, which has fewer files, be deployed again', async () => {
    expect(await run(products)).toEqual([]);
  });
});

describe('the roles', () => {
  let writer: Pool;
  beforeAll(() => {
    writer = postgres.database('writer').writer;
  });

  const PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];

  /** Privileges of a role on each table of the platform, where it has one on some of the columns at least. */
  const privileges = async (role: string): Promise<Record<string, string[]>> => {
    const { rows } = await postgres.administrator.query<{ name: string; may: string[] }>(
      `SELECT relname AS name, array_agg(p ORDER BY p) FILTER (WHERE CASE WHEN p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
         THEN has_any_column_privilege($1, c.oid, p) ELSE has_table_privilege($1, c.oid, p) END) AS may
       FROM pg_class AS c, unnest($2::text[]) AS p
       WHERE relnamespace = 'cachement'::regnamespace AND relkind = 'r' GROUP BY relname`,
      [role, PRIVILEGES],
    );
    return Object.fromEntries(rows.map(({ name, may }) => [name, may]));
  };
  const columns = async (privilege: string): Promise<string[]> => {
    const { rows } = await postgres.administrator.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = 'cachement.outbox'::regclass AND attnum > 0 AND NOT attisdropped
       AND has_column_privilege($1, attrelid, attnum, $2) ORDER BY attnum`,
      [WRITER.username, privilege],
    );
    return rows.map(({ name }) => name);
  };

  test('but the keeper none may change the ledger; a writer adds to the outbox what it asks for, and nothing else', async () => {
    const reader = await privileges(READER.username);
    const tables = Object.keys(reader);
    const each = (may: string[]) => Object.fromEntries(tables.map((name) => [name, may]));
    expect(reader).toEqual(each(['SELECT']));
    expect(await privileges(KEEPER.username)).toEqual({
      ...each(['DELETE', 'INSERT', 'SELECT', 'UPDATE']),
      migration: ['SELECT'],
    });
    // What was purged by hand is nothing that a writer needs.
    const ofWriters = { ...each(['SELECT']), outbox: ['INSERT', 'SELECT'], cache_purge: null };
    expect(await privileges(WRITER.username)).toEqual(ofWriters);
    expect(await columns('INSERT')).toEqual(['tags', 'mode', 'paths', 'prompt', 'urgent']);
  });

  test.each([
    "UPDATE cachement.outbox SET due_at = 'infinity'",
    "UPDATE cachement.outbox SET tags = '{other}'",
    'DELETE FROM cachement.outbox',
    'SELECT FROM cachement.outbox FOR UPDATE',
    "INSERT INTO cachement.outbox (purge_id, tags) VALUES (gen_random_uuid(), '{a}')",
    "INSERT INTO cachement.outbox (tags, version) VALUES ('{a}', 'f')",
    "INSERT INTO cachement.outbox (tags, created_at) VALUES ('{a}', 'epoch')",
    'UPDATE cachement.purge SET completed_at = now()',
    "INSERT INTO cachement.purge_step (purge_id, step, at) VALUES (gen_random_uuid(), 'edge', now())",
    'DELETE FROM cachement.purge',
    'TRUNCATE cachement.purge CASCADE',
    'UPDATE cachement.pace SET tokens = 0',
    "INSERT INTO cachement.topology VALUES ('group', '{}', now())",
  ])('a writer is denied: %s', async (statement) => {
    await expect(writer.query(statement)).rejects.toThrow('permission denied');
  });

  test("the keeper reaches no table of an application's", async () => {
    await expect(postgres.database('keeper').writer.query('SELECT FROM products')).rejects.toThrow('permission denied');
  });

  test('leave the ledger to writers until the functions of the purge path have their own', async () => {
    await postgres.administrator.query('CREATE DATABASE older OWNER owner');
    const older = (role: 'owner' | 'writer' | 'keeper') =>
      postgres.database(role, { name: 'older', statementTimeoutMs: 0 }).writer;
    const run = async (steps: readonly Migration[]) => {
      const client = await older('owner').connect();
      try {
        return await migrate(client, [], steps);
      } finally {
        client.release();
      }
    };
    const oldWriter = older('writer');
    const completes = "UPDATE cachement.purge SET completed_at = now() WHERE version = '1'";

    await run(MIGRATIONS.filter(({ name }) => name < '005'));
    // That of writers waits.
    expect(await run(MIGRATIONS)).toEqual(['005-keeper', '007-administration']);
    // Functions of the release before, which run until their stack is updated, or again after it is rolled back.
    await expect(oldWriter.query(completes)).resolves.toBeDefined();
    // The same deployment once more, and one that adds something.
    expect(await run(MIGRATIONS)).toEqual([]);
    expect(await run([...MIGRATIONS, { name: '900-later', sql: 'SELECT 1' }])).toEqual(['900-later']);
    await expect(oldWriter.query(completes)).resolves.toBeDefined();

    await expect(older('keeper').query(completes)).resolves.toBeDefined();
    expect(await run(MIGRATIONS)).toEqual(['006-writers']);
    await expect(oldWriter.query(completes)).rejects.toThrow('permission denied');
    await expect(oldWriter.query("INSERT INTO cachement.outbox (tags) VALUES ('{a}') RETURNING purge_id")).resolves.toBeDefined();
    await expect(older('keeper').query(completes)).resolves.toBeDefined();
  });
});

describe('the outbox', () => {
  const insert = (tags: unknown) =>
    postgres.database('writer').writer.query('INSERT INTO cachement.outbox (tags) VALUES ($1) RETURNING purge_id', [tags]);

  test('takes one statement of a writer and gives the id of its purge', async () => {
    const { rows } = await insert(['place:1', 'country:de']);
    expect(rows[0].purge_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each([
    ['no tags', null],
    ['an empty list', []],
    ['an absent tag', ['a', null]],
    ['an empty tag', ['']],
    ['a tag of 257 characters', ['x'.repeat(257)]],
    ['51 tags', Array.from({ length: 51 }, (_, index) => `t:${index}`)],
    ['a line break', ['a\nb']],
    ['a line break at the end', ['a\n']],
    ['a letter beyond ASCII', ['ä']],
  ])('refuses %s', async (_name, tags) => {
    await expect(insert(tags)).rejects.toThrow('outbox_tags_are_valid');
  });

  test('takes the characters that the declaration takes, and no other', async () => {
    const characters = Array.from({ length: 127 }, (_, index) => String.fromCharCode(index + 1));
    const { rows } = await postgres.administrator.query<{ tag: string; valid: boolean }>(
      'SELECT tag, cachement.tags_are_valid(ARRAY[tag]) AS valid FROM unnest($1::text[]) AS tag',
      [characters],
    );
    expect(rows.filter(({ valid }) => valid).map(({ tag }) => tag)).toEqual(characters.filter((tag) => !tagProblem(tag)));
  });

  test("can't be written by a reader", async () => {
    const reader = postgres.database('reader').writer;
    await expect(reader.query("INSERT INTO cachement.outbox (tags) VALUES (ARRAY['a'])")).rejects.toThrow('permission denied');
  });
});

describe('the sample data', () => {
  const schema = fs.readFileSync(path.resolve(__dirname, '../../examples/places/functions/sample-data/places.sql'), 'utf8');
  const file = path.resolve(__dirname, '../../assets/places/sample-data/places.json.gz');

  test('is loaded once, and keeps what was changed since', async () => {
    const client = await postgres.database('owner', { statementTimeoutMs: 0 }).writer.connect();
    expect(await loadPlaces(client, schema, file)).toBe(135_233);
    await postgres.database('writer').writer.query("UPDATE places SET name = 'Bärlin' WHERE id = 2950159");
    await client.query('DELETE FROM places WHERE id = 3039154');
    expect(await loadPlaces(client, schema, file)).toBe(1);
    const { rows } = await postgres.database('reader').writer.query('SELECT * FROM places WHERE id = 2950159');
    expect(rows).toEqual([
      {
        id: 2950159,
        name: 'Bärlin',
        country: 'DE',
        population: 3_426_354,
        latitude: 52.52437,
        longitude: 13.41053,
        feature_code: 'PPLC',
        admin_code: '16',
      },
    ]);
    client.release();
  });
});
