import * as http from 'node:http';
import * as zlib from 'node:zlib';
import { createEdge, type Edge } from '../../local/edge';
import { ALL } from '../../local/edge/cache-key';
import type { BehaviorOptions, DistributionOptions } from '../../local/edge/options';
import { behavior, cachePolicy, distribution, ORIGIN_HOST, origin } from '../support/edge';
import { ManualClock } from '../support/manual-clock';
import { type OriginAnswer, OriginServer } from '../support/origin-server';
import { productContext, until } from '../support/product-context';

interface Got {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

describe('the edge, before a real origin', () => {
  let upstream: OriginServer;
  let upstreamUrl: string;
  let clock: ManualClock;
  let context: ReturnType<typeof productContext>;
  let edge: Edge;
  let agent: http.Agent;

  beforeEach(async () => {
    upstream = new OriginServer();
    upstreamUrl = await upstream.start();
    clock = new ManualClock();
    context = productContext({ clock });
    context.registry.origins.set(ORIGIN_HOST, upstreamUrl);
    agent = new http.Agent({ keepAlive: true });
  });

  afterEach(async () => {
    await edge?.dispose();
    await upstream.stop();
    agent.destroy();
    context.cleanUp();
    expect(clock.pending).toBe(0);
  });

  async function start(parts: Partial<DistributionOptions> = {}): Promise<void> {
    edge = createEdge({ distributions: [distribution(parts)] }, context, { port: 0 });
    await edge.start();
  }

  const startWith = (parts: Partial<BehaviorOptions>) => start({ behaviors: [behavior(parts)] });

  function request(path: string, options: http.RequestOptions & { body?: string } = {}): Promise<Got> {
    return new Promise((resolve, reject) => {
      const sent = http.request(`${edge.url}${path}`, { agent, ...options }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks);
          resolve({ status: response.statusCode as number, headers: response.headers, body, text: body.toString() });
        });
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(options.body);
    });
  }

  const xCache = async (path: string, options?: http.RequestOptions) => (await request(path, options)).headers['x-cache'];
  const versions = (headers: Record<string, string> = {}) => {
    let version = 0;
    upstream.answer = () => {
      version += 1;
      return { headers: { 'Cache-Control': 's-maxage=60', ...headers }, body: `v${version}` };
    };
  };
  // biome-ignore lint/suspicious/noExplicitAny: answers in the SDK's shape
  const api = (name: string, input: object): any =>
    edge.operations.cloudfront?.[name]?.handle({ DistributionId: 'E0123456789ABC', ...input }, {});
  const invalidate = (reference: string, ...Items: string[]) =>
    api('CreateInvalidation', { InvalidationBatch: { CallerReference: reference, Paths: { Quantity: Items.length, Items } } })
      .Invalidation;

