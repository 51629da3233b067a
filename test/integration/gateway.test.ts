import * as http from 'node:http';
import { uncached } from '../../lambdas/platform/http/response';
import { createRouter } from '../../lambdas/platform/http/router';
import { defineRoute } from '../../lib/route';
import { createGateway, type Gateway, type Method, type RestApi } from '../../local/gateway';
import type { Access } from '../../local/gateway/access';
import { AwsError, type Caller, type InvokeResult } from '../../local/types';
import { ManualClock } from '../support/manual-clock';
import { productContext } from '../support/product-context';
import { exchange, parseAnswer } from '../support/raw-http';
import { method, restApi, stage } from '../support/rest-api';

const clock = new ManualClock();
const context = productContext({ clock });
const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:things';
const CACHED = stage({
  methodSettings: [
    {
      resourcePath: '/*',
      httpMethod: '*',
      cachingEnabled: true,
      cacheTtlSeconds: 60,
      throttlingRateLimit: undefined,
      throttlingBurstLimit: undefined,
    },
  ],
});
const KEYED: Partial<Method> = { cacheKeyParameters: ['method.request.path.id', 'method.request.querystring.page'] };

/** May do everything, may only invoke, may do nothing. */
const CALLERS: [string, Caller][] = [
  ['PURGER', { roleArn: 'purger' }],
  ['READER', { roleArn: 'reader' }],
  ['NOBODY', { roleArn: 'nobody' }],
];
let asked: { action: string; resource: string }[] = [];
const access: Access = {
  callers: new Map(CALLERS),
  policies: {
    authorize({ caller, action, resource }) {
      asked.push({ action, resource });
      const allowed = caller.roleArn === 'purger' || (caller.roleArn === 'reader' && action === 'execute-api:Invoke');
      return { allowed, reason: `User: ${caller.roleArn} is not authorized to perform: ${action}` };
    },
    authorizeResource: ({ sourceArn }) => ({ allowed: !sourceArn.endsWith('/closed') }),
  },
};

/** What the function was given, and what it answers. */
let events: { path: string; body: string | null; headers: Record<string, string> }[] = [];
let answer: (event: { path: string }) => Promise<InvokeResult> | InvokeResult;
const ok = (body: string, headers: Record<string, string> = {}, statusCode = 200): InvokeResult => ({
  payload: JSON.stringify({ statusCode, headers, body }),
});

let gateway: Gateway;
let client: http.Agent;

async function serve(methods: Method[], rest: Partial<RestApi> = {}, options = {}): Promise<void> {
  gateway = createGateway({ apis: [restApi(methods, { stages: [CACHED], ...rest })], ...options }, context, access);
  await gateway.start();
}

interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

function send(path: string, options: http.RequestOptions = {}, body?: string | Buffer): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${gateway.url()}${path}`, { agent: client, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const signed = (keyId: string) => ({
  Authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/20260101/eu-west-1/execute-api/aws4_request, SignedHeaders=host, Signature=0`,
});

beforeEach(() => {
  events = [];
  asked = [];
  let count = 0;
  answer = ({ path }) => {
    count += 1;
    return ok(`${path} ${count}`);
  };
  context.registry.functions.set(ARN, {
    arn: ARN,
    async invoke(event) {
      events.push(event as (typeof events)[number]);
      return answer(event as { path: string });
    },
  });
  client = new http.Agent({ keepAlive: true });
});

afterEach(async () => {
  client.destroy();
  await gateway.dispose();
  await gateway.dispose();
});

afterAll(() => context.cleanUp());

