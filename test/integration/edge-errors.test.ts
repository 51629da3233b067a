import { behavior, cachePolicy, origin } from '../support/edge';
import { edgeHarness } from '../support/edge-harness';
import { until } from '../support/product-context';

describe('the edge, before a real origin', () => {
  const harness = edgeHarness();
  const { start, startWith, request, xCache, versions, api, invalidate } = harness;

  describe('errors', () => {
    const failing = (status: number, headers: Record<string, string> = {}) => {
      harness.upstream.answer = () => ({ status, headers, body: `error ${status}` });
    };

    test('are cached for the error caching minimum TTL of their status', async () => {
      failing(404);
      await start({ customErrors: [{ errorCode: 404, cachingMinTtlSeconds: 3 }] });
      const first = await request('/p');
      expect(first).toMatchObject({ status: 404, text: 'error 404', headers: { 'x-cache': 'Error from cloudfront' } });
      harness.clock.advance(2999);
      expect(await request('/p')).toMatchObject({ status: 404, headers: { 'x-cache': 'Error from cloudfront', age: '2' } });
      expect(harness.upstream.hits).toHaveLength(1);
      harness.clock.advance(1);
      await request('/p');
      expect(harness.upstream.hits).toHaveLength(2);
    });

    test('are not cached with a minimum of 0', async () => {
      failing(500);
      await start({ customErrors: [{ errorCode: 500, cachingMinTtlSeconds: 0 }] });
      for (let i = 0; i < 2; i += 1) expect(await request('/p')).toMatchObject({ status: 500 });
      expect(harness.upstream.hits).toHaveLength(2);
      expect(harness.edge.entries()).toEqual([]);
    });

    test('an expired object is served in place of a 5xx, and the origin is left alone for a while', async () => {
      versions();
      await start();
      await request('/p');
      harness.clock.advance(60_000);
      failing(503);
      expect(await request('/p')).toMatchObject({
        status: 200,
        text: 'v1',
        headers: { 'x-cache': 'RefreshHit from cloudfront', age: '60' },
      });
      expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      expect(harness.upstream.hits).toHaveLength(2);
      harness.clock.advance(10_000);
      expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      expect(harness.upstream.hits).toHaveLength(3);
      harness.clock.advance(10_000);
      versions();
      expect(await request('/p')).toMatchObject({ text: 'v1', headers: { 'x-cache': 'Miss from cloudfront' } });
      expect(harness.edge.stats().staleOnError).toBe(2);
    });

    test('stale-if-error bounds that, and asks the origin each time', async () => {
      versions({ 'Cache-Control': 'max-age=10, stale-if-error=20' });
      await start();
      await request('/p');
      harness.clock.advance(29_000);
      failing(500);
      for (let i = 0; i < 2; i += 1) expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      expect(harness.upstream.hits).toHaveLength(3);
      harness.clock.advance(1000);
      expect(await request('/p')).toMatchObject({ status: 500 });
    });

    test('a 4xx takes the place of an expired object', async () => {
      versions();
      await start();
      await request('/p');
      harness.clock.advance(60_000);
      failing(404);
      expect(await request('/p')).toMatchObject({ status: 404, text: 'error 404' });
    });

    test('an origin that is down is 502, and an expired object is served in its place', async () => {
      versions();
      await start({ origins: [origin({ connectionAttempts: 3 })] });
      await request('/p');
      await harness.upstream.stop();
      harness.clock.advance(60_000);
      expect(await request('/p')).toMatchObject({ status: 200, text: 'v1' });
      const error = await request('/other');
      expect(error).toMatchObject({ status: 502, headers: { 'x-cache': 'Error from cloudfront', server: 'CloudFront' } });
      expect(error.text).toContain('could not be satisfied');
    });

    test('an origin that breaks the connection is asked again for GET, and never for PATCH', async () => {
      harness.upstream.answer = () => 'drop';
      await start({ origins: [origin({ connectionAttempts: 3 })] });
      expect(await request('/p')).toMatchObject({ status: 502 });
      expect(harness.upstream.hits).toHaveLength(3);
      expect(await request('/p', { method: 'PATCH', body: '{}' })).toMatchObject({ status: 502 });
      expect(harness.upstream.hits).toHaveLength(4);
    });

    test('an origin that is silent is 504 after its read timeout', async () => {
      harness.upstream.answer = () => 'silent';
      await start({ origins: [origin({ readTimeoutSeconds: 7 })] });
      const answer = request('/p');
      await until(() => harness.upstream.hits.length === 1, 'the request is at the origin');
      harness.clock.advance(7000);
      expect(await answer).toMatchObject({ status: 504 });
      await request('/p');
      expect(harness.upstream.hits).toHaveLength(1);
    });

    test('a page of the distribution stands in for an error, and is cached as long', async () => {
      harness.upstream.answer = ({ url }) =>
        url === '/live/sorry.html' ? { body: 'sorry' } : { status: 500, body: 'stack trace' };
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
      expect(harness.upstream.hits.map(({ url }) => url)).toEqual(['/live/p', '/live/sorry.html']);
    });

    test('the second origin of a group answers where the first fails', async () => {
      harness.upstream.answer = ({ url }) => (url.startsWith('/second') ? { body: 'second' } : { status: 503 });
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
      harness.upstream.answer = ({ url }) => {
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
      harness.clock.advance(1499);
      expect(await xCache('/a')).toBe('Hit from cloudfront');
      harness.clock.advance(1);
      expect(await xCache('/a')).toBe('Miss from cloudfront');
      expect(await xCache('/b')).toBe('Hit from cloudfront');
      expect(api('GetInvalidation', { Id }).Invalidation.Status).toBe('InProgress');
      harness.clock.advance(2500);
      expect(api('GetInvalidation', { Id }).Invalidation.Status).toBe('Completed');
      expect(harness.edge.stats()).toMatchObject({ inProgressMax: 1, wildcardsMax: 0, acceptedItems: 1 });
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
      harness.clock.advance(5000);
      expect(harness.edge.entries().map(({ url }) => url)).toEqual(left);
    });

    test('drops every variant of a path', async () => {
      versions();
      await startWith({ cachePolicy: cachePolicy({ headers: { behavior: 'listed', names: new Set(['x-key']) } }) });
      for (const key of ['a', 'b']) await request('/p', { headers: { 'x-key': key } });
      expect(harness.edge.entries()).toHaveLength(2);
      invalidate('r', '/p');
      harness.clock.advance(5000);
      expect(harness.edge.entries()).toEqual([]);
    });

    test('does not stop a fetch that began before it from being stored', async () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      harness.upstream.answer = async () => {
        await opened;
        return { headers: { 'Cache-Control': 'max-age=60' }, body: 'old' };
      };
      await start();
      const fetching = request('/p');
      await until(() => harness.upstream.hits.length === 1, 'the request is at the origin');
      invalidate('r', '/p');
      harness.clock.advance(5000);
      open();
      await fetching;
      expect(await request('/p')).toMatchObject({ text: 'old', headers: { 'x-cache': 'Hit from cloudfront' } });
    });

    test('disposal ends what is in progress', async () => {
      await start();
      invalidate('r', '/*');
      expect(harness.clock.pending).toBe(2);
      await harness.edge.dispose();
      expect(harness.clock.pending).toBe(0);
    });
  });
});