  describe('hits and misses', () => {
    test('a miss, then a hit with an Age, then a miss when it has expired', async () => {
      versions();
      await start();
      const first = await request('/p');
      expect(first).toMatchObject({ status: 200, text: 'v1', headers: { 'x-cache': 'Miss from cloudfront' } });
      expect(first.headers).not.toHaveProperty('age');
      expect(first.headers['x-amz-cf-pop']).toMatch(/^LOC/);
      expect(first.headers.via).toMatch(/^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
      clock.advance(7500);
      const second = await request('/p');
      expect(second).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront', age: '7' } });
      expect(second.headers['x-amz-cf-id']).toHaveLength(56);
      expect(second.headers['x-amz-cf-id']).not.toBe(first.headers['x-amz-cf-id']);
      clock.advance(52_499);
      expect(await xCache('/p')).toBe('Hit from cloudfront');
      clock.advance(1);
      expect(await request('/p')).toMatchObject({ text: 'v2', headers: { 'x-cache': 'Miss from cloudfront' } });
      expect(edge.stats()).toMatchObject({ hits: 2, misses: 2, originRequests: 2 });
    });

    test('asks the origin below its path, by its own name', async () => {
      await start();
      await request('/a/b?c=1', { headers: { 'user-agent': 'viewer' } });
      expect(upstream.hits[0]).toMatchObject({
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
      expect(upstream.hits.map(({ url }) => url)).toContain('/live/p?q=1');
    });

    test('HEAD and GET share an object', async () => {
      versions();
      await start();
      const head = await request('/p', { method: 'HEAD' });
      expect(head).toMatchObject({ text: '', headers: { 'content-length': '2', 'x-cache': 'Miss from cloudfront' } });
      expect(await request('/p')).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront' } });
      expect(upstream.hits.map(({ method }) => method)).toEqual(['GET']);
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
      expect(edge.entries()).toEqual([]);
      expect(upstream.hits).toHaveLength(6);
    });

    test('a body reaches the origin', async () => {
      await start();
      const body = JSON.stringify({ text: 'ä'.repeat(50_000) });
      await request('/p', { method: 'PATCH', body, headers: { 'content-type': 'application/json' } });
      expect(upstream.hits[0]).toMatchObject({ method: 'PATCH', body, headers: { 'content-type': 'application/json' } });
    });
  });

  describe('collapsing', () => {
    test('1000 concurrent requests for one cold key are one request to the origin', async () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      upstream.answer = async () => {
        await opened;
        return { headers: { 'Cache-Control': 'max-age=60' }, body: 'shared' };
      };
      await start();
      const all = Promise.all(Array.from({ length: 1000 }, () => request('/cold')));
      await until(() => upstream.hits.length > 0, 'the first request is at the origin');
      open();
      expect(new Set((await all).map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 shared']));
      expect(upstream.hits).toHaveLength(1);
      const { hits, misses, originRequests } = edge.stats();
      expect([hits + misses, originRequests]).toEqual([1000, 1]);
    });

    test('what the origin calls private is not shared', async () => {
      upstream.answer = () => ({ headers: { 'Cache-Control': 'private' }, body: 'own' });
      await start();
      await Promise.all(Array.from({ length: 20 }, () => request('/p')));
      expect(upstream.hits).toHaveLength(20);
    });
  });

  describe('revalidation', () => {
    test('asks with the validators, and a 304 makes it fresh', async () => {
      upstream.answer = ({ headers }): OriginAnswer =>
        headers['if-none-match'] === '"a"'
          ? { status: 304, headers: { ETag: '"a"', 'Cache-Control': 'max-age=20', 'X-New': '1' } }
          : { headers: { ETag: '"a"', 'Cache-Control': 'max-age=10' }, body: 'body' };
      await start();
      await request('/p');
      clock.advance(10_000);
      const refreshed = await request('/p');
      expect(refreshed).toMatchObject({
        status: 200,
        text: 'body',
        headers: { 'x-cache': 'RefreshHit from cloudfront', 'x-new': '1' },
      });
      clock.advance(19_000);
      expect(await request('/p')).toMatchObject({ text: 'body', headers: { 'x-cache': 'Hit from cloudfront', age: '19' } });
      expect(edge.stats()).toMatchObject({ refreshHits: 1, originRequests: 2 });
    });

    test('a viewer with a good copy gets 304, and one that wants a part gets 206', async () => {
      upstream.answer = () => ({ headers: { ETag: '"a"', 'Content-Type': 'text/plain' }, body: '0123456789' });
      await start();
      expect(await request('/p', { headers: { 'if-none-match': '"a"' } })).toMatchObject({ status: 304, text: '' });
      const part = await request('/p', { headers: { range: 'bytes=2-4' } });
      expect(part).toMatchObject({
        status: 206,
        text: '234',
        headers: { 'content-range': 'bytes 2-4/10', 'content-length': '3' },
      });
      expect(await request('/p', { headers: { range: 'bytes=20-' } })).toMatchObject({ status: 416 });
      expect(upstream.hits).toHaveLength(1);
    });

    test('stale-while-revalidate answers at once and fetches behind', async () => {
      versions({ 'Cache-Control': 'max-age=10, stale-while-revalidate=30' });
      await start();
      await request('/p');
      clock.advance(15_000);
      expect(await request('/p')).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Hit from cloudfront' } });
      await until(() => edge.entries()[0]?.storedAt === clock.now(), 'the new object is stored');
      expect(await request('/p')).toMatchObject({ text: 'v2', headers: { 'x-cache': 'Hit from cloudfront' } });
      clock.advance(41_000);
      expect(await request('/p')).toMatchObject({ text: 'v3', headers: { 'x-cache': 'Miss from cloudfront' } });
    });
  });

  describe('errors', () => {
    const failing = (status: number, headers: Record<string, string> = {}) => {
      upstream.answer = () => ({ status, headers, body: `error ${status}` });
    };

    test('are cached for the error caching minimum TTL of their status', async () => {
      failing(404);
      await start({ customErrors: [{ errorCode: 404, cachingMinTtlSeconds: 3 }] });
      const first = await request('/p');
      expect(first).toMatchObject({ status: 404, text: 'error 404', headers: { 'x-cache': 'Error from cloudfront' } });
      clock.advance(2999);
      expect(await request('/p')).toMatchObject({ status: 404, headers: { 'x-cache': 'Error from cloudfront', age: '2' } });
      expect(upstream.hits).toHaveLength(1);
      clock.advance(1);
      await request('/p');
      expect(upstream.hits).toHaveLength(2);
    });

    test('are not cached with a minimum of 0', async () => {
      failing(500);
      await start({ customErrors: [{ errorCode: 500, cachingMinTtlSeconds: 0 }] });
      for (let i = 0; i < 2; i += 1) expect(await request('/p')).toMatchObject({ status: 500 });
      expect(upstream.hits).toHaveLength(2);
      expect(edge.entries()).toEqual([]);
    });

    test('an expired object is served in place of a 5xx, and the origin is left alone for a while', async () => {
      versions();
      await start();
      await request('/p');
      clock.advance(60_000);
      failing(503);
      expect(await request('/p')).toMatchObject({
        status: 200,
        text: 'v1',
        headers: { 'x-cache': 'RefreshHit from cloudfront', age: '60' },
      });
      expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      expect(upstream.hits).toHaveLength(2);
      clock.advance(10_000);
      expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      expect(upstream.hits).toHaveLength(3);
      clock.advance(10_000);
      versions();
      expect(await request('/p')).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Miss from cloudfront' } });
      expect(edge.stats().staleOnError).toBe(2);
    });

    test('stale-if-error bounds that, and asks the origin each time', async () => {
      versions({ 'Cache-Control': 'max-age=10, stale-if-error=20' });
      await start();
      await request('/p');
      clock.advance(29_000);
      failing(500);
      for (let i = 0; i < 2; i += 1) expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      expect(upstream.hits).toHaveLength(3);
      clock.advance(1000);
      expect(await request('/p')).toMatchObject({ status: 500 });
    });

    test('a 4xx takes the place of an expired object', async () => {
      versions();
      await start();
      await request('/p');
      clock.advance(60_000);
      failing(404);
      expect(await request('/p')).toMatchObject({ status: 404, text: 'error 404' });
    });

    test('an origin that is down is 502, and an expired object is served in its place', async () => {
      versions();
      await start({ origins: [origin({ connectionAttempts: 3 })] });
      await request('/p');
      await upstream.stop();
      clock.advance(60_000);
      expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      const error = await request('/other');
      expect(error).toMatchObject({ status: 502, headers: { 'x-cache': 'Error from cloudfront', server: 'CloudFront' } });
      expect(error.text).toContain('could not be satisfied');
    });

    test('an origin that breaks the connection is asked again for GET, and never for PATCH', async () => {
      upstream.answer = () => 'drop';
      await start({ origins: [origin({ connectionAttempts: 3 })] });
      expect(await request('/p')).toMatchObject({ status: 502 });
      expect(upstream.hits).toHaveLength(3);
      expect(await request('/p', { method: 'PATCH', body: '{}' })).toMatchObject({ status: 502 });
      expect(upstream.hits).toHaveLength(4);
    });

    test('an origin that is silent is 504 after its read timeout', async () => {
      upstream.answer = () => 'silent';
      await start({ origins: [origin({ readTimeoutSeconds: 7 })] });
      const answer = request('/p');
      await until(() => upstream.hits.length === 1, 'the request is at the origin');
      clock.advance(7000);
      expect(await answer).toMatchObject({ status: 504 });
      await request('/p');
      expect(upstream.hits).toHaveLength(1);
    });

    test('a page of the distribution stands in for an error, and is cached as long', async () => {
      upstream.answer = ({ url }) => (url === '/live/sorry.html' ? { body: 'sorry' } : { status: 500, body: 'stack trace' });
      await start({
        customErrors: [{ errorCode: 500, cachingMinTtlSeconds: 5, responseCode: 503, responsePagePath: '/sorry.html' }],
      });
      for (let i = 0; i < 2; i += 1) {
        expect(await request('/p')).toMatchObject({
          status: 503,
          text: 'sorry',
          headers: { 'x-cache': 'Error from cloudfront' },
        });
      }
      expect(upstream.hits.map(({ url }) => url)).toEqual(['/live/p', '/live/sorry.html']);
    });

    test('the second origin of a group answers where the first fails', async () => {
      upstream.answer = ({ url }) => (url.startsWith('/second') ? { body: 'second' } : { status: 503 });
      await start({
        origins: [origin({ id: 'first' }), origin({ id: 'second', path: '/second' })],
        originGroups: [{ id: 'group', members: ['first', 'second'], statusCodes: [503] }],
        behaviors: [behavior({ originId: 'group' })],
      });
      expect(await request('/p')).toMatchObject({ status: 200, text: 'second' });
      expect(await request('/p', { method: 'PATCH' })).toMatchObject({ status: 503 });
    });
  });

  describe('invalidation', () => {
    const tagged = () => {
      let version = 0;
      upstream.answer = ({ url }) => {
        version += 1;
        return {
          headers: { 'Cache-Control': 'max-age=3600', 'Cache-Tag': `All, path:${url.replace('/live', '')}` },
          body: `v${version}`,
        };
      };
    };

    test('by tag takes effect after a delay, and completes later', async () => {
      tagged();
      await start();
      for (const path of ['/a', '/b']) await request(path);
      const { Id, Status } = invalidate('r', '#PATH:/a');
      expect(Status).toBe('InProgress');
      expect(await xCache('/a')).toBe('Hit from cloudfront');
      clock.advance(1499);
      expect(await xCache('/a')).toBe('Hit from cloudfront');
      clock.advance(1);
      expect(await xCache('/a')).toBe('Miss from cloudfront');
      expect(await xCache('/b')).toBe('Hit from cloudfront');
      expect(api('GetInvalidation', { Id }).Invalidation.Status).toBe('InProgress');
      clock.advance(2500);
      expect(api('GetInvalidation', { Id }).Invalidation.Status).toBe('Completed');
      expect(edge.stats()).toMatchObject({ inProgressMax: 1, wildcardsMax: 0, acceptedItems: 1 });
    });

    test.each<[string, string, string[]]>([
      ['by path', '/a', ['/a?q=1', '/a/b', '/c']],
      ['by path with a query string', '/a?q=1', ['/a', '/a/b', '/c']],
      ['by wildcard', '/a*', ['/c']],
      ['of everything', '/*', []],
      ['by a tag that all have', '#all', []],
      ['by a tag that none has', '#none', ['/a', '/a?q=1', '/a/b', '/c']],
    ])('%s (%s) leaves %j', async (_, item, left) => {
      tagged();
      await start();
      for (const path of ['/a', '/a?q=1', '/a/b', '/c']) await request(path);
      invalidate('r', item);
      clock.advance(5000);
      expect(edge.entries().map(({ url }) => url)).toEqual(left);
    });

    test('drops every variant of a path', async () => {
      versions();
      await startWith({ cachePolicy: cachePolicy({ headers: { behavior: 'listed', names: new Set(['x-key']) } }) });
      for (const key of ['a', 'b']) await request('/p', { headers: { 'x-key': key } });
      expect(edge.entries()).toHaveLength(2);
      invalidate('r', '/p');
      clock.advance(5000);
      expect(edge.entries()).toEqual([]);
    });

    test('does not stop a fetch that began before it from being stored', async () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      upstream.answer = async () => {
        await opened;
        return { headers: { 'Cache-Control': 'max-age=60' }, body: 'old' };
      };
      await start();
      const fetching = request('/p');
      await until(() => upstream.hits.length === 1, 'the request is at the origin');
      invalidate('r', '/p');
      clock.advance(5000);
      open();
      await fetching;
      expect(await request('/p')).toMatchObject({ text: 'old', headers: { 'x-cache': 'Hit from cloudfront' } });
    });

    test('disposal ends what is in progress', async () => {
      await start();
      invalidate('r', '/*');
      expect(clock.pending).toBe(2);
      await edge.dispose();
      expect(clock.pending).toBe(0);
    });
  });

  describe('what viewers get', () => {
    test('what a response headers policy says, with a Server-Timing header', async () => {
      upstream.answer = () => ({ headers: { 'Cache-Tag': 'a', 'Server-Timing': 'db;dur=5' }, body: 'x' });
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
      expect(edge.entries()[0]?.tags).toEqual(['a']);
    });

    test('Server-Timing at a rate of 0 only for who asks', async () => {
      await startWith({ responseHeadersPolicy: { name: 'test', removes: [], rules: [], serverTimingRate: 0 } });
      expect((await request('/p')).headers).not.toHaveProperty('server-timing');
      expect((await request('/p', { headers: { pragma: 'server-timing' } })).headers).toHaveProperty('server-timing');
    });

    test('compressed objects, apart from the others', async () => {
      const text = 'text '.repeat(1000);
      upstream.answer = () => ({ headers: { 'Content-Type': 'text/plain', 'Content-Length': String(text.length) }, body: text });
      await startWith({ compress: true, cachePolicy: cachePolicy({ acceptBrotli: true, acceptGzip: true }) });
      const packed = await request('/p', { headers: { 'accept-encoding': 'br, gzip' } });
      expect(packed.headers['content-encoding']).toBe('br');
      expect(zlib.brotliDecompressSync(packed.body).toString()).toBe(text);
      expect((await request('/p')).text).toBe(text);
      expect(edge.entries()).toHaveLength(2);
    });

    test.each<[string, string, http.RequestOptions & { body?: string }, number]>([
      ['a method that is not allowed', '/p', { method: 'DELETE' }, 403],
      ['a GET with a body', '/p', { method: 'GET', body: 'x', headers: { 'content-length': '1' } }, 403],
      ['a URL that is too long', `/${'a'.repeat(8192)}`, {}, 413],
      ['a request that is too large', '/p', { headers: { 'x-large': 'a'.repeat(21_000) } }, 413],
    ])('%s: an error of the edge', async (_, path, options, status) => {
      await startWith({ allowedMethods: ['GET', 'HEAD'] });
      expect(await request(path, options)).toMatchObject({ status, headers: { 'x-cache': 'Error from cloudfront' } });
      expect(upstream.hits).toEqual([]);
    });

    test('403 of a distribution that is not enabled', async () => {
      await start({ enabled: false });
      expect(await request('/p')).toMatchObject({ status: 403 });
    });

    test('the default root object at /', async () => {
      await start({ defaultRootObject: 'index.html' });
      await request('/');
      expect(upstream.hits[0]?.url).toBe('/live/index.html');
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
      expect(context.lines.join()).toContain("function 'f'");
    });
  });

  describe('the start', () => {
    test('stops where no local server stands for an origin', async () => {
      context.registry.origins.clear();
      await expect(start()).rejects.toThrow(`origin 'api' of distribution 'Stack/Distribution' is at '${ORIGIN_HOST}'`);
    });

    test('stops where the port is taken, and names it', async () => {
      const port = Number(new URL(upstreamUrl).port);
      edge = createEdge({ distributions: [distribution()] }, context, { port });
      await expect(edge.start()).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
    });

    test('gives each distribution a server, a store and invalidations of its own', async () => {
      const second = distribution({
        id: 'E2',
        name: 'Stack/Second',
        behaviors: [behavior({ cachePolicy: cachePolicy({ queryStrings: ALL }) })],
      });
      edge = createEdge({ distributions: [distribution(), second] }, context, { port: 0 });
      await edge.start();
      const [first, other] = [...edge.urls.values()] as [string, string];
      expect(edge.url).toBe(first);
      await request('/p');
      expect(edge.entries('E2')).toEqual([]);
      await fetch(`${other}/p`);
      expect([edge.stats('E2').misses, edge.stats().misses]).toEqual([1, 2]);
      invalidate('r', '/*');
      clock.advance(5000);
      expect([edge.entries('E0123456789ABC').length, edge.entries('E2').length]).toEqual([0, 1]);
    });
  });
});
