import { decodeResourcePath, effectiveSettings } from '../../../local/gateway/method-settings';
import type { MethodSetting } from '../../../local/gateway/options';
import { TokenBucket } from '../../../local/gateway/throttle';
import { method, stage } from '../../support/rest-api';

test.each([
  ['/*', '/*'],
  ['/', '/'],
  ['/~1', '/'],
  ['/~1things', '/things'],
  ['/~1things~1{id}', '/things/{id}'],
])('%s stands for %s', (encoded, path) => {
  expect(decodeResourcePath(encoded)).toBe(path);
});

const setting = (resourcePath: string, httpMethod: string, rest: Partial<MethodSetting> = {}): MethodSetting => ({
  resourcePath,
  httpMethod,
  cachingEnabled: undefined,
  cacheTtlSeconds: undefined,
  throttlingRateLimit: undefined,
  throttlingBurstLimit: undefined,
  ...rest,
});
const ON = { cachingEnabled: true };
const OFF = { cachingEnabled: false };

describe('the TTL of a response', () => {
  const all = (rest: Partial<MethodSetting>) => setting('/*', '*', rest);
  const own = (rest: Partial<MethodSetting>, httpMethod = 'GET') => setting('/things', httpMethod, rest);
  test.each<[string, MethodSetting[], string, string, number]>([
    ['without a setting', [], 'GET', 'GET', 0],
    ['with caching for all', [all(ON)], 'GET', 'GET', 300],
    ['with a TTL for all', [all({ ...ON, cacheTtlSeconds: 60 })], 'GET', 'GET', 60],
    ['of 0', [all({ ...ON, cacheTtlSeconds: 0 })], 'GET', 'GET', 0],
    ['over the limit', [all({ ...ON, cacheTtlSeconds: 7200 })], 'GET', 'GET', 3600],
    ['of another method', [all(ON)], 'POST', 'POST', 0],
    ['of another method that is named', [own(ON, 'POST')], 'POST', 'POST', 300],
    ['of a GET that ANY takes', [all(ON)], 'ANY', 'GET', 300],
    ['of a POST that ANY takes', [all(ON)], 'ANY', 'POST', 0],
    ['of the only method that is named', [all(OFF), own({ ...ON, cacheTtlSeconds: 10 })], 'GET', 'GET', 10],
    ['where the method is switched off', [all(ON), own(OFF)], 'GET', 'GET', 0],
    ['where only the TTL is named', [all({ ...ON, cacheTtlSeconds: 60 }), own({ cacheTtlSeconds: 5 })], 'GET', 'GET', 5],
    ['where another resource is named', [setting('/others', 'GET', ON)], 'GET', 'GET', 0],
  ])('%s', (_, methodSettings, declared, httpMethod, ttl) => {
    expect(effectiveSettings(stage({ methodSettings }), method('/things', declared)).cacheTtlSeconds(httpMethod)).toBe(ttl);
  });

  test('is 0 without a cache cluster', () => {
    const settings = effectiveSettings(stage({ cacheBytes: undefined, methodSettings: [all(ON)] }), method('/things', 'GET'));
    expect(settings.cacheTtlSeconds('GET')).toBe(0);
  });
});

test('a throttle needs a rate and a burst, and -1 is none', () => {
  const throttle = (throttlingRateLimit: number | undefined, throttlingBurstLimit: number | undefined) =>
    effectiveSettings(
      stage({ methodSettings: [setting('/*', '*', { throttlingRateLimit, throttlingBurstLimit })] }),
      method('/things', 'GET'),
    ).throttle;
  expect(throttle(10, 5)).toEqual({ rate: 10, burst: 5 });
  expect(throttle(0, 0)).toEqual({ rate: 0, burst: 0 });
  expect(throttle(-1, -1)).toBeUndefined();
  expect(throttle(10, undefined)).toBeUndefined();
});

test('a bucket lets a burst through, then its rate', () => {
  const bucket = new TokenBucket(2, 3, 0);
  expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false]);
  expect(bucket.take(499)).toBe(false);
  expect(bucket.take(500)).toBe(true);
  expect([10_000, 10_000, 10_000, 10_000].map((now) => bucket.take(now))).toEqual([true, true, true, false]);
});
