import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { uncached } from '../../../../lambdas/platform/http/response';
import { createRouter } from '../../../../lambdas/platform/http/router';
import { KeyFunction } from '../../../../lib/edge/key-function';
import {
  defineRoute,
  entryKey,
  type NormalizeRule,
  normalizedParameters,
  normalizedText,
  type QueryParameter,
  type Route,
} from '../../../../lib/route';
import { FunctionRuntime } from '../../../../local/edge/functions';
import { queryValues } from '../../../../local/gateway/request';
import { fuzz } from '../../../support/fuzz';

const TEXT: NormalizeRule[] = ['trim', 'collapse-spaces', 'lowercase', 'unicode'];
const LIST: NormalizeRule[] = [...TEXT, 'sort-list'];
const freshness = { sharedTtlSeconds: 60, edgeTtlSeconds: 30 };
const routeOf = (query: Record<string, QueryParameter>, name = 'found'): Route =>
  defineRoute({ name, path: '/found', query, freshness });

/** Code of the function of each route at the edge. */
function codesOf(...routes: Route[]): string[] {
  const stack = new Stack();
  for (const route of routes) new KeyFunction(stack, route.name, route);
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::CloudFront::Function'));
  return functions.map(({ Properties }) => Properties.FunctionCode);
}

const runtime = new FunctionRuntime();
const context = { distributionId: 'E1', distributionDomainName: 'd1.cloudfront.net', requestId: '1' };

/** The query string that a route's function at the edge hands on, of which the edge's and the gateway's keys are made. */
function atEdge(code: string, query: string, method = 'GET'): string {
  const request = { method, path: '/found', query, headers: {}, address: '192.0.2.1' };
  const passed = runtime.viewerRequest({ name: 'key', code }, request, context);
  return 'query' in passed ? passed.query : 'a response';
}

/** Name of the entry that a route's handler reads for a query string which reaches the gateway. */
function inFunction(route: Route): (query: string) => Promise<string> {
  const router = createRouter([{ route, GET: async ({ parameters }) => uncached(200, entryKey(route, parameters)) }]);
  return async (query) => {
    const values = queryValues(query);
    const multiValueQueryStringParameters = Object.fromEntries(values);
    return JSON.parse((await router({ httpMethod: 'GET', path: '/found', multiValueQueryStringParameters })).body);
  };
}

describe('a text has one spelling', () => {
  test.each<[string, NormalizeRule[], string]>([
    ['  Lamp  desk\t', TEXT, 'lamp desk'],
    ['  Lamp  desk\t', ['trim'], 'Lamp  desk'],
    ['  Lamp  desk\t', ['collapse-spaces'], ' Lamp desk '],
    ['\u00a0\u2003Lamp\u3000', ['trim'], 'Lamp'],
    ['LÄMP', ['lowercase'], 'lämp'],
    ['La\u0308mp', ['unicode'], 'L\u00e4mp'],
    ['LA\u0308MP', TEXT, 'l\u00e4mp'],
    ['J\u030c', TEXT, '\u01f0'],
    ['red, Blue,red', ['sort-list'], ' Blue,red'],
    ['red, Blue ,RED', LIST, 'blue,red'],
    ['', TEXT, ''],
    [' ', LIST, ''],
  ])('%j by %j is %j', (text, rules, expected) => {
    expect(normalizedText(text, rules)).toBe(expected);
    expect(normalizedText(text, [...rules].reverse())).toBe(expected);
  });
});

