import { Problem } from '../../../lambdas/platform/http/problem';
import type { Request } from '../../../lambdas/platform/http/request';
import { cacheControl, cached, TAG_HEADER, uncached } from '../../../lambdas/platform/http/response';
import { createRouter } from '../../../lambdas/platform/http/router';
import type { Cache } from '../../../lambdas/runtime/cache';
import type { EntryRef } from '../../../lambdas/runtime/read-request';
import type { Outcome } from '../../../lambdas/runtime/telemetry/outcome';
import { defineRoute, entryKey } from '../../../lib/route';

const item = defineRoute({
  name: 'item',
  path: '/items/{id}',
  query: { size: { default: '10' }, colour: { required: true } },
  freshness: { sharedTtlSeconds: 1000, gatewayTtlSeconds: 300, edgeTtlSeconds: 600 },
  tags: ['item:{id}'],
});

const outcome = (more: Partial<Outcome> = {}): Outcome => ({
  tier: 'shared',
  status: 'hit',
  collapsed: false,
  stored: false,
  ageSeconds: 0,
  ttlSeconds: 1000,
  tags: ['item:1'],
  ...more,
});

describe('the router', () => {
  const seen: Request[] = [];
  const router = createRouter([
    {
      route: item,
      GET: async (request) => {
        seen.push(request);
        return uncached(200, { ok: true });
      },
      PUT: async ({ json }) => uncached(200, json()),
      POST: async () => {
        throw new Problem(409, 'it is there');
      },
      DELETE: async () => {
        throw Object.assign(new Error('password=secret'), { code: 'ECONNREFUSED' });
      },
      PATCH: async () => {
        throw new Error('a bug');
      },
    },
  ]);
  const call = (httpMethod: string, path: string, more = {}) =>
    router({ httpMethod, path, queryStringParameters: { colour: 'red' }, ...more });

  beforeEach(() => seen.splice(0));

  test('gives a handler the decoded path parameters and the declared query strings, with their defaults', async () => {
    await call('GET', '/items/a%2Fb', { queryStringParameters: { colour: 'red', other: 'x' } });
    expect(seen[0]?.parameters).toEqual({ id: 'a/b', size: '10', colour: 'red' });
  });

  test('prefers multi-value query strings', async () => {
    await call('GET', '/items/1', { multiValueQueryStringParameters: { size: ['20'], colour: ['blue'] } });
    expect(seen[0]?.parameters).toEqual({ id: '1', size: '20', colour: 'blue' });
  });

  test.each([
    ['a query string that is sent twice', '/items/1', ['1', '2'], "'size' must be sent at most once"],
    ['an escape that is none', '/items/%zz', ['1'], "'id' must be percent-encoded UTF-8"],
  ])('refuses %s, and leaves no answer to be kept for others', async (_, path, size, message) => {
    const more = { multiValueQueryStringParameters: { size, colour: ['red'] } };
    expect(await call('HEAD', path, more)).toMatchObject({ statusCode: 400 });
    // API Gateway keeps a 400 under a key that others have too, and doesn't keep its 502 for a function that throws.
    await expect(call('GET', path, more)).rejects.toThrow(message);
    const live = createRouter([
      {
        route: defineRoute({ name: 'live', path: item.path, query: item.query }),
        GET: async () => uncached(200, {}),
      },
    ]);
    expect(await live({ httpMethod: 'GET', path, ...more })).toMatchObject({
      statusCode: 400,
      body: expect.stringContaining(message),
    });
  });

  test('answers a path with a slash at its end as API Gateway does: it has the same key', async () => {
    expect(await call('GET', '/items/1/')).toEqual(await call('GET', '/items/1'));
    expect((await call('GET', '/items/1//')).statusCode).toBe(404);
  });

  test('takes no names of objects of JavaScript for what was sent', async () => {
    const route = defineRoute({ name: 'odd', path: '/odd', query: { constructor: {}, toString: { default: 'none' } } });
    const odd = createRouter([{ route, GET: async ({ parameters }) => uncached(200, { ...parameters }) }]);
    const got = await odd({ httpMethod: 'GET', path: '/odd', queryStringParameters: {}, multiValueQueryStringParameters: {} });
    expect(JSON.parse(got.body)).toEqual({ toString: 'none' });
    for (const httpMethod of ['constructor', 'route', 'get'])
      expect((await odd({ httpMethod, path: '/odd' })).statusCode).toBe(405);
  });

  describe('with a refresh of the stage cache', () => {
    const VERSION = '000000010000000001D5DF98';
    const refresh = { 'Cache-Control': 'max-age=0', 'X-Cachement-Refresh': `${VERSION}.0123456789abcdef` };
    const cache: Pick<Cache<unknown>, 'entry' | 'getOrSet'> = {
      entry: (route, parameters) => ({ entryName: entryKey(route, parameters), key: entryKey(route, parameters) }) as EntryRef,
      getOrSet: async (route, parameters, _loader, { ticket } = {}) => {
        const version = ticket?.versionFor(entryKey(route, parameters), []);
        return { value: { version: version ?? 'any' } as never, version: '-', outcome: outcome() };
      },
    };
    const reads = createRouter([
      {
        route: item,
        GET: async ({ parameters, read }) => cached(item, await read(cache, parameters, async () => 'loaded')),
        PUT: async () => uncached(200, {}),
      },
    ]);
    const read = (headers: Record<string, string>, httpMethod = 'GET') =>
      reads({ httpMethod, path: '/items/1', queryStringParameters: { colour: 'red' }, headers });

    test('has it read past memory and recent enough, and says which refresh it was', async () => {
      expect(await read(refresh)).toMatchObject({
        headers: { 'x-cachement-refreshed': '0123456789abcdef' },
        body: JSON.stringify({ version: VERSION }),
      });
    });

    test('says nothing where the handler did not read so', async () => {
      expect((await read(refresh, 'PUT')).headers).not.toHaveProperty('x-cachement-refreshed');
    });

    test('means nothing with HEAD, which API Gateway lets through unchecked', async () => {
      expect((await read(refresh, 'HEAD')).headers).not.toHaveProperty('x-cachement-refreshed');
    });

    test.each([
      ['without what API Gateway authorises', { 'X-Cachement-Refresh': refresh['X-Cachement-Refresh'] }],
      ['with a version that is none', { ...refresh, 'X-Cachement-Refresh': 'latest.0123456789abcdef' }],
      ['with no id', { ...refresh, 'X-Cachement-Refresh': VERSION }],
      ['with a line break', { ...refresh, 'X-Cachement-Refresh': `${VERSION}.0123456789abcdef\r\nset-cookie: a` }],
    ])('%s is a read like any other', async (_, headers) => {
      const response = await read(headers);
      expect(response.headers).not.toHaveProperty('x-cachement-refreshed');
      expect(response.body).toBe('{"version":"any"}');
    });
  });

  test('shows the event of API Gateway but to reads of a route with freshness, which may depend on its parameters only', async () => {
    const headers = { authorization: 'a caller' };
    const events: unknown[] = [];
    const see = async ({ event }: Request) => {
      events.push(event?.headers);
      return uncached(204);
    };
    const live = defineRoute({ name: 'live', path: '/live' });
    const both = createRouter([
      { route: item, GET: see, PUT: see },
      { route: live, GET: see },
    ]);
    for (const [httpMethod, path] of [
      ['GET', '/items/1'],
      ['HEAD', '/items/1'],
      ['PUT', '/items/1'],
      ['GET', '/live'],
    ] as const) {
      await both({ httpMethod, path, headers, queryStringParameters: { colour: 'red' } });
    }
    expect(events).toEqual([undefined, undefined, headers, headers]);
  });

  test('answers without a body where a handler has none', async () => {
    expect(uncached(204)).toEqual({ statusCode: 204, headers: { 'cache-control': 'no-store' }, body: '' });
  });

  test('refuses a request without a required query string', async () => {
    expect(await call('GET', '/items/1', { queryStringParameters: null })).toMatchObject({
      statusCode: 400,
      body: expect.stringContaining("'colour' is required"),
    });
  });

  test.each(['/items', '/items/', '/items/1/2', '/Items/1', '/itemsX1', ''])('has nothing at %p', async (path) => {
    expect((await call('GET', path)).statusCode).toBe(404);
  });

  test('answers HEAD with what GET has, without the body', async () => {
    expect(await call('HEAD', '/items/1')).toEqual({ ...(await call('GET', '/items/1')), body: '' });
  });

  test('answers other methods with those that there are', async () => {
    const response = await call('OPTIONS', '/items/1');
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe('DELETE, GET, HEAD, PATCH, POST, PUT');
  });

  test('takes a body that is encoded for transport', async () => {
    const body = Buffer.from('{"a":"ü"}').toString('base64');
    expect((await call('PUT', '/items/1', { body, isBase64Encoded: true })).body).toBe('{"a":"ü"}');
  });

  test.each([
    ['x'.repeat(65_537), 413],
    ['ü'.repeat(32_769), 413],
    [`"${'x'.repeat(65_534)}"`, 400],
    ['null', 400],
    [null, 400],
  ])('refuses a body that is too long or no JSON object (case %#)', async (body, status) => {
    expect((await call('PUT', '/items/1', { body })).statusCode).toBe(status);
  });

  test('turns a problem into its document', async () => {
    expect(await call('POST', '/items/1')).toEqual({
      statusCode: 409,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      body: '{"type":"about:blank","title":"Conflict","status":409,"detail":"it is there"}',
    });
  });

  test('says nothing about the inside when something fails, and asks to come again only where that helps', async () => {
    const output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const unreachable = await call('DELETE', '/items/1');
    const bug = await call('PATCH', '/items/1');
    output.mockRestore();
    expect(unreachable).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1', 'cache-control': 'no-store' } });
    expect(bug).toMatchObject({ statusCode: 500, headers: { 'cache-control': 'no-store' } });
    expect(unreachable.body + bug.body).not.toMatch(/secret|bug/);
  });
});