describe('requests', () => {
  test('reach the function by path, by host name and by the registered origin', async () => {
    await serve([method('/things/{id}', 'POST')]);
    const byPath = await send('/things/7?a=1', { method: 'POST', headers: { 'X-Custom': 'x' } }, 'hello');
    expect(byPath).toMatchObject({ status: 200, text: '/things/7 1' });
    expect(byPath.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(byPath.headers['content-type']).toBe('application/json');
    expect(events[0]).toMatchObject({
      path: '/things/7',
      body: 'hello',
      headers: { 'X-Custom': 'x', Host: 'abc123def4.execute-api.eu-west-1.amazonaws.com' },
    });

    const { port } = new URL(gateway.url());
    const host = 'abc123def4.execute-api.eu-west-1.amazonaws.com';
    const byHost = await send('', { method: 'POST', host: '127.0.0.1', port, path: '/live/things/8', headers: { host } });
    expect(byHost.text).toBe('/things/8 2');

    const base = new URL(`${context.registry.origins.get(host)}/live/things/9`);
    const byOrigin = await send('', { method: 'POST', path: base.pathname });
    expect(byOrigin.text).toBe('/things/9 3');
  });

  test.each([
    ['a path that is not declared', '/others', 'GET', 403, 'Missing Authentication Token'],
    ['a method that is not declared', '/things', 'DELETE', 403, 'Missing Authentication Token'],
    ['a function whose policy lets nobody in', '/closed', 'GET', 500, 'Internal server error'],
    ['a function that is not there', '/gone', 'GET', 500, 'Internal server error'],
  ])('are refused for %s', async (_, path, httpMethod, status, message) => {
    await serve([method('/things', 'GET'), method('/closed', 'GET'), method('/gone', 'GET', { functionArn: `${ARN}:gone` })]);
    const refused = await send(path, { method: httpMethod });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.text)).toEqual({ message });
    expect(events).toEqual([]);
  });

  test('to a stage that is not there are forbidden', async () => {
    await serve([method('/things', 'GET')]);
    expect(await send('', { path: '/abc123def4/other/things' })).toMatchObject({ status: 403, text: '{"message":"Forbidden"}' });
  });

  test('over 10 MB are refused, just below they pass', async () => {
    await serve([method('/things', 'POST')]);
    const most = await send('/things', { method: 'POST' }, Buffer.alloc(10_485_760));
    expect(most.status).toBe(200);
    const over = await send('/things', { method: 'POST' }, Buffer.alloc(10_485_761));
    expect(over).toMatchObject({ status: 413, text: '{"message":"Request Too Long"}' });
    expect(events).toHaveLength(1);
  });

  test('without a required parameter are refused', async () => {
    await serve([method('/things', 'GET', { requiredParameters: ['method.request.querystring.a', 'method.request.header.b'] })]);
    const refused = await send('/things');
    expect(refused).toMatchObject({ status: 400, text: '{"message":"Missing required request parameters: [a, b]"}' });
    expect((await send('/things?a=1', { headers: { b: '2' } })).status).toBe(200);
  });

  test('beyond the throttle of the stage are refused, until tokens come back', async () => {
    const [setting] = CACHED.methodSettings;
    const throttled = stage({
      methodSettings: [{ ...setting!, cachingEnabled: false, throttlingRateLimit: 1, throttlingBurstLimit: 2 }],
    });
    await serve([method('/things', 'GET')], { stages: [throttled] });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await send('/things')).status);
    expect(statuses).toEqual([200, 200, 429]);
    clock.advance(1000);
    expect((await send('/things')).status).toBe(200);
  });
});

describe('a function that', () => {
  const outcomes: [string, () => Promise<InvokeResult> | InvokeResult, number, string][] = [
    ['throws', () => ({ payload: '{"errorType":"Error"}', functionError: 'Unhandled' }), 502, 'Internal server error'],
    ['answers in another shape', () => ({ payload: '"text"' }), 502, 'Internal server error'],
    [
      'is throttled',
      () => {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      },
      500,
      'Internal server error',
    ],
  ];
  test.each(outcomes)('%s gives an error that is not cached', async (_, outcome, status, message) => {
    await serve([method('/things', 'GET')]);
    answer = outcome;
    const failed = await send('/things');
    expect(failed.status).toBe(status);
    expect(JSON.parse(failed.text)).toEqual({ message });
    answer = () => ok('fine');
    expect(await send('/things')).toMatchObject({ status: 200, text: 'fine' });
  });

  test('takes longer than the integration timeout gives 504', async () => {
    await serve([method('/things', 'GET')]);
    let finish: (result: InvokeResult) => void = () => {};
    const invoked = new Promise<void>((resolve) => {
      answer = () => {
        resolve();
        return new Promise((settle) => {
          finish = settle;
        });
      };
    });
    const waiting = send('/things');
    await invoked;
    clock.advance(29_000);
    expect(await waiting).toMatchObject({ status: 504, text: '{"message":"Endpoint request timed out"}' });
    finish(ok('too late'));
  });
});

