import { retryAfterSeconds, storing } from '../../../lambdas/runtime/patterns/upstream/response-headers';

const headers = (values: Record<string, string>) => ({ get: (name: string) => values[name] ?? null });

describe('what a response says of its caching', () => {
  test.each<[Record<string, string>, number | undefined, boolean]>([
    [{}, undefined, true],
    [{ 'cache-control': 'max-age=60' }, 60_000, true],
    [{ 'cache-control': 'public, MAX-AGE="60"', age: '20' }, 40_000, true],
    [{ 'cache-control': 'max-age=60', age: '90' }, 0, true],
    [{ 'cache-control': 'max-age=60, s-maxage=10' }, 10_000, true],
    [{ 'cache-control': 'no-cache, max-age=60' }, 0, true],
    [{ 'cache-control': 'max-age=-1' }, undefined, true],
    [{ 'cache-control': 'max-age=soon', age: 'old' }, undefined, true],
    [{ 'cache-control': 'no-store' }, undefined, false],
    [{ 'cache-control': 'private, max-age=60' }, 60_000, false],
  ])('%j', (sent, freshMs, mayBeKept) => {
    expect(storing(headers(sent))).toEqual({ freshMs, mayBeKept, etag: undefined });
  });
});

test.each([
  ['120', 120],
  ['0', 0],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 60],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('a Retry-After of %j asks for %s seconds', (value, seconds) => {
  expect(retryAfterSeconds(headers({ 'retry-after': value }), 0)).toBe(seconds);
});