describe('the tiers agree', () => {
  const found = routeOf({ q: { normalize: TEXT }, colours: { normalize: LIST }, cursor: {} });
  const SINGLE: NormalizeRule[][] = [['trim'], ['collapse-spaces'], ['lowercase'], ['unicode'], ['sort-list'], TEXT, LIST];
  const routes = SINGLE.map((normalize, index) => routeOf({ q: { normalize } }, `found-${index}`));
  const [code = '', ...codes] = codesOf(found, ...routes);
  const keyOf = inFunction(found);

  test.each<[string, string, string, string]>([
    ['blanks and capitals', 'q=%20%20LaMP%20%09desk%20', 'q=lamp%20desk', 'q=lamp%20desk'],
    ['escapes in either case', 'q=%c3%a4%4c', 'q=%C3%A4l', 'q=%C3%A4l'],
    ['the order of a list', 'colours=Red,%20blue%2cRED', 'colours=blue%2Cred', 'colours=blue%2Cred'],
    ['nothing of what has no rules', 'cursor=%41B', 'cursor=%41B', 'cursor=AB'],
    ['letters that the edge takes as they are', 'q=%C3%84', 'q=%C3%84', 'q=%C3%A4'],
    ['a plus, which the edge takes as it is', 'q=+Desk+lamp', 'q=+desk+lamp', 'q=desk%20lamp'],
    ['an escaped plus', 'q=A%2bB', 'q=a%2Bb', 'q=a%2Bb'],
    ['the last of several', 'q=A&q=B', 'q=b', 'q=b'],
    ['a text that is empty', 'q=%20', 'q', 'q='],
    ['what is no UTF-8', 'q=%FFA', 'q=%FFA', 'q=%25ffa'],
  ])('on %s', async (_, query, handedOn, key) => {
    expect(atEdge(code, query)).toBe(handedOn);
    expect(await keyOf(handedOn)).toBe(`found/1/${key}`);
  });

  /** Characters of which spellings differ: white space, capitals that lose their kind, marks that compose, separators. */
  const PARTS = [
    ...'  \t\u00a0\u2003\ufeff\u0085',
    ...'aAkKsSiIjJhHzÄäßẞΣςσİıǅÅﬁ',
    '\u212a',
    '\u212b',
    '\u0308',
    '\u0307',
    '\u030c',
    '\u0331',
    ...',;&=+%/?#\'"!~()*|{}0',
    '\u{10400}',
    '\u{1f600}',
  ];
  test("on any text: what the edge makes of it has the key of the text itself, and a key's text is its own spelling", async () => {
    const { choices, rounds } = fuzz(25);
    const compiled = routes.map((route, index) => ({ route, code: codes[index] ?? '', keyOf: inFunction(route) }));
    let joined = 0;
    for (let round = 0; round < rounds; round++) {
      const text = Array.from({ length: Math.floor(choices.between(0, 9)) }, () => choices.pick(PARTS)).join('');
      const escaped = encodeURIComponent(text).replace(/%20/g, () => choices.pick(['%20', '+']));
      const query = `q=${choices.chance(0.3) ? escaped.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()) : escaped}`;
      for (const { route, code, keyOf } of compiled) {
        const handedOn = atEdge(code, query);
        const asSent = await keyOf(query);
        expect([query, route.name, await keyOf(handedOn)]).toEqual([query, route.name, asSent]);
        expect(atEdge(code, handedOn)).toBe(handedOn);
        const spelt = normalizedParameters(route, { q: text });
        expect(normalizedParameters(route, spelt)).toEqual(spelt);
        expect(entryKey(route, spelt)).toBe(asSent);
        if (handedOn !== query) joined++;
      }
    }
    expect(joined).toBeGreaterThan(rounds);
  });

  test('on a value that is sent in no known encoding', async () => {
    const { choices, rounds } = fuzz(50);
    for (let round = 0; round < rounds; round++) {
      const parts = Array.from({ length: 6 }, () => choices.pick(['%', '%2', '%FF', '%C3', '%a4', '%4b', '+', 'K', ',', '%20']));
      const query = `q=${parts.join('')}`;
      expect([query, await keyOf(atEdge(code, query))]).toEqual([query, await keyOf(query)]);
    }
  });
});

describe('the function at the edge', () => {
  test('leaves a write as it is', () => {
    const [code = ''] = codesOf(routeOf({ q: { normalize: TEXT } }));
    expect(atEdge(code, 'other=1&q=A', 'POST')).toBe('other=1&q=A');
    expect(atEdge(code, 'other=1&q=A', 'HEAD')).toBe('q=a');
  });

  test('is there where a cache behind it has the query string in its key', () => {
    const query = { q: { normalize: TEXT } };
    const needed = (more: object) => KeyFunction.isNeededFor(defineRoute({ name: 'found', path: '/found', query, ...more }));
    expect(needed({ freshness })).toBe(true);
    expect(needed({ freshness: { sharedTtlSeconds: 60, gatewayTtlSeconds: 30 } })).toBe(true);
    expect(needed({ freshness: { sharedTtlSeconds: 60 } })).toBe(false);
    expect(needed({})).toBe(false);
  });

  test('calls nothing that its runtime has not', () => {
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
    const listed = ['call', 'split', 'map', 'join', 'replace', 'toLowerCase', 'indexOf', 'sort', 'filter'];
    const [code = ''] = codesOf(routeOf({ q: { normalize: LIST } }));
    const called = [...code.matchAll(/\.(\w+)\(/g)].map(([, name]) => name);
    expect(called.filter((name) => !listed.includes(`${name}`))).toEqual([]);
    expect(code).not.toMatch(/\/[a-z]*u[a-z]*[,)]|\?\.|\?\?|=>|\.\.\./);
  });

  test('that is longer than one may be is refused', () => {
    const query = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`${'q'.repeat(1100)}${index}`, {}]));
    expect(() => codesOf(routeOf(query))).toThrow(/route 'found': 'query' must make a function of at most 10240 bytes, got: \d+/);
  });
});

test.each<[string, QueryParameter]>([
  ["'query.q.normalize' must be a list of trim, collapse-spaces, lowercase, unicode, sort-list", { normalize: [] }],
  ['got: ["upper"]', { normalize: ['upper' as never] }],
  ['got: "trim"', { normalize: 'trim' as never }],
  ['each at most once', { normalize: ['trim', 'trim'] }],
  ["'query.q.default' must be in the spelling of its rules, 'new', which is that of keys", { default: 'New', normalize: TEXT }],
])('refused: %s', (message, parameter) => {
  expect(() => routeOf({ q: parameter })).toThrow(message);
});
