import * as fs from 'node:fs';
import * as path from 'node:path';
import { loadPlaces } from '../../examples/places/functions/sample-data/load';
import { type Migration, migrate } from '../../lambdas/migration/migrate';
import { tagProblem } from '../../lib/route';
import { MIGRATIONS, type Postgres, READER, startPostgres, WRITER } from '../support/postgres';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.dispose());

describe('the schema migration', () => {
  test('applies each step once, whoever runs it at the same time', async () => {
    const applied = await Promise.all([postgres.migrate(), postgres.migrate(), postgres.migrate()]);
    expect(applied.flat()).toEqual(['001-purge', '002-statistics', '003-purge-pacing', '004-gateway-refresh']);
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
