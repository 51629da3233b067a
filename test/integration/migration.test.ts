import * as fs from 'node:fs';
import * as path from 'node:path';
import { loadPlaces } from '../../examples/places/functions/sample-data/load';
import { migrate } from '../../lambdas/migration/migrate';
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