test('leaves no timer behind when disposed of in the middle of a request', async () => {
  await serve([method('/things', 'GET')]);
  const invoked = new Promise<void>((resolve) => {
    answer = () => {
      resolve();
      return new Promise(() => {});
    };
  });
  const cut = expect(send('/things')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await invoked;
  await gateway.dispose();
  await cut;
  expect(clock.pending).toBe(0);
});

describe('the stage cache', () => {
  const counts = () => {
    const { CacheHitCount, CacheMissCount, integrations } = gateway.stats()[0]!.statistics;
    return { CacheHitCount, CacheMissCount, integrations };
  };

  test('replays a response with its headers until its TTL is over, and tells nobody', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    answer = ({ path }) => ok(path, { 'Cache-Control': 's-maxage=30', ETag: '"1"', 'X-Tag': 'a,b' });
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
    answer = () => ok('busy', { 'Cache-Control': 'no-store' }, 429);
    await send('/things');
    answer = () => ok('fine');
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
    const headers = { 'Cache-Control': 'max-age=0', ...signed('PURGER') };
    const fresh = await send('/things/7', { headers });
    expect(fresh.text).toBe('/things/7 3');
    expect(fresh.headers).not.toHaveProperty('warning');
    expect(asked).toEqual([
      {
        action: 'execute-api:InvalidateCache',
        resource: 'arn:aws:execute-api:eu-west-1:000000000000:abc123def4/live/GET/things/7',
      },
    ]);
    expect((await send('/things/7')).text).toBe('/things/7 3');
    expect((await send('/things/8')).text).toBe('/things/8 2');
  });

  test.each([
    ['nobody signed', {}],
    ['a role signed that may not', signed('READER')],
    ['a function signed that is not in the template', signed('LOCAL0123456789ABCDE')],
  ])('answers a refresh that %s from the cache, with a warning', async (_, headers) => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    await send('/things/7');
    const warned = await send('/things/7', { headers: { 'Cache-Control': 'max-age=0', ...headers } });
    expect(warned.text).toBe('/things/7 1');
    expect(warned.headers.warning).toBe('199 Cache-control headers were ignored because the caller was unauthorized.');
    expect((await send('/things/7')).headers).not.toHaveProperty('warning');
  });

  describe('whose refreshes are guarded by UpdateStage', () => {
    const input = { restApiId: 'abc123def4', stageName: 'live' };
    const patch = (...operations: [path: string, value: string][]) =>
      gateway.operations.apigateway!.UpdateStage!.handle(
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
      expect((await send('/things/7', { headers: { 'Cache-Control': 'max-age=0', ...signed('PURGER') } })).text).toBe(
        '/things/7 2',
      );
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
    const { FlushStageCache } = gateway.operations.apigateway!;
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
    await gateway.operations.apigateway!.FlushStageCache!.handle({ restApiId: 'abc123def4', stageName: 'live' }, {});
    expect((await send('/things/7')).text).toBe('/things/7 1');
    clock.advance(500);
    expect((await send('/things/7')).text).toBe('/things/7 2');
  });

  test('stores a response that was on its way when it was flushed', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    let finish: (result: InvokeResult) => void = () => {};
    const invoked = new Promise<void>((resolve) => {
      answer = () => {
        resolve();
        return new Promise((settle) => {
          finish = settle;
        });
      };
    });
    const slow = send('/things/7');
    await invoked;
    gateway.flush('abc123def4', 'live');
    finish(ok('old'));
    await slow;
    answer = () => ok('new');
    expect((await send('/things/7')).text).toBe('old');
  });

  test('does not collapse concurrent requests', async () => {
    await serve([method('/things/{id}', 'GET', KEYED)]);
    let waiting = 0;
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    answer = async ({ path }) => {
      waiting += 1;
      if (waiting === 3) open();
      await gate;
      return ok(path);
    };
    await Promise.all([1, 2, 3].map(() => send('/things/7', { agent: undefined })));
    expect(counts()).toEqual({ CacheHitCount: 0, CacheMissCount: 3, integrations: 3 });
  });
});

describe('a method with IAM authorisation', () => {
  test.each([
    ['an unsigned request', {}, 403, { message: 'Missing Authentication Token' }],
    ['a caller who may not', signed('NOBODY'), 403, { message: 'User: nobody is not authorized to perform: execute-api:Invoke' }],
    [
      'a function that is not in the template',
      signed('LOCAL0123456789ABCDE'),
      403,
      { message: 'The security token included in the request is invalid.' },
    ],
  ])('refuses %s', async (_, headers, status, body) => {
    await serve([method('/things/{id}', 'PATCH', { authorization: 'AWS_IAM' })]);
    const refused = await send('/things/7', { method: 'PATCH', headers: headers as Record<string, string> });
    expect(refused.status).toBe(status);
    expect(JSON.parse(refused.text)).toEqual(body);
    expect(events).toEqual([]);
  });

  test('lets a caller in who may, and says to the function who it is', async () => {
    await serve([method('/things/{id}', 'PATCH', { authorization: 'AWS_IAM' })]);
    expect((await send('/things/7', { method: 'PATCH', headers: signed('READER') })).status).toBe(200);
    expect(asked).toEqual([
      { action: 'execute-api:Invoke', resource: 'arn:aws:execute-api:eu-west-1:000000000000:abc123def4/live/PATCH/things/7' },
    ]);
    expect(events[0]).toMatchObject({ requestContext: { identity: { accessKey: 'READER', userArn: 'reader' } } });
  });
});

