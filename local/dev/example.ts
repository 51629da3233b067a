import * as fs from 'node:fs';
import * as path from 'node:path';
import type { AppSource } from '../assembly/synthesize';

/** Folder below the state folder that the package's own name leads to, as `node_modules` would. */
const LINKED = 'sources';

/** Folders of the repository that the package's entries lie in. */
const FOLDERS = ['lib', 'lambdas'];

/**
 * An app of `examples/`, for a synthesis in the repository: its imports of the package are answered by the sources, as `paths` of
 * tsconfig.json has it. Node and esbuild both look for packages in the folders of `NODE_PATH`.
 *
 * @param root folder of the repository.
 * @throws {Error} where there is no such example.
 */
export function exampleSource(root: string, name: string): AppSource {
  const examples = path.join(root, 'examples');
  const names = fs.existsSync(examples)
    ? fs.readdirSync(examples).filter((each) => fs.existsSync(path.join(examples, each, 'cdk.json')))
    : [];
  if (names.length === 0) {
    throw new Error(
      `'--example ${name}' must be given in the repository of cachement, which '${root}' is not; begin an app with: npx cachement init --template ${name}`,
    );
  }
  if (!names.includes(name)) throw new Error(`'--example' must be one of ${names.join(', ')}, got: '${name}'`);
  return { project: path.join(examples, name), sources: root, environment: { NODE_PATH: linkSources(root) } };
}

/** @returns the folder that has the package, under its name. */
function linkSources(root: string): string {
  const { paths } = JSON.parse(fs.readFileSync(path.join(root, 'tsconfig.json'), 'utf8')).compilerOptions;
  const exported = Object.entries<string[]>(paths).map(([name, [file]]) => [name.replace(/^cachement/, '.'), file]);
  const folder = path.join(root, '.cachement', LINKED);
  const own = path.join(folder, 'cachement');
  fs.mkdirSync(own, { recursive: true });
  for (const each of FOLDERS) {
    const link = path.join(own, each);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.join(root, each), link, 'dir');
  }
  const manifest = { name: 'cachement', exports: Object.fromEntries(exported) };
  fs.writeFileSync(path.join(own, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return folder;
}
