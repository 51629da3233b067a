import { asksForRefresh, cacheKey, StageCache } from '../../../local/gateway/stage-cache';
import { method, request } from '../../support/rest-api';

const response = (text: string, statusCode = 200) => ({ statusCode, headers: [], body: Buffer.from(text) });

describe('the cache key', () => {
  const declared = ['method.request.path.id', 'method.request.querystring.page', 'method.request.header.Accept-Language'];
  const key = (target: string, headers = {}, rest = {}, id = '7') =>
    cacheKey(method('/things/{id}', 'GET', { cacheKeyParameters: declared, ...rest }), request('GET', target, headers), { id });

  const multi = (query: string) =>
    key(`/things/7${query}`, {}, { cacheKeyParameters: ['method.request.multivaluequerystring.tag'] });
  const greedy = (path: string) => key('/', {}, { cacheKeyParameters: ['method.request.path.id'] }, path);

  test.each([
    ['a query string that is not declared', key('/things/7?page=1'), key('/things/7?page=1&sort=name')],
    ['a header that is not declared', key('/things/7'), key('/things/7', { Accept: 'text/plain' })],
    ['the order of query strings', key('/things/7?page=1&x=1'), key('/things/7?x=1&page=1')],
    ['how a value is encoded', key('/things/7?page=%31'), key('/things/7?page=1')],
    [
      'a path parameter that is not declared',
      key('/', {}, { cacheKeyParameters: [] }, '7'),
      key('/', {}, { cacheKeyParameters: [] }, '8'),
    ],
  ])('is the same whatever %s', (_, one, other) => {
    expect(one).toBe(other);
  });

  test.each([
    ['path parameter', key('/things/7', {}, {}, '7'), key('/things/8', {}, {}, '8')],
    ['query string', key('/things/7?page=1'), key('/things/7?page=2')],
    ['header', key('/things/7', { 'Accept-Language': 'de' }), key('/things/7', { 'Accept-Language': 'fr' })],
    ['namespace', key('/things/7'), key('/things/7', {}, { cacheNamespace: 'other' })],
    ['absent value and an empty one', key('/things/7'), key('/things/7?page=')],
    ['the case of a header’s name', key('/things/7', { 'Accept-Language': 'de' }), key('/things/7', { 'accept-language': 'de' })],
    ['several values and one with a comma', multi('?tag=a&tag=b'), multi('?tag=a,b')],
    ['a slash that is encoded and one that is not', greedy('a%2Fb'), greedy('a/b')],
    ['case of a value', key('/things/7?page=a'), key('/things/7?page=A')],
  ])('differs by declared %s', (_, one, other) => {
    expect(one).not.toBe(other);
  });

  test('is shared by resources with the same namespace', () => {
    const shared = { cacheNamespace: 'shared', cacheKeyParameters: [] };
    expect(cacheKey(method('/a', 'GET', shared), request('GET', '/a'), {})).toBe(
      cacheKey(method('/b', 'GET', shared), request('GET', '/b'), {}),
    );
  });
});

test.each([
  ['max-age=0', true],
  ['no-cache', true],
  ['Max-Age=0, private', true],
  ['max-age=00', false],
  ['max-age=60', false],
  ['no-store', false],
  ['', false],
])("'Cache-Control: %s' asks for a refresh: %s", (value, expected) => {
  expect(asksForRefresh([value])).toBe(expected);
});

describe('the store', () => {
  test('replays a response until its time is over, errors too', () => {
    const cache = new StageCache(1000);
    cache.set('a', response('not now', 429), 300, 0);
    expect(cache.get('a', 299_999)).toEqual(response('not now', 429));
    expect(cache.get('a', 300_000)).toBeUndefined();
  });

  test('counts the time anew when a response is replaced', () => {
    const cache = new StageCache(1000);
    cache.set('a', response('old'), 10, 0);
    cache.set('a', response('new'), 10, 5000);
    expect(cache.get('a', 14_999)?.body.toString()).toBe('new');
  });

  test('stores nothing over 1 MiB, and forgets what was there', () => {
    const cache = new StageCache(2 ** 30);
    cache.set('a', response('x'.repeat(1_048_576)), 10, 0);
    expect(cache.get('a', 1)).toBeDefined();
    cache.set('a', response('x'.repeat(1_048_577)), 10, 1);
    expect(cache.get('a', 2)).toBeUndefined();
  });

  test('makes room by what was used least recently', () => {
    const cache = new StageCache(2000);
    for (const key of ['a', 'b', 'c']) cache.set(key, response('12345678'), 10, 0);
    cache.get('a', 1);
    cache.set('d', response('12345678'), 10, 2);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key, 3))).toEqual(['a', 'c', 'd']);
  });

  test('counts what is empty', () => {
    const cache = new StageCache(100_000);
    for (let i = 0; i < 1000; i += 1) cache.set(String(i), response(''), 10, 0);
    expect(cache.get('0', 1)).toBeUndefined();
    expect(cache.bytes).toBeLessThanOrEqual(100_000);
  });

  test('is empty after a flush, and has its whole capacity again', () => {
    const cache = new StageCache(1000);
    cache.set('a', response('1234567890'), 10, 0);
    cache.flush();
    expect([cache.get('a', 1), cache.bytes]).toEqual([undefined, 0]);
    cache.set('b', response('1234567890'), 10, 1);
    expect(cache.get('b', 2)).toBeDefined();
  });
});
