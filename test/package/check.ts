import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { build } from 'esbuild';
import { patternNames } from '../support/pattern-names';
import { contentProblems, namesOfTheSample, type Packed, sampleProblems, undeclaredImports } from './contents';
import { generatorSays, noticeProblems, packagesOfBundles } from './notices';
import { Project, root } from './project';
import { templateNames, usesTemplate } from './template';

/** `npm run check:package`: packs, installs and uses the package as somebody does who has nothing of this repository. */
const EXAMPLE = 'examples/store';
const TOOLS = path.join(root, 'node_modules/.bin');

/** What each entry point must let a consumer name, by `require` and by `import`. */
const ENTRY_POINTS: Readonly<Record<string, readonly string[]>> = {
  'cachement/route': ['defineRoute', 'hours'],
  'cachement/runtime': ['Cache', 'RedisConnection', 'RedisStore', 'CacheError'],
  'cachement/runtime/ticket': ['Ticket'],
  'cachement/runtime/read-metrics': ['readMetrics', 'readCounts'],
  'cachement/runtime/tracing': ['openTelemetry'],
  'cachement/runtime/strict-writes': ['strictly'],
  'cachement/runtime/cache-status': ['cacheStatus'],
  'cachement/runtime/cluster-state': ['clusterState'],
  'cachement/runtime/versions/postgres': ['PostgresVersions', 'currentVersion'],
  'cachement/runtime/versions/time': ['TimeVersions'],
  'cachement/runtime/codecs/compression': ['compression'],
  'cachement/runtime/codecs/message-pack': ['messagePack'],
  'cachement/runtime/codecs/serialization': ['serialization'],
  'cachement/runtime/pub-sub/sharded-pub-sub': ['shardedPubSub'],
  'cachement/runtime/write-behind/write-behind': ['writeBehind'],
  'cachement/runtime/hot-keys/hot-keys': ['hotKeys'],
  'cachement/runtime/hot-keys/key-copies': ['keyCopies'],
  'cachement/runtime/hot-keys/replica-reads': ['replicaReads'],
  'cachement/runtime/read-many': ['readMany'],
  'cachement/runtime/connection/run-script': ['runScript', 'runReplicated', 'atomicScript'],
  'cachement/runtime/shared/iam-token': ['iamToken'],
  'cachement/runtime/checks/sampled-checks': ['sampledChecks'],
  'cachement/runtime/testing': ['sharedStoreContract', 'versionSourceContract'],
  'cachement/functions': [
    'createRouter',
    'cached',
    'uncached',
    'Problem',
    'requestPurge',
    'writerFromEnvironment',
    'platformEndpoints',
  ],
  ...Object.fromEntries(
    patternNames(root).map((name) => [
      `cachement/patterns/${name}`,
      Object.keys(require(path.join(root, 'lambdas/runtime/patterns', name))),
    ]),
  ),
  cachement: ['SharedCache', 'ReplicatedDatabase', 'CachedApi', 'EdgeDistribution', 'PurgePipeline', 'defineRoute'],
};

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = Date.now();
  process.stdout.write(`${what} ... `);
  const result = await work();
  console.log(`${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return result;
}

async function main(project: Project): Promise<void> {
  const packed = await step('building and packing', async () => {
    const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: 'inherit' });
    assert.equal(built.status, 0, 'scripts/build.mjs failed: its output is above');
    const text = await project.run('npm', ['pack', root, '--json', '--ignore-scripts', '--pack-destination', project.folder]);
    return (JSON.parse(text) as [Packed])[0];
  });
  const tarball = project.path(packed.filename);
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const named = Object.keys(exports).flatMap((name) =>
    (name.includes('*') ? patternNames(root) : ['']).map((part) => path.posix.join('cachement', name.replace('*', part))),
  );
  assert.deepEqual(
    Object.keys(ENTRY_POINTS).sort(),
    named.filter((name) => !name.endsWith('.json')).sort(),
    "what 'exports' names",
  );
  assert.deepEqual(contentProblems(packed), []);

  // They take their time, and need nothing but the tarball.
  const judged = Promise.all([
    project.run(path.join(TOOLS, 'publint'), ['--strict', tarball]),
    project.run(path.join(TOOLS, 'attw'), [tarball]),
  ]);
  judged.catch(() => {});

  await step('installing, and loading the routes without anything else', async () => {
    await project.install(tarball);
    assert.deepEqual(undeclaredImports(project), []);
    assert.deepEqual(project.installed(), ['cachement'], 'what one install brings');
    await loads(project, 'cachement/route');
  });

  await step('looking for the sample in what is installed', async () => {
    for (const bundle of ['read-api', 'sample-data']) {
      const code = fs.readFileSync(path.join(root, 'assets/places', bundle, 'index.js'), 'utf8');
      assert.notDeepEqual(namesOfTheSample(code), [], `the search finds nothing in the sample's ${bundle}`);
    }
    assert.deepEqual(sampleProblems(project), []);
  });

  await step('comparing the notices with what is bundled', async () => {
    const notices = fs.readFileSync(project.path('node_modules/cachement/dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    const packages = await packagesOfBundles();
    assert.deepEqual(noticeProblems(notices, packages), []);
    // The check finds a package without a notice, and a notice without its text.
    assert.equal(noticeProblems(notices, [...packages, 'unnamed 1.0.0']).length, 1);
    assert.equal(noticeProblems(notices.replaceAll(/^Permission .*/gm, ''), packages).length > 5, true);
    // What nobody has read, or what brings no text, doesn't ship.
    const says = (name: string, licence: string, files = {}) => generatorSays(project.path(`found/${name}`), licence, files);
    assert.match(await says('copyleft', 'GPL-3.0'), /licence of 'found' must be one of 0BSD.*, got: 'GPL-3.0'; read it/);
    assert.match(await says('bare', 'ISC'), /must bring the text of its licence, got: no file such as LICENSE/);
    const passed = await says('whole', 'Apache-2.0', { LICENSE: 'TERMS AND CONDITIONS', NOTICE: 'Made by Somebody' });
    assert.match(passed, /^found 1\.0\.0 \(Apache-2\.0\)\n\nTERMS AND CONDITIONS\n\nMade by Somebody$/m);
  });

  await step('asking the command line what a purge would touch', () => asksForDryRuns(project));

  await step('loading the cache library without the CDK', async () => {
    project.link('ioredis', 'pg');
    await loads(project, 'cachement/runtime');
    await assert.rejects(loads(project, 'cachement/runtime/codecs/message-pack'), /Cannot find (module|package) 'msgpackr/);
    project.link('msgpackr');
    const parts = Object.keys(ENTRY_POINTS).filter((name) => /^cachement\/(runtime|patterns)\//.test(name));
    await Promise.all(parts.map((name) => loads(project, name)));
    await assert.rejects(loads(project, 'cachement/functions'), /Cannot find (module|package) '@aws-sdk/);
    project.link('@aws-sdk/client-eventbridge', '@aws-sdk/client-secrets-manager');
    await loads(project, 'cachement/functions');
    await assert.rejects(loads(project, 'cachement'), /Cannot find (module|package) '(aws-cdk-lib|constructs)/);
  });

  fs.cpSync(path.join(root, EXAMPLE), project.path('example'), { recursive: true });
  await step('bundling a handler, and what a bundler leaves out', () => bundles(project));

  await step('synthesizing a stack, as a script and as a module', async () => {
    project.link('aws-cdk-lib', 'constructs');
    await loads(project, 'cachement');
    await synthesizes(project);
  });

  await step('type-checking consumers of three kinds', () => checksTypes(project));
  // Two at a time: each waits for purges and installations more than it computes.
  const left = templateNames();
  const trials = async () => {
    for (let name = left.shift(); name; name = left.shift()) {
      const began = Date.now();
      const firstHit = await usesTemplate(name, tarball);
      console.log(
        `template '${name}' ... ${((Date.now() - began) / 1000).toFixed(1)} s, ${firstHit} s from init to the first hit`,
      );
    }
  };
  const ends = await Promise.allSettled([trials(), trials()]);
  // One that fails lets the other end what it has started.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await step('publint, and attw for every way to resolve types', () => judged);
  console.log(
    `${packed.filename}: ${packed.files.length} files, ${(packed.size / 1e6).toFixed(1)} MB packed, ${(packed.unpackedSize / 1e6).toFixed(1)} MB unpacked`,
  );
}

/** By `require` and by `import`, with the same objects. */
async function loads(project: Project, name: string): Promise<void> {
  const names = ENTRY_POINTS[name]!.join(', ');
  await project.node(
    'cjs',
    `const { ${names} } = require('${name}'); for (const it of [${names}]) if (it === undefined) process.exit(1);`,
  );
  await project.node(
    'mjs',
    `import { ${names} } from '${name}'; import { createRequire } from 'node:module';
     const required = createRequire(import.meta.url)('${name}');
     for (const [key, it] of Object.entries({ ${names} })) if (it === undefined || it !== required[key]) throw new Error(key + ' is not one thing');`,
  );
}

/** Without routes, it says what it can't know; with those of a module, it says tiers and staleness. */
async function asksForDryRuns(project: Project): Promise<void> {
  const dryRun = (...options: string[]) =>
    project.run('npx', ['--no-install', 'cachement', 'purge', '--tag', 'product:1', '--dry-run', ...options]);
  const edge = "the edge: at most 1 item, 0.005 USD once the month's 1000 free items are used\n";
  const gateway = 'the gateway: at most one flush of the whole stage cache, shared with other purges\n';
  assert.equal(
    await dryRun(),
    "tag product:1: whatever carries it, in every tier; which routes these are isn't known\n" +
      'for routes, tiers and worst-case staleness, name the module that exports your routes: --routes FILE, or CACHEMENT_ROUTES\n' +
      gateway +
      edge,
  );
  const routes = `defineRoute({ name: 'product', path: '/products/{id}', freshness: { sharedTtlSeconds: 60 }, tags: ['product:{id}'] })`;
  project.write('routes.cjs', `exports.product = require('cachement/route').${routes};`);
  project.write('routes.mjs', `import { defineRoute } from 'cachement/route'; export const routes = [${routes}];`);
  for (const file of ['routes.cjs', 'routes.mjs']) {
    const touched = 'tag product:1: route product (/products/{id}), tiers memory, shared; were it lost, at most 60 s stale\n';
    assert.equal(await dryRun('--routes', file), touched + gateway + edge);
  }
}

async function bundles(project: Project): Promise<void> {
  const common = { absWorkingDir: project.folder, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' } as const;
  await build({
    ...common,
    entryPoints: ['example/functions/reader.ts'],
    outfile: 'build/index.js',
    // Lambda's Node runtimes have the SDK, and pg looks for an optional native driver.
    external: ['@aws-sdk/*', 'pg-native'],
  });
  const contents = async (code: string) => {
    const { metafile, outputFiles } = await build({
      ...common,
      stdin: { contents: code, resolveDir: project.folder },
      write: false,
      metafile: true,
    });
    return {
      bytes: outputFiles[0]!.contents.length,
      inputs: Object.keys(metafile.outputs).flatMap((name) => used(metafile.outputs[name]!)),
    };
  };
  const errors = await contents(`import { CacheError } from 'cachement/runtime'; console.log(CacheError);`);
  assert.deepEqual(
    errors.inputs.filter((name) => /node_modules\/(ioredis|pg)\//.test(name)),
    [],
    'a bundler leaves out what a consumer of the errors alone does not use',
  );
  assert.ok(errors.bytes < 10_000, `the errors alone are ${errors.bytes} bytes`);
}

/** The sources of which something is left in an output. */
function used({ inputs }: { readonly inputs: Record<string, { readonly bytesInOutput: number }> }): string[] {
  return Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([name]) => name);
}

async function synthesizes(project: Project): Promise<void> {
  const templates = await Promise.all(
    (['cjs', 'mjs'] as const).map(async (extension) => {
      project.write(`app.${extension}`, APP[extension] + SHOP);
      const folder = project.path(`cdk.out-${extension}`);
      await project.run(process.execPath, [`app.${extension}`], { CDK_OUTDIR: folder, CDK_VALIDATION: 'false' });
      return fs.readFileSync(path.join(folder, 'Shop.template.json'), 'utf8');
    }),
  );
  assert.equal(templates[0], templates[1], 'the template by require and by import');
  const resources: Resource[] = Object.values(JSON.parse(templates[0]!).Resources);
  for (const type of ['AWS::ElastiCache::ReplicationGroup', 'AWS::RDS::DBInstance', 'Custom::SchemaMigration']) {
    assert.ok(
      resources.some(({ Type }) => Type === type),
      `the template has no ${type}`,
    );
  }
  const staged = resources
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => path.join('cdk.out-cjs', `asset.${Properties.Code?.S3Key?.replace('.zip', '')}`, 'index.js'))
    .filter((name) => fs.existsSync(project.path(name)));
  const bundles = ['build/index.js', 'node_modules/cachement/dist/assets/lambdas/migration/index.js'];
  for (const bundle of bundles) {
    const code = fs.readFileSync(project.path(bundle));
    assert.ok(
      staged.some((name) => code.equals(fs.readFileSync(project.path(name)))),
      `no function of the template has ${bundle}`,
    );
  }
}

/** A stack with a platform of its own in it, and what answers its one route. */
const SHOP = `
  const app = new App();
  const stack = new Stack(app, 'Shop');
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'shop' });
  const reader = new PlatformFunction(stack, 'Reader', {
    bundle: path.resolve('build'), description: 'Reads', timeout: Duration.seconds(3), vpc: platform.network.vpc,
  });
  platform.addClient(reader);
  platform.addRoute(defineRoute({ name: 'product', path: '/products/{id}', freshness: { sharedTtlSeconds: 60 } }), { reader });
  app.synth();
`;
const APP = {
  cjs: `const path = require('node:path');
    const { App, Duration, Stack } = require('aws-cdk-lib');
    const { CachingPlatform, PlatformFunction, defineRoute } = require('cachement');`,
  mjs: `import * as path from 'node:path';
    import { App, Duration, Stack } from 'aws-cdk-lib';
    import { CachingPlatform, PlatformFunction, defineRoute } from 'cachement';`,
};

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly Code?: { readonly S3Key?: string } };
}

async function checksTypes(project: Project): Promise<void> {
  project.link('@types/node', '@types/pg');
  const kinds = {
    // The declarations themselves are checked once, with those of the CDK, which takes most of the time.
    'types-cjs': { module: 'node16', moduleResolution: 'node16', skipLibCheck: false, type: 'commonjs' },
    'types-esm': { module: 'node16', moduleResolution: 'node16', skipLibCheck: true, type: 'module' },
    'types-bundler': { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true, type: 'module' },
  };
  await Promise.all(
    Object.entries(kinds).map(async ([folder, { type, ...options }]) => {
      // Its imports have no extensions, as those of scripts may.
      if (type === 'commonjs') fs.cpSync(project.path('example'), project.path(folder), { recursive: true });
      project.write(`${folder}/package.json`, JSON.stringify({ type }));
      project.write(
        `${folder}/entry-points.ts`,
        Object.entries(ENTRY_POINTS)
          .map(
            ([name, names], index) => `import { ${names.map((own) => `${own} as ${own}${index}`).join(', ')} } from '${name}';
export const all${index}: unknown[] = [${names.map((own) => own + index).join(', ')}];`,
          )
          .join('\n'),
      );
      project.write(
        `${folder}/tsconfig.json`,
        JSON.stringify({
          compilerOptions: { ...options, target: 'es2022', strict: true, noEmit: true, types: ['node'] },
        }),
      );
      await project.run(path.join(TOOLS, 'tsc'), ['-p', folder]);
    }),
  );
}

const project = Project.create();
main(project)
  .catch((error: Error) => {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  })
  .finally(() => project.dispose());
