import { cacheControl, freshness } from '../../../local/edge/ttl';

const NOW = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString();

/** A row: minimum, default and maximum TTL; the origin's headers; the TTL, or `never` where nothing is kept. */
type Row = [name: string, ttls: [number, number, number], headers: Record<string, string>, expected: number | 'never'];

// Developer Guide, "Specify the amount of time that CloudFront caches objects": each cell of its table, with each of its cases.
const AWS_TABLE: Row[] = [
  ['max-age below the maximum', [0, 60, 3600], { 'Cache-Control': 'max-age=100' }, 100],
  ['max-age above the maximum', [0, 60, 3600], { 'Cache-Control': 'max-age=9999' }, 3600],
  ['max-age between minimum and maximum', [50, 60, 3600], { 'Cache-Control': 'max-age=100' }, 100],
  ['max-age below the minimum', [50, 60, 3600], { 'Cache-Control': 'max-age=10' }, 50],
  ['max-age above the maximum, with a minimum', [50, 60, 3600], { 'Cache-Control': 'max-age=9999' }, 3600],
  ['nothing said, minimum 0', [0, 60, 3600], {}, 60],
  ['nothing said, default above the minimum', [50, 60, 3600], {}, 60],
  ['nothing said, minimum as default', [60, 60, 3600], {}, 60],
  ['s-maxage beats max-age', [0, 60, 3600], { 'Cache-Control': 'max-age=10, s-maxage=200' }, 200],
  ['s-maxage above the maximum', [0, 60, 3600], { 'Cache-Control': 'max-age=10, s-maxage=9999' }, 3600],
  ['s-maxage below the minimum', [50, 60, 3600], { 'Cache-Control': 's-maxage=20, max-age=9999' }, 50],
  ['s-maxage between minimum and maximum', [50, 60, 3600], { 'Cache-Control': 's-maxage=70, max-age=1' }, 70],
  ['Expires before the maximum', [0, 60, 3600], { Expires: at(300) }, 300],
  ['Expires after the maximum', [0, 60, 3600], { Expires: at(9999) }, 3600],
  ['Expires before the minimum', [50, 60, 3600], { Expires: at(10) }, 50],
  ['no-cache, minimum 0', [0, 60, 3600], { 'Cache-Control': 'no-cache' }, 'never'],
  ['no-store, minimum 0', [0, 60, 3600], { 'Cache-Control': 'no-store' }, 'never'],
  ['private, minimum above 0', [50, 60, 3600], { 'Cache-Control': 'private, max-age=100' }, 50],
];

const MORE: Row[] = [
  ['max-age beats Expires', [0, 60, 3600], { 'Cache-Control': 'max-age=30', Expires: at(600) }, 30],
  ['private, minimum 0', [0, 60, 3600], { 'Cache-Control': 'private, max-age=100' }, 'never'],
  ['no-store, minimum above 0', [50, 60, 3600], { 'Cache-Control': 'no-store' }, 50],
  ['max-age=0, minimum 0: kept, and revalidated each time', [0, 60, 3600], { 'Cache-Control': 'max-age=0' }, 0],
  ['an Expires that is no date', [0, 60, 3600], { Expires: '0' }, 0],
  ['another directive says nothing of the TTL', [0, 60, 3600], { 'Cache-Control': 'public, must-revalidate' }, 60],
  ['no-cache of one header only', [0, 60, 3600], { 'Cache-Control': 'no-cache="Set-Cookie", max-age=20' }, 20],
  ['spelling and spaces', [0, 60, 3600], { 'cache-control': 'Public , S-MaxAge="20"' }, 20],
  ['a TTL that is no number is in the past', [0, 60, 3600], { 'Cache-Control': 'max-age=soon' }, 0],
  ['a negative TTL is in the past', [0, 60, 3600], { 'Cache-Control': 'max-age=-1' }, 0],
  ['a TTL in single quotes is no number', [0, 60, 3600], { 'Cache-Control': "max-age='3600'" }, 0],
  ['an Expires that only JavaScript takes for a date', [0, 60, 3600], { Expires: '2030-01-01' }, 0],
  ['an Expires in the form of RFC 850', [0, 60, 3600], { Expires: 'Thursday, 01-Jan-26 00:05:00 GMT' }, 300],
  ['all TTLs 0', [0, 0, 0], { 'Cache-Control': 'max-age=100' }, 'never'],
  ['Vary: * with minimum 0: kept, and fetched anew each time', [0, 60, 3600], { Vary: '*' }, 0],
  ['Vary: * with a minimum', [50, 60, 3600], { Vary: '*' }, 60],
];

function check([minTtlSeconds, defaultTtlSeconds, maxTtlSeconds]: Row[1], headers: Row[2]) {
  return freshness({ minTtlSeconds, defaultTtlSeconds, maxTtlSeconds }, Object.entries(headers).flat(), NOW);
}

test('a long Cache-Control takes no long time', () => {
  const started = performance.now();
  for (const part of ['a', 'a ', 'a=', '"', 'a=" ', '-', ',', ' ']) cacheControl(`${part.repeat(16_384)}!`);
  expect(performance.now() - started).toBeLessThan(2000);
});

describe('the TTL of a response', () => {
  test.each([...AWS_TABLE, ...MORE])('%s', (_, ttls, headers, expected) => {
    const { stored, ttlSeconds } = check(ttls, headers);
    expect(stored ? ttlSeconds : 'never').toBe(expected);
  });

  test.each<[string, string, number, number | undefined]>([
    ['neither directive', 'max-age=10', 0, undefined],
    ['both', 'max-age=10, stale-while-revalidate=20, stale-if-error=30', 20, 30],
    ['the maximum TTL caps both', 'max-age=10, stale-while-revalidate=9999, stale-if-error=9999', 3600, 3600],
    ['stale-if-error=0 opts out', 'max-age=10, stale-if-error=0', 0, 0],
    ['no-store leaves nothing to be stale', 'no-store, stale-while-revalidate=20', 0, undefined],
  ])('stale windows: %s', (_, value, revalidate, error) => {
    const result = check([0, 60, 3600], { 'Cache-Control': value });
    expect([result.staleWhileRevalidateSeconds, result.staleIfErrorSeconds]).toEqual([revalidate, error]);
  });

  test.each<[string, number, boolean]>([
    ['max-age=10', 0, true],
    ['private', 0, false],
    ['no-store', 0, false],
    ['no-cache', 0, false],
    ['max-age=0', 0, false],
    ['s-maxage=0, max-age=10', 0, false],
    ['private', 1, true],
    ['max-age=0', 1, true],
  ])('%s with minimum TTL %d: shared by concurrent requests is %s', (value, min, expected) => {
    expect(check([min, 60, 3600], { 'Cache-Control': value }).shareable).toBe(expected);
  });

  test('the first of two equal directives counts', () => {
    expect(cacheControl('max-age=1, max-age=2').get('max-age')).toBe('1');
  });
});
