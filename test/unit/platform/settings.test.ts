import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseSettings, SETTINGS } from '../../../local/settings';

test('settings are read with their types', () => {
  const options = [
    'lambda.accountConcurrency=50',
    'lambda.freeze=false',
    'events.duplicateProbability=0.5',
    'edge.invalidation.effectiveMs=10',
    'edge.invalidation.completedMs=20',
  ];
  expect(parseSettings(options)).toEqual({
    lambda: { accountConcurrency: 50, freeze: false },
    events: { duplicateProbability: 0.5 },
    edge: { invalidation: { effectiveMs: 10, completedMs: 20 } },
  });
  expect(parseSettings([])).toEqual({});
});

test.each([
  ['lambda.accountConcurrency=0', "'--set lambda.accountConcurrency' must be a whole number of at least 1, got: '0'"],
  ['lambda.accountConcurrency=', "'--set lambda.accountConcurrency' must be a whole number of at least 1, got: ''"],
  ['events.duplicateProbability=2', "'--set events.duplicateProbability' must be a number from 0 to 1, got: '2'"],
  ['lambda.freeze=no', "'--set lambda.freeze' must be true or false, got: 'no'"],
  ['events.latencyMs=-1', "'--set events.latencyMs' must be a number of at least 0, got: '-1'"],
  ['events.latencyMs=NaN', "'--set events.latencyMs' must be a number of at least 0, got: 'NaN'"],
])('%s is refused', (option, message) => {
  expect(() => parseSettings([option])).toThrow(message);
});

test.each(['constructor=1', '__proto__.x=1', 'lambda=1', 'nothing', ''])("'%s' names no setting", (option) => {
  expect(() => parseSettings([option])).toThrow(/^'--set' must name one of edge\.maxBytes, .*, got: /);
});

test('each option that the pages of differences name is a setting', () => {
  const folder = path.resolve(__dirname, '../../../docs/differences');
  const pages = fs.readdirSync(folder).map((page) => fs.readFileSync(path.join(folder, page), 'utf8'));
  const named = pages.flatMap((text) => [...text.matchAll(/\(option\s+`([^`]+)`/g)].map((match) => match[1]!));
  expect(named.length).toBeGreaterThan(8);
  const known = Object.keys(SETTINGS);
  expect(named.filter((name) => !known.some((one) => one === name || one.endsWith(`.${name}`)))).toEqual([]);
});
