import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './project';

/** Sentence of each licence that allows its code here, whatever copyright stands above it. */
const LICENCE =
  /Permission (is hereby granted|to use, copy, modify)|TERMS AND CONDITIONS FOR USE|Redistribution and use in source/;

/** @returns packages, as `name version`, whose code is in the bundles that ship, by what esbuild takes from where. */
export async function packagesOfBundles(): Promise<string[]> {
  const functions = fs
    .readdirSync(path.join(root, 'lambdas'))
    .filter((name) => !['platform', 'runtime'].includes(name) && fs.existsSync(path.join(root, 'lambdas', name, 'index.ts')))
    .map((name) => `lambdas/${name}/index.ts`);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...functions, 'cli/main.ts', 'local/main.ts', 'local/console/page/main.tsx'],
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    loader: { '.sql': 'text' },
    external: ['pg-native'],
    minifySyntax: true,
    logLevel: 'error',
  });
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const folders = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([input]) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []);
  return [...new Set(folders)].map((folder) => {
    const { name, version } = JSON.parse(fs.readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
    return `${name} ${version}`;
  });
}

/** @returns what the notices lack of these packages, or name without need. */
export function noticeProblems(notices: string, packages: readonly string[]): string[] {
  const parts = notices.split(/^-{80}$/m).slice(1);
  const named = new Map<string, string>();
  for (const part of parts) {
    const [names = '', ...text] = part.trim().split('\n\n');
    for (const line of names.split('\n')) named.set(line.replace(/ \([^)]*\)$/, ''), text.join('\n\n'));
  }
  return [
    ...packages.filter((name) => !named.has(name)).map((name) => `the notices must name '${name}', whose code is in a bundle`),
    ...packages
      .filter((name) => named.has(name) && !LICENCE.test(named.get(name) ?? ''))
      .map((name) => `the notices must have the licence of '${name}' below its name`),
    ...[...named.keys()]
      .filter((name) => !packages.includes(name))
      .map((name) => `the notices name '${name}', of which nothing is in a bundle`),
  ];
}

/** @returns what the generator says of a package with this licence and these files; its notices, where it takes it. */
export async function generatorSays(folder: string, license: string, files: Readonly<Record<string, string>>): Promise<string> {
  const { noticesOf } = await import(pathToFileURL(path.join(root, 'scripts/build/notices.mjs')).href);
  fs.mkdirSync(folder, { recursive: true });
  const all = { 'package.json': JSON.stringify({ name: 'found', version: '1.0.0', license }), ...files };
  for (const [name, text] of Object.entries(all)) fs.writeFileSync(path.join(folder, name), text);
  try {
    return noticesOf(root, [path.relative(root, folder)]);
  } catch (error) {
    return (error as Error).message;
  }
}
