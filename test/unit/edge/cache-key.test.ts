import { cacheKey, NONE, selectCookies, selectQuery } from '../../../local/edge/cache-key';
import { MANAGED_CACHE_POLICIES } from '../../../local/edge/managed-policies';
import type { CachePolicy, Selection } from '../../../local/edge/options';

const listed = (...names: string[]): Selection => ({ behavior: 'listed', names: new Set(names) });
const allExcept = (...names: string[]): Selection => ({ behavior: 'allExcept', names: new Set(names) });

function keyOf(policy: Partial<CachePolicy>, url: string, headers: Record<string, string> = {}, method = 'GET'): string {
  const [path, query = ''] = url.split('?') as [string, string?];
  const complete: CachePolicy = {
    name: 'test',
    minTtlSeconds: 0,
    defaultTtlSeconds: 0,
    maxTtlSeconds: 1,
    queryStrings: NONE,
    headers: NONE,
    cookies: NONE,
    acceptGzip: false,
    acceptBrotli: false,
    ...policy,
  };
  return cacheKey(complete, { method, path, query, headers, address: '127.0.0.1' }).text;
}

describe('the cache key', () => {
  test.each<[string, Selection, string, string]>([
    ['none', NONE, 'a=1&b=2', ''],
    ['all, in the spelling of the URL', { behavior: 'all', names: new Set() }, 'b=%20&a=+&c', 'b=%20&a=+&c'],
    ['listed, in the order of the URL', listed('a', 'b'), 'c=3&b=2&a=1', 'b=2&a=1'],
    ['listed, repeated', listed('a'), 'a=2&a=1', 'a=2&a=1'],
    ['listed, without a value', listed('a'), 'a&b', 'a'],
    ['names are case-sensitive', listed('a'), 'A=1', ''],
    ['all but some', allExcept('utm'), 'a=1&utm=x&b=2', 'a=1&b=2'],
  ])('takes query strings: %s', (_, selection, query, expected) => {
    expect(selectQuery(query, selection)).toBe(expected);
  });

  test.each<[string, Selection, string | undefined, string]>([
    ['none', NONE, 'a=1', ''],
    ['listed and sorted by name', listed('a', 'b'), 'c=3; b=2; a=1', 'a=1; b=2'],
    ['all but some', allExcept('a'), 'c=3; a=1;b=2', 'b=2; c=3'],
    ['without a cookie', listed('a'), undefined, ''],
  ])('takes cookies: %s', (_, selection, cookie, expected) => {
    expect(selectCookies(cookie, selection)).toBe(expected);
  });

  test('tells an absent header from an empty one, and values apart', () => {
    const policy = { headers: listed('x-a', 'x-b') };
    const keys = [{}, { 'x-a': '' }, { 'x-a': '1' }, { 'x-b': '1' }, { 'x-a': '1', 'x-b': '1' }].map((headers) =>
      keyOf(policy, '/p', headers as Record<string, string>),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('holds nothing that the policy does not name', () => {
    expect(keyOf({}, '/p?a=1', { 'x-a': '1', cookie: 'a=1', 'accept-encoding': 'gzip' })).toBe(keyOf({}, '/p'));
  });

  test('tells query strings that are in the order of the URL apart', () => {
    const policy = { queryStrings: listed('a', 'b') };
    expect(keyOf(policy, '/p?a=1&b=2')).not.toBe(keyOf(policy, '/p?b=2&a=1'));
  });

  test('GET and HEAD share a key, OPTIONS has its own', () => {
    expect(keyOf({}, '/p', {}, 'HEAD')).toBe(keyOf({}, '/p'));
    expect(keyOf({}, '/p', {}, 'OPTIONS')).not.toBe(keyOf({}, '/p'));
  });

  test.each<[accept: string | undefined, both: string, gzip: string]>([
    ['gzip, deflate, br', 'br,gzip', 'gzip'],
    ['br;q=1.0, gzip;q=0.8', 'br,gzip', 'gzip'],
    ['gzip', 'gzip', 'gzip'],
    ['br', 'br', ''],
    ['br, gzip;q=0', 'br', ''],
    ['deflate', '', ''],
    ['identity', '', ''],
    [undefined, '', ''],
  ])('normalises Accept-Encoding %s', (accept, both, gzip) => {
    const headers: Record<string, string> = accept === undefined ? {} : { 'accept-encoding': accept };
    const expected = (encoding: string) => (encoding === '' ? '/p' : `/p\naccept-encoding:${encoding}`);
    expect(keyOf({ acceptBrotli: true, acceptGzip: true }, '/p', headers)).toBe(expected(both));
    expect(keyOf({ acceptGzip: true }, '/p', headers)).toBe(expected(gzip));
    expect(keyOf({}, '/p', headers)).toBe('/p');
  });

  test('CachingDisabled caches nothing and CachingOptimized takes no query string', () => {
    expect(MANAGED_CACHE_POLICIES['4135ea2d-6df8-44a3-9df3-4b5a84be39ad']?.maxTtlSeconds).toBe(0);
    expect(MANAGED_CACHE_POLICIES['658327ea-f89d-4fab-a63d-7e88639e58f6']).toMatchObject({
      minTtlSeconds: 1,
      queryStrings: NONE,
    });
  });
});
