import { proxyResponse } from '../../../local/gateway/response';
import { cacheKey, StageCache } from '../../../local/gateway/stage-cache';
import { retainedBytes } from '../../support/heap';
import { method, request } from '../../support/rest-api';

function fill(cache: StageCache, count: number, body: number, headers: number): StageCache {
  const keyed = method('/things/{id}', 'GET', { cacheKeyParameters: ['method.request.path.id'] });
  for (let i = 0; i < count; i += 1) {
    const fields = Object.fromEntries(
      Array.from({ length: headers }, (_, header) => [`x-header-${header}`, `a value of answer ${i}`]),
    );
    const payload = JSON.stringify({ statusCode: 200, headers: fields, body: 'x'.repeat(body) });
    const key = cacheKey(keyed, request('GET', `/things/${i}`), { id: String(i) });
    cache.set(key, proxyResponse(payload) as NonNullable<ReturnType<typeof proxyResponse>>, 60, 0);
  }
  return cache;
}

test.each<[string, number, number, number]>([
  ['empty answers', 20_000, 0, 0],
  ['small answers', 10_000, 200, 3],
  ['answers with many headers', 3000, 500, 25],
  ['large answers', 200, 100_000, 5],
])('%s take what is counted, within 1.3 times', (_, count, body, headers) => {
  const cache = new StageCache(2 ** 40);
  const taken = retainedBytes(() => fill(cache, count, body, headers)) / cache.bytes;
  expect(taken).toBeLessThan(1.3);
  expect(taken).toBeGreaterThan(1 / 1.3);
});
