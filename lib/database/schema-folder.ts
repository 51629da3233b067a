import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type SqlStatement, sqlStatements } from '../contract/sql-statements';

/** Folder with an application's SQL, checked as far as a text can be. */
export interface SchemaFolder {
  /** Absolute path. */
  readonly path: string;
  /** Names of its files, in order. */
  readonly files: string[];
  /** Hash of names and texts, whichever way lines end. */
  readonly hash: string;
}

/** Name of a file: sorted alike by every system. */
const FILE_NAME = /^[0-9a-z][0-9a-z._-]*\.sql$/;

/**
 * Takes something away that a release which is still running, or that is rolled back to, may need. To drop an index, or to loosen
 * a constraint, takes nothing away.
 */
const CONTRACTING: readonly RegExp[] = [
  /\bDROP\s+(?:TABLE|COLUMN|SCHEMA|VIEW|FUNCTION|TYPE|SEQUENCE)\b/i,
  /\bRENAME\b/i,
  /\bTRUNCATE\b/i,
  /\bALTER\s+(?:COLUMN\s+)?\w+\s+(?:SET\s+DATA\s+)?TYPE\b/i,
  /\bSET\s+NOT\s+NULL\b/i,
  /\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+[^,;]*\bNOT\s+NULL\b(?![^,;]*\b(?:DEFAULT|GENERATED)\b)(?<!\bDEFAULT\b[^,;]*)/i,
];

/** Says above such a statement which release used last what it takes away, so that a person has looked. */
const EXPLAINED = /^\s*--\s*contract:\s*\S/im;

/** Ends the transaction that a file is applied in, or makes another. */
const TRANSACTION = /^(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION)\b/i;

/** Changes rows or their definition, and nothing else that a release could miss. */
const DATA = /^(?:INSERT|UPDATE|DELETE|MERGE|COPY|SELECT|WITH|COMMENT)\b/i;

/** @returns statements that take something away, and don't say who still could have needed it. */
export function contractions(sql: string): SqlStatement[] {
  return sqlStatements(sql)
    .filter(({ comments }) => !EXPLAINED.test(comments))
    .filter(({ text }) => !DATA.test(text) && CONTRACTING.some((pattern) => pattern.test(text.replace(/--.*$/gm, ''))));
}

/**
 * Reads a folder of SQL.
 *
 * @throws {RangeError} that names the file, and the line, of what can't be applied, or isn't to be.
 */
export function readSchemaFolder(folder: string): SchemaFolder {
  const fail = (rule: string, got: string, fix: string): never => {
    throw new RangeError(`schema migration: 'schema' must ${rule}, got: ${got}; ${fix}`);
  };
  const absolute = path.resolve(folder);
  if (!fs.existsSync(absolute) || !fs.statSync(absolute).isDirectory()) {
    fail('be a folder with SQL files', `'${absolute}', which is none`, "give its path, such as path.join(__dirname, 'schema')");
  }
  const entries = fs.readdirSync(absolute, { withFileTypes: true });
  const nested = entries.find((entry) => entry.isDirectory());
  if (nested) fail('have its files in no folders', `'${nested.name}/'`, 'put them into the folder itself');
  const files = entries.map(({ name }) => name).filter((name) => /\.sql$/i.test(name));
  if (files.length === 0) fail('have one SQL file or more', `none in '${absolute}'`, 'add one, such as 001-products.sql');
  const odd = files.find((name) => !FILE_NAME.test(name));
  if (odd) {
    fail('name its files in lower case letters, digits, dashes and dots', `'${odd}'`, 'rename it, such as 001-products.sql');
  }
  files.sort((a, b) => (a < b ? -1 : 1));
  const hash = createHash('sha256');
  for (const name of files) {
    const sql = fs.readFileSync(path.join(absolute, name), 'utf8').replaceAll('\r\n', '\n');
    const ending = sqlStatements(sql).find(({ text }) => TRANSACTION.test(text));
    if (ending) {
      fail(
        'leave transactions to the migration, which applies each file in one',
        `'${firstLine(ending)}' in ${name}, line ${ending.line}`,
        'take it out',
      );
    }
    const [contraction] = contractions(sql);
    if (contraction) {
      fail(
        'take nothing away that a running release, or one that is rolled back to, may need',
        `'${firstLine(contraction)}' in ${name}, line ${contraction.line}`,
        "deploy first what needs it no more; then say so above the statement, as in '-- contract: last read by release 1.4'",
      );
    }
    hash.update(`${name}\0${sql}\0`);
  }
  return { path: absolute, files, hash: hash.digest('hex') };
}

const firstLine = ({ text }: SqlStatement): string => text.split('\n')[0]?.slice(0, 100) ?? '';
