import { errorCachingMinSeconds, errorTtlSeconds, staleOnError } from '../../../local/edge/errors';

const NOW = Date.UTC(2026, 0, 1);
const customErrors = [
  { errorCode: 404, cachingMinTtlSeconds: 0 },
  { errorCode: 503, cachingMinTtlSeconds: 5 },
];

describe('how long an error is cached', () => {
  test.each<[status: number, cacheControl: string | undefined, expected: number]>([
    [500, undefined, 10],
    [501, undefined, 10],
    [502, 'no-store', 10],
    [503, undefined, 5],
    [503, 'max-age=60', 60],
    [503, 'max-age=1', 5],
    [504, 's-maxage=9999', 3600],
    [404, undefined, 0],
    [404, 'max-age=30', 30],
    [414, undefined, 10],
    [400, undefined, 0],
    [400, 'max-age=30', 30],
    [403, 'no-store', 0],
    [405, 's-maxage=5', 10],
    [412, undefined, 0],
    [415, 'max-age=0', 10],
    [401, 'max-age=30', 0],
    [416, 'max-age=30', 0],
    [429, 'max-age=30', 0],
  ])('%d with Cache-Control %s: %d s', (status, cacheControl, expected) => {
    const headers = cacheControl === undefined ? [] : ['Cache-Control', cacheControl];
    expect(errorTtlSeconds(status, headers, { customErrors, maxTtlSeconds: 3600, now: NOW })).toBe(expected);
  });

  test('is 10 s at least where the distribution says nothing', () => {
    expect([500, 503, 404].map((status) => errorCachingMinSeconds(customErrors, status))).toEqual([10, 5, 0]);
  });
});

describe('an expired object in place of an error', () => {
  test.each<[string, number, number | undefined, number, number | undefined]>([
    ['no directive: served, and the origin left alone', 500, undefined, 1_000_000, 5000],
    ['4xx: never', 404, undefined, 1, undefined],
    ['within stale-if-error: served, and the origin asked each time', 503, 60, 59, 0],
    ['after stale-if-error: not', 503, 60, 60, undefined],
    ['stale-if-error=0: never', 503, 0, 0, undefined],
  ])('%s', (_, status, staleIfErrorSeconds, secondsAfter, expected) => {
    const now = NOW + secondsAfter * 1000;
    expect(staleOnError({ freshUntil: NOW, staleIfErrorSeconds }, status, 5, now)).toBe(expected);
  });
});
