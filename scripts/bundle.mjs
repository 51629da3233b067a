// Bundles every function of lambdas/ into assets/lambdas/<name>/index.js, which is what the CDK app deploys and what runs locally.
// One esbuild call for all of them; a file is written only where its content differs, so that asset hashes and watchers stay quiet.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundlePlaces } from './places.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const sources = path.join(root, 'lambdas');
const target = path.join(root, 'assets/lambdas');

/** Folders of lambdas/ that hold a function; `runtime` is the library and `platform` the toolkit that functions share. */
const names = fs
  .readdirSync(sources)
  .filter((name) => !['runtime', 'platform'].includes(name) && fs.existsSync(path.join(sources, name, 'index.ts')))
  .sort();

const result = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `lambdas/${name}/index.ts`])),
  outdir: target,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // The modules' own form first: it drops what a function doesn't use of the AWS SDK, and with it most of the cold start.
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  // Names stay, so that a stack trace in a log can be read without a source map; a map would make asset hashes depend on the folder.
  keepNames: false,
  sourcemap: false,
  legalComments: 'external',
  loader: { '.sql': 'text' },
  // An optional native driver that pg looks for; nothing here installs it.
  external: ['pg-native'],
  plugins: [ownModulesArePure()],
  write: false,
  logLevel: 'warning',
});

for (const { path: file, contents } of result.outputFiles) writeIfChanged(file, contents);
if (names.includes('sample-data')) bundlePlaces(path.join(target, 'sample-data'), root);

// A function that is gone must not be deployable by accident.
for (const name of fs.readdirSync(target)) {
  if (!names.includes(name)) fs.rmSync(path.join(target, name), { recursive: true });
}

/** A module of ours that a function imports nothing from does nothing; without this, its imports would stay in the bundle. */
function ownModulesArePure() {
  const resolving = Symbol('resolving');
  return {
    name: 'own-modules-are-pure',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\.\.?\// }, async ({ path: name, importer, resolveDir, kind, pluginData }) => {
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
