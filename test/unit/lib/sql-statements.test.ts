import { sqlStatements } from '../../../lib/contract/sql-statements';

const texts = (sql: string) => sqlStatements(sql).map(({ text }) => text);

test.each([
  ['nothing', '', []],
  ['comments only', '-- a;\n/* b; */', []],
  ['empty statements', ';; ;', []],
  ['two statements', 'SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
  ['the last without a semicolon', 'SELECT 1;\nSELECT 2\n', ['SELECT 1', 'SELECT 2']],
  ['a string', "SELECT 'a;''b'; SELECT 2", ["SELECT 'a;''b'", 'SELECT 2']],
  ['a backslash, which is a character', "SELECT '\\'; SELECT 2", ["SELECT '\\'", 'SELECT 2']],
  ['a string with escapes', "SELECT E'a\\';b'; SELECT 2", ["SELECT E'a\\';b'", 'SELECT 2']],
  ['a quoted name', 'SELECT 1 AS "a;""b"; SELECT 2', ['SELECT 1 AS "a;""b"', 'SELECT 2']],
  ['a comment within', 'SELECT 1 -- ; no end\n + 1; SELECT 2', ['SELECT 1 -- ; no end\n + 1', 'SELECT 2']],
  ['comments in comments', 'SELECT /* a /* b; */ c; */ 1; SELECT 2', ['SELECT /* a /* b; */ c; */ 1', 'SELECT 2']],
  ['a comment without an end', 'SELECT 1; /* a; SELECT 2', ['SELECT 1']],
  ['dollar quotes', 'DO $$ BEGIN; END $$; SELECT 2', ['DO $$ BEGIN; END $$', 'SELECT 2']],
  ['dollar quotes with a tag', 'DO $a$ $$;$$ ; $a$; SELECT 2', ['DO $a$ $$;$$ ; $a$', 'SELECT 2']],
  [
    'a parameter, which is no quote',
    'PREPARE p AS SELECT $1; SELECT a$b$c; SELECT 2',
    ['PREPARE p AS SELECT $1', 'SELECT a$b$c', 'SELECT 2'],
  ],
  [
    'a rule',
    'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3',
    ['CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)', 'SELECT 3'],
  ],
  ['transactions', 'BEGIN; SELECT 1; END', ['BEGIN', 'SELECT 1', 'END']],
  [
    'the body of a function',
    'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END; SELECT 3',
    [
      'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END',
      'SELECT 3',
    ],
  ],
  ["what isn't SQL", '\\i other.sql\n123;', ['\\i other.sql\n123']],
])('splits %s', (_name, sql, expected) => {
  expect(texts(sql)).toEqual(expected);
});

test('says in which line each begins, and what is above it', () => {
  const sql = '-- first\nSELECT 1;\n\n/* a\n b */ -- why\nSELECT\n  2;';
  expect(sqlStatements(sql)).toEqual([
    { text: 'SELECT 1', line: 2, comments: '-- first\n' },
    { text: 'SELECT\n  2', line: 6, comments: '\n\n/* a\n b */ -- why\n' },
  ]);
});
