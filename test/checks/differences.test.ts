import * as fs from 'node:fs';
import * as path from 'node:path';
import { BY_HAND } from '../../bin/verify/by-hand';
import { PROBES } from '../../bin/verify/probes';
import { STAGE_PROBES } from '../../bin/verify/stage-probes';

const docs = path.resolve(__dirname, '../../docs');
const PAGES = ['README.md', 'edge.md', 'events-queues-aws.md', 'gateway-lambda.md'];

/** Column or item of a page that says what AWS does, with its source. */
interface Claim {
  readonly name: string;
  /** Behaviour here, of an open question. */
  readonly here: string;
  readonly source: string;
  /** Question that nobody has verified the answer to. */
  readonly open: boolean;
}

const textOf = (page: string): string => fs.readFileSync(path.join(docs, 'differences', page), 'utf8');

/** Claims about AWS: items with a line "on AWS", rows of tables with such a column, and rows of open questions. */
function claimsOf(text: string): Claim[] {
  const items = text.split(/^(?=- \*\*)/m).flatMap((item) => {
    const name = /^- \*\*(.+?)\*\*/.exec(item)?.[1];
    if (!name || !/^ {2}- on AWS:/m.test(item)) return [];
    return [{ name, here: '', source: /^ {2}- source: (.*)$/m.exec(item)?.[1] ?? '', open: false }];
  });
  let head: string[] = [];
  const rows = text.split('\n').flatMap((line): Claim[] => {
    if (!line.startsWith('| ')) {
      if (!line.startsWith('|')) head = [];
      return [];
    }
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (head.length === 0) head = cells;
    else if (head[0] === 'question' || head.includes('on AWS')) {
      return [{ name: cells[0]!, here: cells[1]!, source: cells.at(-1)!, open: head[0] === 'question' }];
    }
    return [];
  });
  // What is only missing here claims nothing of AWS.
  return [...items, ...rows].filter(({ name }) => name !== 'Not there');
}

const footnotesOf = (text: string): string[] => [...text.matchAll(/\[\^([a-z0-9-]+)\]/g)].map((match) => match[1]!);

/** Sources of a page, by the name of the footnote. */
const definitionsOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^\[\^([a-z0-9-]+)\]: (.*(?:\n {4}.*)*)/gm)].map((match) => [match[1]!, match[2]!]));

/** Point of `verify:aws` that asks a question: the id of a probe, or what is done by hand. */
function pointOf(question: string): string | undefined {
  const probe = [...PROBES, ...STAGE_PROBES].find((each) => each.question === question);
  if (probe) return `\`${probe.id}\``;
  return BY_HAND.some((each) => each.question === question) ? 'by hand' : undefined;
}

/** @returns what is missing of the claims of a page. */
function problemsOf(text: string): string[] {
  return claimsOf(text).flatMap(({ name, here, source, open }) => {
    if (!open) return footnotesOf(source).length > 0 ? [] : [`'${name}' has no source`];
    const point = pointOf(name);
    if (!point) return [`'${name}' is asked by no point of verify:aws`];
    if (!source.endsWith(point)) return [`'${name}' must name its point, ${point}, got: ${source}`];
    const appeals = /\bby (the (guide|notes|table)|a report|reports|a user)\b/.test(here);
    return appeals && footnotesOf(source).length === 0 ? [`'${name}' appeals to a page, and names none`] : [];
  });
}

describe.each(PAGES)('the differences in %s', (page) => {
  const text = textOf(page);

  test('have a source each, or the point of verify:aws that asks an account', () => {
    expect(claimsOf(text).length).toBeGreaterThan(15);
    expect(problemsOf(text)).toEqual([]);
  });

  test('have sources with an address and a date, each used', () => {
    const definitions = definitionsOf(text);
    const used = new Set(claimsOf(text).flatMap(({ source }) => footnotesOf(source)));
    expect([...definitions.keys()].sort()).toEqual([...used].sort());
    const undated = [...definitions].filter(
      ([, source]) => !/\]\(https:\/\/\S+\)/.test(source) || !/read \d{4}-\d{2}-\d{2}|of [A-Z][a-z]+ \d{4}/.test(source),
    );
    expect(undated).toEqual([]);
  });
});

test('a claim without a source, and a question without its point, are found', () => {
  const text = textOf('edge.md');
  const [row] = /^\| Is `Set-Cookie` .*$/m.exec(text)!;
  expect(problemsOf(text.replace(row, row.replace(/`edge\/set-cookie`/, 'by hand')))).toHaveLength(1);
  expect(problemsOf(text.replace(/(by the table of headers \| )\[\^headers\] /, '$1'))).toEqual([
    expect.stringContaining('appeals to a page, and names none'),
  ]);
  expect(problemsOf(text.replace(/^ {2}- source: \[\^throttle\]\n/m, ''))).toEqual(["'API throttle' has no source"]);
  expect(problemsOf(`${text}\n| question | here | source and point |\n|---|---|---|\n| Why? | So | by hand |\n`)).toEqual([
    "'Why?' is asked by no point of verify:aws",
  ]);
});

test('no page says that something is assumed, but for those of what verify:aws asks', () => {
  const pages = fs.readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
  const assuming = pages.filter((page) => {
    const text = fs.readFileSync(path.join(docs, page), 'utf8');
    return /\bassumed\b/i.test(text) && !text.includes('verify:aws');
  });
  expect(pages.length).toBeGreaterThan(30);
  expect(assuming).toEqual([]);
});
