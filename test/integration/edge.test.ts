import type * as http from 'node:http';
import * as zlib from 'node:zlib';
import { ALL } from '../../local/edge/cache-key';
import { behavior, cachePolicy, distribution, ORIGIN_HOST } from '../support/edge';
import { edgeHarness } from '../support/edge-harness';
import type { OriginAnswer } from '../support/origin-server';
import { until } from '../support/product-context';

describe('the edge, before a real origin', () => {
  const harness = edgeHarness();
  const { start, startWith, request, xCache, versions, invalidate } = harness;

  describe('hits and misses', () => {
    test('a miss, then a hit with an Age, then a miss when it has expired', async () => {
      versions();
      await start();
      const first = await request('/p');
      expect(first).toMatchObject({ status: 200, text: 'v1', headers: { 'x-cache': 'Miss from cloudfront' } });
      expect(first.headers).not.toHaveProperty('age');
      expect(first.headers['x-amz-cf-pop']).toMatch(/^LOC/);
      expect(first.headers.via).toMatch(/^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
      harness.clock.advance(7500);
      const second = await request('/p');
      expect(second).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront', age: '7' } });
      expect(second.headers['x-amz-cf-id']).toHaveLength(56);
      expect(second.headers['x-amz-cf-id']).not.toBe(first.headers['x-amz-cf-id']);
      harness.clock.advance(52_499);
      expect(await xCache('/p')).toBe('Hit from cloudfront');
      harness.clock.advance(1);
      expect(await request('/p')).toMatchObject({ text: 'v2', headers: { 'x-cache': 'Miss from cloudfront' } });
      expect(harness.edge.stats()).toMatchObject({ hits: 2, misses: 2, originRequests: 2 });
    });

    test('asks the origin below its path, by its own name', async () => {
      await start();
      await request('/a/b?c=1', { headers: { 'user-agent': 'viewer' } });
      expect(harness.upstream.hits[0]).toMatchObject({
        url: '/live/a/b?c=1',
        headers: { host: ORIGIN_HOST, 'user-agent': 'Amazon CloudFront' },
      });
    });

    test('what a viewer says of caching changes nothing', async () => {
      versions();
      await start();
      await request('/p');
      const headers = { 'cache-control': 'no-cache', pragma: 'no-cache' };
      expect(await request('/p', { headers })).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront' } });
    });

    test('query strings, headers and cookies make a key only where the policy names them', async () => {
      versions();
      const listed = (name: string) => ({ behavior: 'listed' as const, names: new Set([name]) });
      await startWith({
        cachePolicy: cachePolicy({ queryStrings: listed('q'), headers: listed('x-key'), cookies: listed('c') }),
      });
      const get = async (path: string, headers: Record<string, string> = {}) => (await request(path, { headers })).text;
      expect(await get('/p?q=1&other=1')).toBe('v1');
      expect(await get('/p?other=2&q=1')).toBe('v1');
      expect(await get('/p?q=2')).toBe('v2');
      expect(await get('/p?q=1', { 'x-key': 'a' })).toBe('v3');
      expect(await get('/p?q=1', { 'x-key': 'a', 'x-other': 'b' })).toBe('v3');
      expect(await get('/p?q=1', { cookie: 'c=1' })).toBe('v4');
      expect(await get('/p?q=1', { cookie: 'z=1; c=1' })).toBe('v4');
      expect(await get('/P?q=1')).toBe('v5');
      expect(harness.upstream.hits.map(({ url }) => url)).toContain('/live/p?q=1');
    });

    test('HEAD and GET share an object', async () => {
      versions();
      await start();
      const head = await request('/p', { method: 'HEAD' });
      expect(head).toMatchObject({ text: '', headers: { 'content-length': '2', 'x-cache': 'Miss from cloudfront' } });
      expect(await request('/p')).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront' } });
      expect(harness.upstream.hits.map(({ method }) => method)).toEqual(['GET']);
    });

    test('CachingDisabled, private and other methods are never stored', async () => {
      versions({ 'Cache-Control': 'private' });
      const uncached = cachePolicy({ defaultTtlSeconds: 0, maxTtlSeconds: 0 });
      await start({ behaviors: [behavior({ pathPattern: '/off', cachePolicy: uncached }), behavior()] });
      for (const [path, method] of [
        ['/off', 'GET'],
        ['/p', 'GET'],
        ['/p', 'PATCH'],
      ] as const) {
        for (let i = 0; i < 2; i += 1) expect(await xCache(path, { method })).toBe('Miss from cloudfront');
      }
      expect(harness.edge.entries()).toEqual([]);
      expect(harness.upstream.hits).toHaveLength(6);
    });

    test('a body reaches the origin', async () => {
      await start();
      const body = JSON.stringify({ text: 'ä'.repeat(50_000) });
      await request('/p', { method: 'PATCH', body, headers: { 'content-type': 'application/json' } });
      expect(harness.upstream.hits[0]).toMatchObject({ method: 'PATCH', body, headers: { 'content-type': 'application/json' } });
    });
  });

  describe('collapsing', () => {
    test('1000 concurrent requests for one cold key are one request to the origin', async () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      harness.upstream.answer = async () => {
        await opened;
        return { headers: { 'Cache-Control': 'max-age=60' }, body: 'shared' };
      };
      await start();
      const all = Promise.all(Array.from({ length: 1000 }, () => request('/cold')));
      await until(() => harness.upstream.hits.length > 0, 'the first request is at the origin');
      open();
      expect(new Set((await all).map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 shared']));
      expect(harness.upstream.hits).toHaveLength(1);
      const { hits, misses, originRequests } = harness.edge.stats();
      expect([hits + misses, originRequests]).toEqual([1000, 1]);
    });

    test('what the origin calls private is not shared', async () => {
      harness.upstream.answer = () => ({ headers: { 'Cache-Control': 'private' }, body: 'own' });
      await start();
      await Promise.all(Array.from({ length: 20 }, () => request('/p')));
      expect(harness.upstream.hits).toHaveLength(20);
    });
  });

  describe('revalidation', () => {
    test('asks with the validators, and a 304 makes it fresh', async () => {
      harness.upstream.answer = ({ headers }): OriginAnswer =>
        headers['if-none-match'] === '"a"'
          ? { status: 304, headers: { ETag: '"a"', 'Cache-Control': 'max-age=20', 'X-New': '1' } }
          : { headers: { ETag: '"a"', 'Cache-Control': 'max-age=10' }, body: 'body' };
      await start();
      await request('/p');
      harness.clock.advance(10_000);
      const refreshed = await request('/p');
      expect(refreshed).toMatchObject({
        status: 200,
        text: 'body',
        headers: { 'x-cache': 'RefreshHit from cloudfront', 'x-new': '1' },
      });
      harness.clock.advance(19_000);
      expect(await request('/p')).toMatchObject({ text: 'body', headers: { 'x-cache': 'Hit from cloudfront', age: '19' } });
      expect(harness.edge.stats()).toMatchObject({ refreshHits: 1, originRequests: 2 });
    });

    test('a viewer with a good copy gets 304, and one that wants a part gets 206', async () => {
      harness.upstream.answer = () => ({ headers: { ETag: '"a"', 'Content-Type': 'text/plain' }, body: '0123456789' });
      await start();
      expect(await request('/p', { headers: { 'if-none-match': '"a"' } })).toMatchObject({ status: 304, text: '' });
      const part = await request('/p', { headers: { range: 'bytes=2-4' } });
      expect(part).toMatchObject({
        status: 206,
        text: '234',
        headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' },
      });
      expect(await request('/p', { headers: { range: 'bytes=20-' } })).toMatchObject({ status: 416 });
      expect(harness.upstream.hits).toHaveLength(1);
    });

    test('stale-while-revalidate answers at once and fetches behind', async () => {
      versions({ 'Cache-Control': 'max-age=10, stale-while-revalidate=30' });
      await start();
      await request('/p');
      harness.clock.advance(15_000);
      expect(await request('/p')).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront' } });
      await until(() => harness.edge.entries()[0]?.storedAt === harness.clock.now(), 'the new object is stored');
      expect(await request('/p')).toMatchObject({ text: 'v2', headers: { 'x-cache': 'Hit from cloudfront' } });
      harness.clock.advance(41_000);
      expect(await request('/p')).toMatchObject({ text: 'v3', headers: { 'x-cache': 'Miss from cloudfront' } });
    });
  });

  describe('what viewers get', () => {
    test('what a response headers policy says, with a Server-Timing header', async () => {
      harness.upstream.answer = () => ({ headers: { 'Cache-Tag': 'a', 'Server-Timing': 'db;dur=5' }, body: 'x' });
      await startWith({
        responseHeadersPolicy: {
          name: 'test',
          removes: ['cache-tag'],
          rules: [{ name: 'X-Added', value: '1', override: true }],
          serverTimingRate: 1,
        },
      });
      const miss = await request('/p');
      expect(miss.headers).toMatchObject({ 'x-added': '1' });
      expect(miss.headers).not.toHaveProperty('cache-tag');
      expect(miss.headers['server-timing']).toMatch(/^cdn-upstream-layer;desc="EDGE",.*,cdn-cache-miss,.*,db;dur=5$/);
      const hit = await request('/p');
      expect(hit.headers['server-timing']).toMatch(
        /^cdn-cache-hit,cdn-pop;desc="LOC[^"]*",cdn-rid;desc="[^"]{56}",cdn-hit-layer;desc="EDGE",/,
      );
      expect(hit.headers['server-timing']).not.toContain('db');
      expect(harness.edge.entries()[0]?.tags).toEqual(['a']);
    });

    test('Server-Timing at a rate of 0 only for who asks', async () => {
      await startWith({ responseHeadersPolicy: { name: 'test', removes: [], rules: [], serverTimingRate: 0 } });
      expect((await request('/p')).headers).not.toHaveProperty('server-timing');
      expect((await request('/p', { headers: { pragma: 'server-timing' } })).headers).toHaveProperty('server-timing');
    });

    test('compressed objects, apart from the others', async () => {
      const text = 'text '.repeat(1000);
      harness.upstream.answer = () => ({
        headers: { 'Content-Type': 'text/plain', 'Content-Length': String(text.length) },
        body: text,
      });
      await startWith({ compress: true, cachePolicy: cachePolicy({ acceptBrotli: true, acceptGzip: true }) });
      const packed = await request('/p', { headers: { 'accept-encoding': 'br, gzip' } });
      expect(packed.headers['content-encoding']).toBe('br');
      expect(zlib.brotliDecompressSync(packed.body).toString()).toBe(text);
      expect((await request('/p')).text).toBe(text);
      expect(harness.edge.entries()).toHaveLength(2);
    });

    test.each<[string, string, http.RequestOptions & { body?: string }, number]>([
      ['a method that is not allowed', '/p', { method: 'DELETE' }, 403],
      ['a GET with a body', '/p', { method: 'GET', body: 'x', headers: { 'content-length': '1' } }, 403],
      ['a URL that is too long', `/${'a'.repeat(8192)}`, {}, 413],
      ['a request that is too large', '/p', { headers: { 'x-large': 'a'.repeat(21_000) } }, 413],
    ])('%s: an error of the edge', async (_, path, options, status) => {
      await startWith({ allowedMethods: ['GET', 'HEAD'] });
      expect(await request(path, options)).toMatchObject({ status, headers: { 'x-cache': 'Error from cloudfront' } });
      expect(harness.upstream.hits).toEqual([]);
    });

    test('403 of a distribution that is not enabled', async () => {
      await start({ enabled: false });
      expect(await request('/p')).toMatchObject({ status: 403 });
    });

    test('the default root object at /', async () => {
      await start({ defaultRootObject: 'index.html' });
      await request('/');
      expect(harness.upstream.hits[0]?.url).toBe('/live/index.html');
    });

    test('what functions make of requests and responses', async () => {
      await startWith({
        functions: {
          viewerRequest: {
            name: 'request',
            code: `function handler(e) {
              if (e.request.uri === '/moved') return { statusCode: 301, headers: { location: { value: '/p' } } };
              e.request.uri = e.request.uri.toLowerCase();
              return e.request;
            }`,
          },
          viewerResponse: {
            name: 'response',
            code: `function handler(e) { e.response.headers['x-fn'] = { value: e.request.uri }; return e.response; }`,
          },
        },
      });
      const moved = await request('/moved');
      expect(moved).toMatchObject({
        status: 301,
        headers: { location: '/p', 'x-cache': 'FunctionGeneratedResponse from cloudfront' },
      });
      expect(await request('/PATH')).toMatchObject({ text: 'origin', headers: { 'x-fn': '/path' } });
      expect(await xCache('/Path')).toBe('Hit from cloudfront');
    });

    test('503 where a function fails', async () => {
      await startWith({ functions: { viewerRequest: { name: 'f', code: 'function handler() { throw 1; }' } } });
      expect(await request('/p')).toMatchObject({ status: 503 });
      expect(harness.context.lines.join()).toContain("function 'f'");
    });
  });

  describe('the start', () => {
    test('stops where no local server stands for an origin', async () => {
      harness.context.registry.origins.clear();
      await expect(start()).rejects.toThrow(`origin 'api' of distribution 'Stack/Distribution' is at '${ORIGIN_HOST}'`);
    });

    test('stops where the port is taken, and names it', async () => {
      const port = Number(new URL(harness.upstreamUrl).port);
      await expect(harness.create([distribution()], port).start()).rejects.toThrow(`port ${port}, for the edge, is in use`);
    });

    test('gives each distribution a server, a store and invalidations of its own', async () => {
      const second = distribution({
        id: 'E2',
        name: 'Stack/Second',
        behaviors: [behavior({ cachePolicy: cachePolicy({ queryStrings: ALL }) })],
      });
      await harness.create([distribution(), second]).start();
      const [first, other] = [...harness.edge.urls.values()] as [string, string];
      expect(harness.edge.url).toBe(first);
      await request('/p');
      expect(harness.edge.entries('E2')).toEqual([]);
      await fetch(`${other}/p`);
      expect([harness.edge.stats('E2').misses, harness.edge.stats().misses]).toEqual([1, 2]);
      invalidate('r', '/*');
      harness.clock.advance(5000);
      expect([harness.edge.entries('E0123456789ABC').length, harness.edge.entries('E2').length]).toEqual([0, 1]);
    });
  });
});
