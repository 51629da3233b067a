/** Statement of an SQL text. */
export interface SqlStatement {
  /** Text, without the semicolon. */
  readonly text: string;
  /** Line of the text's beginning, from 1. */
  readonly line: number;
  /** Comments above it, and what is after the semicolon before. */
  readonly comments: string;
}

/** Whatever a semicolon can stand in without ending a statement, and words. */
const TOKEN =
  /--[^\n]*|\/\*|(?<!\w)[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])\$(?:[A-Za-z_]\w*)?\$|[A-Za-z_]\w*|\S/g;

/**
 * Splits an SQL text as PostgreSQL's own client does: semicolons in strings, quoted names, comments, dollar quotes, parentheses
 * and the body of a function (`BEGIN ATOMIC ... END`) end no statement.
 */
export function sqlStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  const token = new RegExp(TOKEN);
  let start = 0;
  let words: string[] = [];
  let first: number | undefined;
  let parentheses = 0;
  let blocks = 0;
  const end = (at: number): void => {
    if (first !== undefined) {
      const comments = sql.slice(start, first);
      statements.push({ text: sql.slice(first, at).trimEnd(), line: lineOf(sql, first), comments });
    }
    start = at + 1;
    words = [];
    first = undefined;
    parentheses = 0;
    blocks = 0;
  };
  for (let match = token.exec(sql); match; match = token.exec(sql)) {
    const [found] = match;
    if (found.startsWith('--')) continue;
    if (found === '/*') {
      token.lastIndex = endOfComment(sql, token.lastIndex);
      continue;
    }
    if (found === ';') {
      if (parentheses === 0 && blocks === 0) end(match.index);
      continue;
    }
    first ??= match.index;
    if (found === '(') parentheses += 1;
    else if (found === ')') parentheses = Math.max(0, parentheses - 1);
    else if (/^\$.*\$$/.test(found)) {
      const close = sql.indexOf(found, token.lastIndex);
      token.lastIndex = close < 0 ? sql.length : close + found.length;
    } else if (/^[A-Za-z_]/.test(found) && !found.includes("'")) {
      const word = found.toUpperCase();
      if (words.length < 4) words.push(word);
      if (/^CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b/.test(words.join(' '))) {
        if (word === 'BEGIN' || (word === 'CASE' && blocks > 0)) blocks += 1;
        else if (word === 'END') blocks = Math.max(0, blocks - 1);
      }
    }
  }
  end(sql.length);
  return statements;
}

/** Comments of PostgreSQL nest. @param from just after the opening of one. @returns the end of it. */
function endOfComment(sql: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  let depth = 1;
  for (let match = edge.exec(sql); match; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;
