import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { defineRoute } from '../../../lib/route';

const root = path.resolve(__dirname, '../../..');

/** A process of its own: what a module exports is for Node.js to say, and not for the loader of the tests. */
function dryRun(options: string[], environment: Record<string, string> = {}) {
  const words = ['cli/cachement.cjs', 'purge', '--tag', 'product:1', '--dry-run', ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...environment },
  });
  return { status, output: `${stdout}${stderr}` };
}

const product = JSON.stringify(defineRoute({ name: 'product', path: '/products/{id}', tags: ['product:{id}'] }));
let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-routes-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function moduleOf(name: string, text: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text);
  return file;
}

test.each([
  ['an ES module', 'named.mjs', `export const product = ${product};`],
  ['a list', 'list.mjs', `export const routes = [${product}, ${product}]; export const other = [null, 1];`],
  ['a default export', 'default.mjs', `export default ${product};`],
  ['a script', 'script.cjs', `exports.product = ${product};`],
  ['a script that is a list', 'list.cjs', `module.exports = [${product}];`],
  ['TypeScript', 'routes.ts', `export const product: object = ${product};`],
])('routes are read from %s', (_, name, text) => {
  const { status, output } = dryRun(['--routes', moduleOf(name, text)]);
  expect(output).toMatch(/^tag product:1: route product \(\/products\/\{id\}\), tiers memory, shared; .*\nthe gateway/);
  expect(status).toBe(0);
});

test('the variable names routes where the option does not', () => {
  const { output } = dryRun([], { CACHEMENT_ROUTES: 'examples/places/routes.ts' });
  expect(output).toMatch(/^tag product:1: no route declares it;/);
});

test.each([
  ['exports no route', 'none.mjs', 'export const minutes = (n) => n * 60;', "'--routes' must export what 'defineRoute' returns"],
  ['fails', 'fails.mjs', "throw new Error('no such table');", "NODE_OPTIONS='--import tsx', got: '%s'; no such table"],
  ['is not there', '', '', "got: '%s'; Cannot find module"],
])('a module that %s is refused by its name', (_, name, text, message) => {
  const file = name ? moduleOf(name, text) : path.join(folder, 'nothing.mjs');
  const { status, output } = dryRun(['--routes', file]);
  expect(output).toContain(message.replace('%s', file));
  expect(status).toBe(2);
});
