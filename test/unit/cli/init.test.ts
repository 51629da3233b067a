import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { main } from '../../../cli/main';
import { copyTemplate, readManifest, templates } from '../../../cli/templates';

let folder: string;
let app: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'init-'));
  app = path.join(folder, 'app');
  fs.mkdirSync(app);
  write('templates/small/package.json', {
    name: 'small',
    description: 'A small app',
    scripts: { test: 'node --test', dev: 'cachement dev' },
    dependencies: { cachement: '0.1.0', constructs: '10.0.0' },
    devDependencies: { tsx: '4.0.0' },
  });
  write('templates/small/_gitignore', 'node_modules/\n');
  write('templates/small/lib/stack.ts', 'stack\n');
  write('templates/small/node_modules/x/index.js', '');
  write('templates/no-template/app.ts', '');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function write(name: string, content: unknown): void {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}
const read = (name: string): string => fs.readFileSync(path.join(app, name), 'utf8');
const small = () => templates(path.join(folder, 'templates'))[0]!;

test('templates are the folders that are projects', () => {
  expect(templates(path.join(folder, 'templates')).map(({ name, files }) => [name, [...files].sort()])).toEqual([
    ['small', ['.gitignore', 'lib/stack.ts']],
  ]);
});

test('a template is copied, and what it needs is added to the package.json that npm init has made', () => {
  write('app/package.json', {
    name: 'shop',
    type: 'commonjs',
    scripts: { test: 'echo "Error: no test specified" && exit 1' },
    dependencies: { cachement: 'file:../cachement-0.1.0.tgz' },
  });
  copyTemplate(small(), app);
  expect(read('.gitignore')).toBe('node_modules/\n');
  expect(read('lib/stack.ts')).toBe('stack\n');
  expect(fs.existsSync(path.join(app, 'node_modules'))).toBe(false);
  expect(readManifest(app)).toEqual({
    name: 'shop',
    type: 'commonjs',
    scripts: { test: 'node --test', dev: 'cachement dev' },
    dependencies: { cachement: 'file:../cachement-0.1.0.tgz', constructs: '10.0.0' },
    devDependencies: { tsx: '4.0.0' },
  });
});

test('an empty folder gets a package.json of its own name', () => {
  copyTemplate(small(), app);
  expect(readManifest(app)).toMatchObject({ name: 'app', private: true, dependencies: { cachement: '0.1.0' } });
});

test('nothing is overwritten: every conflict is named, and nothing is written', () => {
  const manifest = { name: 'shop', type: 'module', scripts: { test: 'jest' } };
  write('app/package.json', manifest);
  write('app/lib/stack.ts', 'mine\n');
  expect(() => copyTemplate(small(), app)).toThrow(
    `template 'small' would overwrite what is in '${app}'; begin in another folder with --directory NAME:
  lib/stack.ts is there already
  package.json has a script 'test' of its own
  package.json has "type": "module", and the template is CommonJS`,
  );
  expect(fs.readdirSync(app).sort()).toEqual(['lib', 'package.json']);
  expect(readManifest(app)).toEqual(manifest);
});

test('a package.json that is no JSON is named', () => {
  write('app/package.json', '{');
  expect(() => copyTemplate(small(), app)).toThrow(/package\.json' must be JSON/);
});

test('a template that does not exist is refused, with those that do', async () => {
  const error: string[] = [];
  const code = await main(['init', '--template', 'shop'], { out: () => undefined, error: (text) => error.push(text) });
  expect(code).toBe(2);
  expect(error.join('\n')).toMatch(/'--template' must be one of .*, got: 'shop'/);
});
