import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Sources } from '../../../local/assembly/sources';

let project: string;

beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'sources-'));
});
afterEach(() => fs.rmSync(project, { recursive: true }));

function write(...names: string[]): void {
  for (const name of names) {
    fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    fs.writeFileSync(path.join(project, name), name);
  }
}

test('sources are all files but packages, hidden folders, assemblies, tarballs and logs', () => {
  write('app.ts', 'lib/stack.ts', 'local/handler.ts', 'cdk.json5', 'lib/cdk.out.ts');
  write('node_modules/x.js', 'lib/node_modules/x.js', '.git/x', 'cdk.out/x', 'cdk.outer/x', 'shop-1.0.0.tgz', 'lib/x.log');
  expect(new Sources(project).files()).toEqual(['app.ts', 'cdk.json5', 'lib/cdk.out.ts', 'lib/stack.ts', 'local/handler.ts']);
  expect(new Sources(project).folders()).toEqual(['', 'lib', 'local']);
});

test.each<[string, string[]]>([
  ['test', ['a.ts', 'lib/test/b.ts', 'lib/c.md', 'd.md']],
  ['**/test', ['a.ts', 'lib/c.md', 'd.md']],
  ['*.md', ['a.ts', 'lib/test/b.ts', 'lib/c.md', 'test/e.ts']],
  ['**/*.md', ['a.ts', 'lib/test/b.ts', 'test/e.ts']],
  ['lib/**', ['a.ts', 'd.md', 'test/e.ts']],
])('watch.exclude of cdk.json leaves out %s', (glob, left) => {
  write('a.ts', 'lib/test/b.ts', 'lib/c.md', 'd.md', 'test/e.ts');
  fs.writeFileSync(path.join(project, 'cdk.json'), JSON.stringify({ watch: { exclude: [glob, 'cdk.json'] } }));
  expect(new Sources(project).files().sort()).toEqual([...left].sort());
});

test('the hash follows names and contents, and what else is given', () => {
  write('a.ts');
  const sources = new Sources(project);
  const before = sources.hash({ stage: 'local' });
  expect(sources.hash({ stage: 'local' })).toBe(before);
  expect(sources.hash({ stage: 'dev' })).not.toBe(before);
  write('b.ts');
  const after = sources.hash({ stage: 'local' });
  expect(after).not.toBe(before);
  fs.renameSync(path.join(project, 'b.ts'), path.join(project, 'c.ts'));
  expect(sources.hash({ stage: 'local' })).not.toBe(after);
});
