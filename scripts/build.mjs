// Builds what the package contains into dist/: scripts of the library with their declarations, the command line, the local
// platform, the functions, the SQL, and the templates. `dist/lib` lies to `dist/assets` as `lib` does to `assets`, so that a
// construct finds its function by the same path in both.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledPackages, noticesOf } from './build/notices.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const require = createRequire(import.meta.url);

fs.rmSync(dist, { recursive: true, force: true });
run(path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '-p', 'tsconfig.build.json');
run('scripts/bundle.mjs');
fs.cpSync(path.join(root, 'assets/lambdas'), path.join(dist, 'assets/lambdas'), { recursive: true });
// To be read by whoever reviews a migration; the function has them within.
fs.cpSync(path.join(root, 'lambdas/migration/sql'), path.join(dist, 'sql'), { recursive: true });

// Apps to begin with: the examples that are whole projects. npm would leave a .gitignore out, so they call it _gitignore.
for (const name of fs.readdirSync(path.join(root, 'examples'))) {
  const folder = path.join(root, 'examples', name);
  if (!fs.existsSync(path.join(folder, 'package.json'))) continue;
  const isOfTemplate = (file) =>
    !['node_modules', 'cdk.out', '.cachement', '.site'].includes(path.relative(folder, file).split(path.sep)[0]);
  fs.cpSync(folder, path.join(dist, 'templates', name), { recursive: true, filter: isOfTemplate });
}

const common = { absWorkingDir: root, platform: 'node', target: 'node20', logLevel: 'warning' };

// For bundlers, by the condition `module`: of modules of this form they can drop what isn't used. Node.js always loads the
// scripts, whether by `import` or by `require`, so that there is one copy of each class in a process. A file each, since files
// are what `sideEffects` speaks of; `.js`, not `.mjs`: bundlers then give a default import of ioredis what its authors mean by
// it.
const { warnings } = await build({
  ...common,
  entryPoints: ['lib/contract', 'lib/route', 'lambdas/runtime', 'lambdas/platform'].flatMap(modulesOf),
  outdir: path.join(dist, 'esm'),
  outbase: root,
  format: 'esm',
});
// Such as `import x = require('x')`, which no module can have: write `import x from 'x'`.
if (warnings.length > 0) process.exit(1);

// One file, with what it needs of the AWS SDK: nobody who imports only constructs should have to install that.
const program = {
  ...common,
  bundle: true,
  metafile: true,
  format: 'cjs',
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'external',
};
const cli = await build({ ...program, entryPoints: { main: 'cli/main.ts' }, outdir: path.join(dist, 'cli') });

// The local platform, with the scripts that it starts functions' processes with. `pg-native` is an optional driver of pg's.
const local = await build({
  ...program,
  entryPoints: { main: 'local/main.ts' },
  outdir: path.join(dist, 'local'),
  external: ['pg-native'],
});
for (const name of ['bootstrap.cjs', 'connection-guard.cjs']) {
  fs.copyFileSync(path.join(root, 'local/lambda', name), path.join(dist, 'local', name));
}

// By scripts/bundle.mjs, of functions and the console's page.
const listed = JSON.parse(fs.readFileSync(path.join(root, 'assets/packages.json'), 'utf8'));
const packages = [...new Set([listed, ...[cli, local].map(({ metafile }) => bundledPackages(metafile))].flat())].sort();
fs.writeFileSync(path.join(dist, 'THIRD-PARTY-NOTICES.txt'), noticesOf(root, packages));

/** The sources that tsc found an entry point to import. */
function modulesOf(folder) {
  return fs
    .readdirSync(path.join(dist, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => path.join(folder, name.replace(/\.js$/, '.ts')));
}

function run(script, ...args) {
  const { status, error } = spawnSync(process.execPath, [path.resolve(root, script), ...args], { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
