import { uncached } from '../../lambdas/platform/http/response';
import { createRouter } from '../../lambdas/platform/http/router';
import { defineRoute } from '../../lib/route';
import type { Method } from '../../local/gateway';
import type { InvokeResult } from '../../local/types';
import { gatewayHarness, ok } from '../support/gateway-harness';
import { method } from '../support/rest-api';

const harness = gatewayHarness();
const { clock, serve, send, signed } = harness;
const KEYED: Partial<Method> = { cacheKeyParameters: ['method.request.path.id', 'method.request.querystring.page'] };

describe('the stage cache', () => {
  const counts = () => {
    const { CacheHitCount, CacheMissCount, integrations } = harness.gateway.stats()[0]!.statistics;
    return { CacheHitCount, CacheMissCount, integrations };
  };

  test('replays a response with its headers until its TTL is over, and tells nobody', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    harness.answer = ({ path }) => ok(path, { 'Cache-Control': 's-maxage=30', ETag: '"1"', 'X-Tag': 'a,b' });
    const miss = await send('/things/7');
    clock.advance(59_999);
    const hit = await send('/things/7');
    expect(hit).toMatchObject({ status: 200, text: '/things/7' });
    expect(hit.headers).toMatchObject({ 'cache-control': 's-maxage=30', etag: '"1"', 'x-tag': 'a,b' });
    expect(Object.keys(hit.headers).sort()).toEqual(Object.keys(miss.headers).sort());
    expect(hit.headers['x-amzn-requestid']).not.toBe(miss.headers['x-amzn-requestid']);
    expect(counts()).toEqual({ CacheHitCount: 1, CacheMissCount: 1, integrations: 1 });
    clock.advance(1);
    await send('/things/7');
    expect(counts()).toEqual({ CacheHitCount: 1, CacheMissCount: 2, integrations: 2 });
  });

  test('serves one response for all query strings that are not in its key', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    const texts = [];
    for (const path of ['/things/7', '/things/7?sort=a', '/things/7?page=2', '/things/8']) texts.push((await send(path)).text);
    expect(texts).toEqual(['/things/7 1', '/things/7 1', '/things/7 2', '/things/8 3']);
  });

  test('serves the wrong thing where the path parameter is not in its key', async () => {
    await serve([method('/things/{id}', 'GET')]);
    await send('/things/7');
    expect((await send('/things/8')).text).toBe('/things/7 1');
  });

  test('stores what the function answers, errors too, and reads no Cache-Control of it', async () => {
    await serve([method('/things', 'GET')]);
    harness.answer = () => ok('busy', { 'Cache-Control': 'no-store' }, 429);
    await send('/things');
    harness.answer = () => ok('fine');
    expect(await send('/things')).toMatchObject({ status: 429, text: 'busy' });
  });

  test('leaves other methods than GET alone', async () => {
    await serve([method('/things', 'ANY')]);
    for (const httpMethod of ['POST', 'POST', 'HEAD', 'GET', 'GET']) await send('/things', { method: httpMethod });
    expect(counts()).toEqual({ CacheHitCount: 1, CacheMissCount: 1, integrations: 4 });
  });

  test('refreshes one key for a caller who may invalidate it, and stores the fresh response', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    await send('/things/7');
    await send('/things/8');
    const headers = { 'Cache-Control': 'max-age=0', ...(await signed('purger', '/things/7')) };
    const fresh = await send('/things/7', { headers });
    expect(fresh.text).toBe('/things/7 3');
    expect(fresh.headers).not.toHaveProperty('warning');
    expect(harness.asked).toEqual([
      {
        action: 'execute-api:InvalidateCache',
        resource: 'arn:aws:execute-api:eu-west-1:000000000000:abc123def4/live/GET/things/7',
      },
    ]);
    expect((await send('/things/7')).text).toBe('/things/7 3');
    expect((await send('/things/8')).text).toBe('/things/8 2');
  });

  test.each([
    ['nobody signed', undefined, undefined],
    ['a role signed that may not', 'reader', '/things/7'],
    ['a function signed that is not in the template', 'stranger', '/things/7'],
    ['was signed for another path', 'purger', '/things/8'],
  ] as const)('answers a refresh that %s from the cache, with a warning', async (_, name, path) => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    await send('/things/7');
    const headers = name === undefined ? {} : await signed(name, path);
    const warned = await send('/things/7', { headers: { 'Cache-Control': 'max-age=0', ...headers } });
    expect(warned.text).toBe('/things/7 1');
    expect(warned.headers.warning).toBe('199 Cache-control headers were ignored because the caller was unauthorized.');
    expect((await send('/things/7')).headers).not.toHaveProperty('warning');
  });

  describe('whose refreshes are guarded by UpdateStage', () => {
    const input = { restApiId: 'abc123def4', stageName: 'live' };
    const patch = (...operations: [path: string, value: string][]) =>
      harness.gateway.operations.apigateway!.UpdateStage!.handle(
        { ...input, patchOperations: operations.map(([path, value]) => ({ op: 'replace', path, value })) },
        {},
      );
    const refresh = () => send('/things/7', { headers: { 'Cache-Control': 'max-age=0' } });
    const STRATEGY = 'caching/unauthorizedCacheControlHeaderStrategy';
    const REQUIRED = 'caching/requireAuthorizationForCacheControl';

    beforeEach(async () => {
      await serve([method('/things/{id}', 'GET', KEYED)]);
      await send('/things/7');
    });

    test('refuses whoever may not, where it is told to, and keeps what it has', async () => {
      await patch(['/~1things~1{id}/GET/caching/unauthorizedCacheControlHeaderStrategy', 'FAIL_WITH_403']);
      expect((await refresh()).status).toBe(403);
      expect((await send('/things/7')).text).toBe('/things/7 1');
      const headers = { 'Cache-Control': 'max-age=0', ...(await signed('purger', '/things/7')) };
      expect((await send('/things/7', { headers })).text).toBe('/things/7 2');
    });

    test('answers from the cache without a warning, where it is told to', async () => {
      await patch([`/*/*/${STRATEGY}`, 'SUCCEED_WITHOUT_RESPONSE_HEADER']);
      const answer = await refresh();
      expect(answer.text).toBe('/things/7 1');
      expect(answer.headers).not.toHaveProperty('warning');
    });

    test('lets anybody refresh, where no authorisation is required; what is said of the method wins', async () => {
      await patch([`/*/*/${REQUIRED}`, 'false']);
      expect((await refresh()).text).toBe('/things/7 2');
      await patch([`/~1things~1{id}/GET/${REQUIRED}`, 'true']);
      expect((await refresh()).text).toBe('/things/7 2');
    });

    test.each([
      ['/cacheClusterSize', '1.6'],
      [`/*/*/${REQUIRED}`, 'maybe'],
      [`/*/*/${STRATEGY}`, 'IGNORE'],
    ])('refuses a patch of %s to %s', (path, value) => {
      expect(() => patch([path, value])).toThrow(/Invalid/);
    });
  });

  test('is emptied by FlushStageCache', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    await send('/things/7');
    const { FlushStageCache } = harness.gateway.operations.apigateway!;
    const input = { restApiId: 'abc123def4', stageName: 'live' };
    expect(FlushStageCache!.action).toBe('apigateway:DELETE');
    expect(FlushStageCache!.resources(input)).toEqual([
      'arn:aws:apigateway:eu-west-1::/restapis/abc123def4/stages/live/cache/data',
    ]);
    await FlushStageCache!.handle(input, {});
    expect((await send('/things/7')).text).toBe('/things/7 2');
    expect(() => FlushStageCache!.handle({ ...input, stageName: 'other' }, {})).toThrow('Invalid stage identifier specified');
  });

  test('is emptied later where a flush takes time', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)], {}, { flushDelayMilliseconds: 500 });
    await send('/things/7');
    await harness.gateway.operations.apigateway!.FlushStageCache!.handle({ restApiId: 'abc123def4', stageName: 'live' }, {});
    expect((await send('/things/7')).text).toBe('/things/7 1');
    clock.advance(500);
    expect((await send('/things/7')).text).toBe('/things/7 2');
  });

  test('stores a response that was on its way when it was flushed', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    let finish: (result: InvokeResult) => void = () => {};
    const invoked = new Promise<void>((resolve) => {
      harness.answer = () => {
        resolve();
        return new Promise((settle) => {
          finish = settle;
        });
      };
    });
    const slow = send('/things/7');
    await invoked;
    harness.gateway.flush('abc123def4', 'live');
    finish(ok('old'));
    await slow;
    harness.answer = () => ok('new');
    expect((await send('/things/7')).text).toBe('old');
  });

  test('does not collapse concurrent requests', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    let waiting = 0;
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    harness.answer = async ({ path }) => {
      waiting += 1;
      if (waiting === 3) open();
      await gate;
      return ok(path);
    };
    await Promise.all([1, 2, 3].map(() => send('/things/7', { agent: undefined })));
    expect(counts()).toEqual({ CacheHitCount: 0, CacheMissCount: 3, integrations: 3 });
  });
});