describe('on the wire', () => {
  const port = () => Number(new URL(gateway.url()).port);
  const path = (rest: string) => `${new URL(gateway.url()).pathname}${rest}`;
  const wire = async (head: string) => parseAnswer(await exchange(port(), `${head}Connection: close\r\n\r\n`));

  beforeEach(() => serve([method('/things', 'GET', { cacheKeyParameters: ['method.request.querystring.page'] })]));

  test.each<[name: string, target: string, version: string, lines: string, status: number]>([
    ['a plain request', '/things', 'HTTP/1.1', 'Host: a\r\n', 200],
    ['a whole URL as target', 'absolute', 'HTTP/1.1', 'Host: a\r\n', 200],
    ['two hosts', '/things', 'HTTP/1.1', 'Host: a\r\nHost: b\r\n', 400],
    ['no version', '/things', '', 'Host: a\r\n', 400],
    ['another version', '/things', 'HTTP/2.0', 'Host: a\r\n', 400],
    ['a bar in the query string', '/things?a|b', 'HTTP/1.1', 'Host: a\r\n', 400],
    ['a brace in the query string', '/things?{a}', 'HTTP/1.1', 'Host: a\r\n', 400],
    ['a bar that is encoded', '/things?a%7Cb', 'HTTP/1.1', 'Host: a\r\n', 200],
    ['an escape that is none', '/things?page=%zz', 'HTTP/1.1', 'Host: a\r\n', 400],
    ['an escape that is none, in the path', '/things%', 'HTTP/1.1', 'Host: a\r\n', 400],
    ['10,240 bytes of line and values', '/things', 'HTTP/1.1', `Host: a\r\nX: ${'x'.repeat(10_240)}\r\n`, 413],
    [
      'a method that overrides, which the resource does not have',
      '/things',
      'HTTP/1.1',
      'Host: a\r\nX-HTTP-Method-Override: PUT\r\n',
      403,
    ],
    ['an override that names no method', '/things', 'HTTP/1.1', 'Host: a\r\nX-HTTP-Method-Override: __proto__\r\n', 200],
  ])('%s: %#', async (_, target, version, lines, status) => {
    const whole = target === 'absolute' ? `http://127.0.0.1${path('/things')}` : path(target);
    expect((await wire(`GET ${whole}${version && ` ${version}`}\r\n${lines}`)).status).toBe(status);
  });

  test('a semicolon splits query strings, as an ampersand does', async () => {
    const first = await send('/things?x=1;page=2');
    expect((await send('/things?page=2')).text).toBe(first.text);
    expect((await send('/things?x=1;page=3')).text).not.toBe(first.text);
  });

  test('a method that overrides another is the one that the function sees, and that the cache knows', async () => {
    await gateway.dispose();
    await serve([method('/things', 'GET'), method('/things', 'PUT')]);
    await send('/things');
    await send('/things', { method: 'POST', headers: { 'X-HTTP-Method-Override': 'PUT' } });
    await send('/things', { method: 'POST', headers: { 'X-HTTP-Method-Override': 'GET' } });
    expect((events as unknown as { httpMethod: string }[]).map(({ httpMethod }) => httpMethod)).toEqual(['GET', 'PUT']);
  });

  test('each client gets the bytes that it accepts, whoever came first', async () => {
    await gateway.dispose();
    await serve([method('/image', 'GET')], { binaryMediaTypes: ['image/png'] });
    answer = () => ({ payload: JSON.stringify({ statusCode: 200, body: 'w6k=', isBase64Encoded: true }) });
    const got = async (accept: string) => (await send('/image', { headers: { accept } })).text;
    expect([await got('text/html'), await got('image/png'), await got('text/html')]).toEqual(['w6k=', 'é', 'w6k=']);
    expect(events).toHaveLength(1);
  });

  test('what a function can’t have meant as a response is 502, and not kept', async () => {
    for (const payload of ['{"statusCode":103}', '{"statusCode":200,"headers":{"x-a":"1\\r\\nx-b: 2"}}']) {
      answer = () => ({ payload });
      for (let i = 0; i < 2; i += 1) expect((await send('/things')).status).toBe(502);
    }
    answer = () => ok('good');
    expect((await send('/things')).text).toBe('good');
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
  const router = createRouter([things, thing].map((route) => ({ route, methods: { GET: echo } })));
  answer = async (event) =>
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
