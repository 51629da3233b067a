// Bundles every function of lambdas/ into assets/lambdas/<name>/index.js, which is what the package contains, and those of the
// sample into assets/places/<name>/index.js: what the CDK app deploys and what runs locally. One esbuild call for all of them.
// The page of the local platform's console goes to assets/console. A file is written only where its content differs, so that
// asset hashes and watchers stay quiet.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundlePlaces } from '../examples/places/functions/sample-data/places.mjs';
import { bundledPackages } from './build/notices.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.join(root, 'assets');

/** Folder of sources by folder of bundles. */
const SOURCES = { lambdas: 'lambdas', places: 'examples/places/functions' };

/**
 * Bundles by their folder in assets/, each with its source. Of lambdas/, `runtime` is the library and `platform` the toolkit of
 * functions.
 */
const functions = Object.fromEntries(
  Object.entries(SOURCES).flatMap(([folder, sources]) =>
    fs
      .readdirSync(path.join(root, sources))
      .filter((name) => !['runtime', 'platform'].includes(name) && fs.existsSync(path.join(root, sources, name, 'index.ts')))
      .sort()
      .map((name) => [`${folder}/${name}`, `${sources}/${name}/index.ts`]),
  ),
);

const result = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(Object.entries(functions).map(([bundle, source]) => [`${bundle}/index`, source])),
  outdir: target,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // The modules' own form first: it drops what a function doesn't use of the AWS SDK, and with it most of the cold start.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  // Names stay, so that a stack trace in a log can be read without a source map; a map would make asset hashes depend on the
  // folder.
  keepNames: false,
  sourcemap: false,
  legalComments: 'external',
  loader: { '.sql': 'text' },
  // An optional native driver that pg looks for; nothing here installs it.
  external: ['pg-native'],
  plugins: [ownModulesArePure()],
  write: false,
  metafile: true,
  logLevel: 'warning',
});

for (const { path: file, contents } of result.outputFiles) writeIfChanged(file, contents);
const page = await bundleConsole();
for (const { path: file, contents } of page.outputFiles) writeIfChanged(file, contents);
// For the notices of what ships.
const shipped = bundledPackages(result.metafile, (output) => output.startsWith('assets/lambdas/'));
const packages = [...new Set([...shipped, ...bundledPackages(page.metafile)])].sort();
writeIfChanged(path.join(target, 'packages.json'), Buffer.from(`${JSON.stringify(packages, undefined, 2)}\n`));
bundlePlaces(path.join(target, 'places/sample-data'), root);

// A function that is gone must not be deployable by accident.
for (const folder of Object.keys(SOURCES)) {
  for (const name of fs.readdirSync(path.join(target, folder))) {
    if (!Object.hasOwn(functions, `${folder}/${name}`)) fs.rmSync(path.join(target, folder, name), { recursive: true });
  }
}

/** The console's page: a script and a style sheet that the local platform serves. */
function bundleConsole() {
  return build({
    absWorkingDir: root,
    entryPoints: { page: 'local/console/page/main.tsx' },
    outdir: path.join(target, 'console'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'external',
    tsconfig: 'local/console/page/tsconfig.json',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
}

/** A module of ours that a function imports nothing from does nothing; without this, its imports would stay in the bundle. */
function ownModulesArePure() {
  const resolving = Symbol('resolving');
  return {
    name: 'own-modules-are-pure',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^(\.\.?\/|cachement\/)/ }, async ({ path: name, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === resolving || importer.includes('/node_modules/')) return undefined;
        const resolved = await esbuild.resolve(name, { importer, resolveDir, kind, pluginData: resolving });
        return { ...resolved, sideEffects: false };
      });
    },
  };
}

function writeIfChanged(file, contents) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(contents)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, contents);
}
