import * as fs from 'node:fs';
import * as path from 'node:path';

/**
 * Imports go one way. A line per folder: what its files may import besides Node's own modules, the folder itself and the packages named.
 * `*` allows any package.
 */
const RULES: Record<string, { folders: string[]; packages: string[] }> = {
  bin: { folders: ['lib', 'routes'], packages: ['aws-cdk-lib', 'constructs'] },
  lib: { folders: [], packages: ['aws-cdk-lib', 'constructs'] },
  'lib/route': { folders: [], packages: [] },
  routes: { folders: ['lib/route'], packages: [] },
  lambdas: { folders: ['routes', 'lib/route'], packages: ['*'] },
  'lambdas/runtime': {
    folders: ['lib/route'],
    packages: ['ioredis', 'cluster-key-slot', 'pg', '@aws-sdk', '@smithy', '@opentelemetry/api', 'msgpackr'],
  },
  local: { folders: [], packages: ['ioredis', 'pg', '@peculiar/x509', 'fast-xml-parser'] },
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

function imports(file: string): string[] {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import|require\()\s*'([^']+)'/g)].map((match) => match[1] as string);
}

/** The rule of the longest folder that holds the file. */
function ruleOf(file: string): string | undefined {
  return Object.keys(RULES)
    .filter((folder) => file.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function violations(file: string): string[] {
  const folder = ruleOf(file);
  if (!folder) return [];
  const rule = RULES[folder]!;
  const found: string[] = [];
  for (const name of imports(file)) {
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
    expect(sources(folder).flatMap(violations)).toEqual([]);
  });

  test('no source outside local/, bench/ and test/ imports local/', () => {
    const files = ['bin', 'lib', 'lambdas', 'routes', 'cli', 'examples'].flatMap(sources);
    expect(files.filter((file) => imports(file).some((name) => /(^|\/)local(\/|$)/.test(name)))).toEqual([]);
  });

  test('fails when lib/route imports anything outside itself', () => {
    expect(ruleOf('lib/route/route.ts')).toBe('lib/route');
    expect(RULES['lib/route']).toEqual({ folders: [], packages: [] });
  });
});
