import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readOwnSchema } from '../../../lambdas/migration/own-schema';

let code: string;
beforeEach(() => {
  code = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-code-'));
});
afterEach(() => fs.rmSync(code, { recursive: true, force: true }));

test('an application without SQL has no steps', () => {
  expect(readOwnSchema(code)).toEqual([]);
});

test('steps are the SQL files beside the code, with lines that end alike in every checkout', () => {
  fs.mkdirSync(path.join(code, 'schema'));
  for (const [name, text] of [
    ['001-products.sql', 'CREATE TABLE\r\n  products ();\r\n'],
    ['002-orders.sql', 'CREATE TABLE orders ();\n'],
    ['README.md', 'tables'],
  ] as const) {
    fs.writeFileSync(path.join(code, 'schema', name), text);
  }
  expect(readOwnSchema(code).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'schema/001-products.sql', sql: 'CREATE TABLE\n  products ();\n' },
    { name: 'schema/002-orders.sql', sql: 'CREATE TABLE orders ();\n' },
  ]);
});
