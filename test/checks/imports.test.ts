import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Imports go one way. A line per folder: what its files may import besides Node's own modules, the folder itself and the packages named.
 * `*` allows any package.
 */
const RULES: Record<string, { folders: string[]; packages: string[] }> = {
  bin: { folders: ['lib', 'routes'], packages: ['aws-cdk-lib', 'constructs'] },
  'bin/verify': { folders: ['lambdas/platform/http'], packages: ['aws-cdk-lib', 'constructs', '@aws-sdk'] },
  lib: { folders: [], packages: ['aws-cdk-lib', 'constructs'] },
  'lib/route': { folders: [], packages: [] },
  routes: { folders: ['lib/route'], packages: [] },
  lambdas: { folders: ['routes', 'lib/route'], packages: ['*'] },
  'lambdas/platform': { folders: ['lambdas/runtime', 'lib/route'], packages: ['pg', '@aws-sdk', '@smithy'] },
  'lambdas/runtime': { folders: ['lib/route'], packages: ['ioredis', 'msgpackr'] },
  'lambdas/runtime/versions': { folders: ['lambdas/runtime', 'lib/route'], packages: ['pg'] },
  examples: { folders: [], packages: ['cachement', 'aws-cdk-lib', 'constructs', 'pg', '@aws-sdk'] },
  local: { folders: [], packages: ['ioredis', 'pg', '@peculiar/x509', 'reflect-metadata', 'fast-xml-parser'] },
};

/** The products of the local platform meet in a registry and don't import each other. */
const LOCAL_PRODUCTS = ['edge', 'gateway', 'lambda', 'events', 'queues', 'engines', 'aws'];

const root = path.resolve(__dirname, '../..');

function sources(folder: string): string[] {
  const full = path.join(root, folder);
  if (!fs.existsSync(full)) return [];
  return fs
    .readdirSync(full, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name));
}

/** What a source imports, with its statements `import ... from`, `import '...'`, `import(...)` and `require(...)`. */
function imports(text: string): string[] {
  return [...text.matchAll(/(?:^|\s)(?:from|import)\s+'([^']+)'|(?:import|require)\(\s*'([^']+)'/g)].map(
    (match) => (match[1] ?? match[2]) as string,
  );
}

function importsOf(file: string): string[] {
  return imports(fs.readFileSync(path.join(root, file), 'utf8'));
}

/** The rule of the longest folder that holds the file. */
function ruleOf(file: string): string | undefined {
  return Object.keys(RULES)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function violations(file: string, names = importsOf(file)): string[] {
  const folder = ruleOf(file);
  if (!folder) return [];
  const rule = RULES[folder]!;
  const found: string[] = [];
  for (const name of names) {
    if (name.startsWith('node:')) continue;
    if (name.startsWith('.')) {
      const target = path.normalize(path.join(path.dirname(file), name));
      const own = target === folder || target.startsWith(`${folder}/`);
      if (!own && !rule.folders.some((allowed) => target === allowed || target.startsWith(`${allowed}/`))) {
        found.push(`${file} imports ${target}`);
      }
      const [product, other] = [file, target].map((p) =>
        LOCAL_PRODUCTS.find((known) => p.startsWith(`local/${known}/`) || p === `local/${known}`),
      );
      if (product && other && product !== other) found.push(`${file} imports ${target}: products don't import each other`);
    } else if (
      !rule.packages.includes('*') &&
      !rule.packages.some((allowed) => name === allowed || name.startsWith(`${allowed}/`))
    ) {
      found.push(`${file} imports package ${name}`);
    }
  }
  return found;
}

describe('imports go one way', () => {
  const folders = Object.keys(RULES).filter((folder) => !folder.includes('/'));

  test.each(folders)('%s', (folder) => {
    expect(sources(folder).flatMap((file) => violations(file))).toEqual([]);
  });

  test('no source outside local/, bench/ and test/ imports local/', () => {
    const files = ['bin', 'lib', 'lambdas', 'routes', 'cli', 'examples'].flatMap(sources);
    expect(files.filter((file) => importsOf(file).some((name) => /(^|\/)local(\/|$)/.test(name)))).toEqual([]);
  });

  test.each([
    ['lib/route/route.ts', "import { Stack } from 'aws-cdk-lib';", 'lib/route/route.ts imports package aws-cdk-lib'],
    ['lib/route/route.ts', "import { x } from '../edge/x';", 'lib/route/route.ts imports lib/edge/x'],
    ['lib/edge/x.ts', "export * from '../../lambdas/runtime';", 'lib/edge/x.ts imports lambdas/runtime'],
    ['lambdas/runtime/x.ts', "const x = require('aws-cdk-lib');", 'lambdas/runtime/x.ts imports package aws-cdk-lib'],
    ['local/x.ts', "await import('../lib/route');", 'local/x.ts imports lib/route'],
    [
      'local/edge/x.ts',
      "import { y } from '../queues';",
      "local/edge/x.ts imports local/queues: products don't import each other",
    ],
  ])('fails when %s has %s', (file, text, violation) => {
    expect(violations(file, imports(text))).toContain(violation);
  });
});
