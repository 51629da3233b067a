import * as fs from 'node:fs';
import * as path from 'node:path';

const FOLDER = path.resolve(__dirname, '../../lambdas/migration/sql');

/**
 * What a release that is still running, or that is rolled back to, may need. To drop an index, or to loosen a constraint, takes
 * nothing away.
 */
const CONTRACTING: readonly RegExp[] = [
  /\bDROP\s+(?:TABLE|COLUMN|SCHEMA|VIEW|FUNCTION|TYPE|SEQUENCE)\b/i,
  /\bRENAME\b/i,
  /\bTRUNCATE\b/i,
  /\bALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\b/i,
  /\bSET\s+NOT\s+NULL\b/i,
  /\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+[^,;]*\bNOT\s+NULL\b(?![^,;]*\b(?:DEFAULT|GENERATED)\b)(?<!\bDEFAULT\b[^,;]*)/i,
];

/** Above such a statement: which release used it last, so that a person has looked. */
const EXPLAINED = /^--\s*contract:\s*\S/im;

/** Statements that take something away without saying who still could have needed it. */
function contractions(sql: string): string[] {
  return sql
    .split(';')
    .filter((statement) => !EXPLAINED.test(statement))
    .map((statement) => statement.replace(/--.*$/gm, '').trim())
    .filter((statement) => CONTRACTING.some((pattern) => pattern.test(statement)));
}

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
