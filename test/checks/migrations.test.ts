import * as fs from 'node:fs';
import * as path from 'node:path';
import { contractions } from '../../lib/database/schema-folder';

const FOLDER = path.resolve(__dirname, '../../lambdas/migration/sql');

const files = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));

test('there are migrations, and their numbers are in order without a gap', () => {
  expect(files.length).toBeGreaterThan(0);
  expect(files.map((name) => Number(name.slice(0, 3)))).toEqual(files.map((_, index) => index + 1));
});

test.each(files)('%s only expands: a release before it still works', (name) => {
  expect(contractions(fs.readFileSync(path.join(FOLDER, name), 'utf8'))).toEqual([]);
});

test.each([
  ['ALTER TABLE t DROP COLUMN c', 1],
  ['DROP TABLE t', 1],
  ['ALTER TABLE t RENAME COLUMN a TO b', 1],
  ['ALTER TABLE t ALTER COLUMN a TYPE bigint', 1],
  ['ALTER TABLE t ALTER COLUMN a SET NOT NULL', 1],
  ['ALTER TABLE t ADD COLUMN a int NOT NULL', 1],
  ['ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0', 0],
  ['ALTER TABLE t ADD COLUMN a int DEFAULT 0 NOT NULL', 0],
  ['ALTER TABLE t ADD COLUMN a int', 0],
  ['DROP INDEX i', 0],
  ['ALTER TABLE t DROP CONSTRAINT c', 0],
  ['-- contract: last read by release 1.4\nALTER TABLE t DROP COLUMN c', 0],
  ['-- DROP TABLE t\nSELECT 1', 0],
])('%s: %d to explain', (sql, count) => {
  expect(contractions(sql)).toHaveLength(count);
});
