import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PlatformNetwork, ReplicatedDatabase, SchemaMigration, type SchemaMigrationProps } from '../../../lib';
import { platformIn, shop } from '../../support/caching-platform';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-schema-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => fs.writeFileSync(path.join(folder, name), text);

function migration(props: Partial<SchemaMigrationProps> = {}) {
  const app = new App({ builtinCloudFormationValidation: false } as object);
  const stack = new Stack(app, 'shop');
  const network = new PlatformNetwork(stack, 'Network');
  const database = new ReplicatedDatabase(stack, 'Database', { network });
  new SchemaMigration(stack, 'Migration', { network, database, ...props });
  return { app, template: Template.fromStack(stack) };
}

const schemaOf = ({ template }: { template: Template }): unknown =>
  Object.values(template.findResources('Custom::SchemaMigration'))[0]?.Properties.Schema;

test('has no schema of its own unless it is told one', () => {
  migration().template.hasResourceProperties('Custom::SchemaMigration', { Hash: Match.anyValue(), Schema: Match.absent() });
});

test('puts the files beside the prebuilt function, as one asset', () => {
  write('001-products.sql', 'CREATE TABLE products ();');
  const { app, template } = migration({ schema: folder });
  const [code] = Object.values(
    template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Migrates the schema' } }),
  ).map(({ Properties }) => Properties.Code.S3Key.replace('.zip', ''));
  const asset = path.join(app.synth().directory, `asset.${code}`);
  expect(fs.readdirSync(asset).sort()).toEqual(['index.js', 'schema']);
  expect(fs.readFileSync(path.join(asset, 'schema/001-products.sql'), 'utf8')).toBe('CREATE TABLE products ();');
});

test('runs again when a file changes, is added or gets another name, and not when a line ends otherwise', () => {
  write('001-products.sql', 'CREATE TABLE products\n();');
  const schema = () => schemaOf(migration({ schema: folder }));
  const first = schema();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  write('001-products.sql', 'CREATE TABLE products\r\n();');
  expect(schema()).toBe(first);
  write('README.md', 'tables');
  expect(schema()).toBe(first);
  write('002-orders.sql', 'CREATE TABLE orders ();');
  const second = schema();
  expect(second).not.toBe(first);
  fs.renameSync(path.join(folder, '002-orders.sql'), path.join(folder, '003-orders.sql'));
  expect(schema()).not.toBe(second);
});

test.each<[string, () => void, string]>([
  [
    'a folder that is none',
    () => fs.rmSync(folder, { recursive: true }),
    "schema migration: 'schema' must be a folder with SQL files, got: '",
  ],
  ['no files', () => write('README.md', ''), "schema migration: 'schema' must have one SQL file or more, got: none in"],
  [
    'files in folders',
    () => fs.mkdirSync(path.join(folder, 'later')),
    "schema migration: 'schema' must have its files in no folders, got: 'later/'; put them into the folder itself",
  ],
  [
    'names that systems sort differently',
    () => write('001 Products.sql', ''),
    "must name its files in lower case letters, digits, dashes and dots, got: '001 Products.sql'; rename it",
  ],
  [
    'a transaction of its own',
    () => write('001-a.sql', '-- first\nSELECT 1;\nCOMMIT;'),
    "must leave transactions to the migration, which applies each file in one, got: 'COMMIT' in 001-a.sql, line 3; take it out",
  ],
  [
    'what a running release may need',
    () => write('002-b.sql', 'CREATE TABLE a ();\n\nALTER TABLE b\n  DROP COLUMN c;'),
    "must take nothing away that a running release, or one that is rolled back to, may need, got: 'ALTER TABLE b' in 002-b.sql, line 3",
  ],
])('refuses %s', (_name, make, message) => {
  make();
  expect(() => migration({ schema: folder })).toThrow(message);
});

test('takes a contraction that says who used it last, code of functions, and data that reads like one', () => {
  write('001-a.sql', '-- contract: last read by release 1.4\nALTER TABLE b DROP COLUMN c;');
  write('002-b.sql', "INSERT INTO news VALUES ('we RENAME it'); SELECT 'TRUNCATE';");
  write('003-c.sql', 'CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;');
  expect(schemaOf(migration({ schema: folder }))).toBeDefined();
});

test('fails when it may take longer than a function', () => {
  expect(() => migration({ timeout: Duration.minutes(20) })).toThrow(
    "schema migration: 'timeout' must be at most 15 minutes, which is Lambda's longest, got: 20 minutes; shorten it, and split files that take longer",
  );
});

describe('a platform', () => {
  test('hands its schema to its migration', () => {
    write('001-products.sql', 'CREATE TABLE products ();');
    const { stack } = shop(() => ({ schema: folder }));
    expect(schemaOf({ template: Template.fromStack(stack) })).toMatch(/^[0-9a-f]{64}$/);
  });

  test('fails when its database was made elsewhere, where the migration is', () => {
    expect(() =>
      platformIn((stack) => ({
        schema: folder,
        database: new ReplicatedDatabase(stack, 'Elsewhere', { network: new PlatformNetwork(stack, 'Network') }),
      })),
    ).toThrow("caching platform: 'schema' must be left out where 'database' is given");
  });
});
