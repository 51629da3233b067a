import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { follow } from '../../../local/console/logs';
import { waitFor } from '../../support/wait-for';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logs-'));
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

function followed(name: string): { file: string; lines: string[] } {
  const lines: string[] = [];
  const file = path.join(folder, name);
  ends.push(follow(file, (more) => lines.push(...more)));
  return { file, lines };
}

test('whoever follows a log gets its last lines and those that are added, each whole', async () => {
  fs.writeFileSync(path.join(folder, 'a.log'), 'one\ntwo\nthr');
  const { file, lines } = followed('a.log');
  await waitFor('what is there', () => lines.length === 2);
  fs.appendFileSync(file, 'ee\nfour\n');
  await waitFor('what was added', () => lines.length === 4);
  expect(lines).toEqual(['one', 'two', 'three', 'four']);
});

test('of a long log it is the end, from the beginning of a line', async () => {
  const all = Array.from({ length: 20_000 }, (_, index) => `line ${index}`);
  fs.writeFileSync(path.join(folder, 'b.log'), `${all.join('\n')}\n`);
  const { lines } = followed('b.log');
  await waitFor('lines', () => lines.length > 0);
  expect(lines.join('\n').length).toBeLessThan(64 * 1024);
  expect(lines).toEqual(all.slice(-lines.length));
});

test('a log may come later, and may begin anew', async () => {
  const { file, lines } = followed('c.log');
  fs.writeFileSync(file, 'first of a long run\n');
  await waitFor('the first line', () => lines.length === 1);
  fs.writeFileSync(file, 'anew\n');
  await waitFor('the line of the new run', () => lines.length === 2);
  expect(lines).toEqual(['first of a long run', 'anew']);
});
