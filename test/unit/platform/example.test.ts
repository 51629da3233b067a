import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { exampleSource } from '../../../local/dev/example';

const root = path.resolve(__dirname, '../../..');

test('an example is synthesized from its own folder, anew whenever a source of the repository changes', () => {
  const source = exampleSource(root, 'store');
  expect(source).toMatchObject({ project: path.join(root, 'examples/store'), sources: root });
});

test('the imports of an example lead to the sources', () => {
  const { environment } = exampleSource(root, 'store');
  const own = path.join(environment!.NODE_PATH!, 'cachement');
  const { exports } = JSON.parse(fs.readFileSync(path.join(own, 'package.json'), 'utf8'));
  expect(exports['./route']).toBe('./lib/route/index.ts');
  expect(exports['./patterns/*']).toBe('./lambdas/runtime/patterns/*/index.ts');
  expect(fs.realpathSync(path.join(own, exports['.']))).toBe(path.join(root, 'lib/index.ts'));
});

test('a name that is none is refused by what there is', () => {
  expect(() => exampleSource(root, 'shop')).toThrow(/'--example' must be one of .*store.*, got: 'shop'/);
});

test('elsewhere than in the repository it says how to begin', () => {
  expect(() => exampleSource(os.tmpdir(), 'store')).toThrow(/npx cachement init --template store/);
});