test('no request leaves an answer behind for others that have its key', async () => {
  const things = defineRoute({
    name: 'things',
    path: '/things',
    query: { country: { required: true } },
    freshness: { sharedTtlSeconds: 1000, gatewayTtlSeconds: 300, edgeTtlSeconds: 600 },
    tags: ['things'],
  });
  const thing = defineRoute({ ...things, name: 'thing', path: '/things/{id}', query: {} });
  const echo = async ({ parameters }: { parameters: object }) => uncached(200, { ...parameters });
  const router = createRouter([things, thing].map((route) => ({ route, GET: echo })));
  harness.answer = async (event) =>
    router(event as unknown as Parameters<typeof router>[0]).then(
      (response) => ({ payload: JSON.stringify(response) }),
      () => ({ payload: '{}', functionError: 'Unhandled' }),
    );
  await serve([
    method('/things', 'GET', { cacheKeyParameters: ['method.request.querystring.country'] }),
    method('/things/{id}', 'GET', { cacheKeyParameters: ['method.request.path.id'] }),
  ]);
  expect((await send('/things?country=XX&country=SE')).status).toBe(502);
  expect(await send('/things?country=SE')).toMatchObject({ status: 200, text: '{"country":"SE"}' });
  expect((await send('/things/7/')).text).toBe('{"id":"7"}');
  expect((await send('/things/7')).text).toBe('{"id":"7"}');
  expect((await send('/things/%zz')).status).toBe(400);
  expect((await send('/things/%25zz')).text).toBe('{"id":"%zz"}');
});