test('an error of a route that the stage cache keeps is thrown, because an answer would be kept like any other', async () => {
  const failing = async () => {
    throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
  };
  const router = createRouter([{ route: item, GET: failing }]);
  const call = (httpMethod: string) => router({ httpMethod, path: '/items/1', queryStringParameters: { colour: 'red' } });
  await expect(call('GET')).rejects.toThrow('gone');
  expect(await call('HEAD')).toMatchObject({ statusCode: 503 });
});

describe('a cached response', () => {
  test('tells the edge what the inner tiers have left once the gateway has kept it', () => {
    expect(cacheControl(item, outcome({ ttlSeconds: 1000 }))).toMatch(/s-maxage=600$/);
    expect(cacheControl(item, outcome({ ttlSeconds: 700 }))).toMatch(/s-maxage=400$/);
    expect(cacheControl(item, outcome({ ttlSeconds: 300 }))).toMatch(/s-maxage=0$/);
    expect(cacheControl(item, outcome({ ttlSeconds: 0 }))).toMatch(/s-maxage=0$/);
  });

  test('carries tags, outcome and a validator of its bytes', () => {
    const response = cached(item, { value: { id: 1 }, outcome: outcome() });
    expect(response).toMatchObject({
      statusCode: 200,
      headers: {
        'content-type': 'application/json',
        [TAG_HEADER]: 'item:1',
        'cache-status': expect.stringContaining('shared; hit'),
      },
      body: '{"id":1}',
    });
    expect(cached(item, { value: { id: 1 }, outcome: outcome({ ageSeconds: 9 }) }).headers.etag).toBe(response.headers.etag);
    expect(cached(item, { value: { id: 2 }, outcome: outcome() }).headers.etag).not.toBe(response.headers.etag);
  });

  test('of something that is not there is 404, and can be purged too', () => {
    expect(cached(item, { value: undefined, outcome: outcome() }, { absent: 'there is no item 1' })).toMatchObject({
      statusCode: 404,
      headers: { 'content-type': 'application/problem+json', [TAG_HEADER]: 'item:1' },
      body: expect.stringContaining('there is no item 1'),
    });
  });

  test('has the value null where that is the value', () => {
    expect(cached(item, { value: null, outcome: outcome() })).toMatchObject({ statusCode: 200, body: 'null' });
  });

  test('of another media type is the text that was read', () => {
    const read = { value: '<p>1</p>', outcome: outcome() };
    expect(cached(item, read, { contentType: 'text/html; charset=utf-8' })).toMatchObject({
      headers: { 'content-type': 'text/html; charset=utf-8' },
      body: '<p>1</p>',
    });
    expect(cached(item, { ...read, value: { id: 1 } }, { contentType: 'application/geo+json' }).body).toBe('{"id":1}');
    expect(() => cached(item, { ...read, value: { id: 1 } }, { contentType: 'text/html' })).toThrow(
      "the value of a response of type 'text/html' must be a text, got: object; load the body, or leave 'contentType' out",
    );
  });

  const many = Array.from({ length: 60 }, (_, index) => `part:${index}`);

  test('with more than the 50 tags that CloudFront keeps fails in a test', () => {
    expect(() => cached(item, { value: 1, outcome: outcome({ tags: many }) })).toThrow(
      "route 'item': a response must have at most 50 tags, which is what CloudFront keeps, got: 60; declare a tag that stands for many",
    );
  });

  test('with more tags keeps the most general ones elsewhere, and counts the others', () => {
    const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const route = defineRoute({ ...item, query: { shop: {} }, tags: ['item:{id}:{shop}', 'item:{id}', 'items'] });
    const tags = ['item:1:2', ...many, 'item:1', 'items'];
    const header = cached(route, { value: 1, outcome: outcome({ tags }) }, { tooManyTags: 'drop' }).headers[TAG_HEADER];
    const lines = written.mock.calls.map(([line]) => String(line));
    written.mockRestore();
    expect(header?.split(',')).toEqual(['items', 'item:1', 'item:1:2', ...many.slice(0, 47)]);
    expect(lines.filter((line) => line.includes('"TagsDropped":13'))).toHaveLength(1);
  });

  test('with 50 tags has them as they came', () => {
    const tags = many.slice(0, 50);
    expect(cached(item, { value: 1, outcome: outcome({ tags }) }).headers[TAG_HEADER]).toBe(tags.join(','));
  });
});
