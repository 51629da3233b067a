import { AwsError, type InvokeResult } from '../../local/types';
import { ARN, CACHED, gatewayHarness, ok, signed } from '../support/gateway-harness';
import { exchange, parseAnswer } from '../support/raw-http';
import { method, stage } from '../support/rest-api';

const harness = gatewayHarness();
const { clock, context, serve, send } = harness;

describe('requests', () => {
  test('reach the function by path, by host name and by the registered origin', async () => {
    await serve([method('/things/{id}', 'POST')]);
    const byPath = await send('/things/7?a=1', { method: 'POST', headers: { 'X-Custom': 'x' } }, 'hello');
    expect(byPath).toMatchObject({ status: 200, text: '/things/7 1' });
    expect(byPath.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
    expect(byPath.headers['content-type']).toBe('application/json');
    expect(harness.events[0]).toMatchObject({
      path: '/things/7',
      body: 'hello',
      headers: { 'X-Custom': 'x', Host: 'abc123def4.execute-api.eu-west-1.amazonaws.com' },
    });

    const { port } = new URL(harness.gateway.url());
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
    expect(harness.events).toEqual([]);
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
    expect(harness.events).toHaveLength(1);
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
    harness.answer = outcome;
    const failed = await send('/things');
    expect(failed.status).toBe(status);
    expect(JSON.parse(failed.text)).toEqual({ message });
    harness.answer = () => ok('fine');
    expect(await send('/things')).toMatchObject({ status: 200, text: 'fine' });
  });

  test('takes longer than the integration timeout gives 504', async () => {
    await serve([method('/things', 'GET')]);
    let finish: (result: InvokeResult) => void = () => {};
    const invoked = new Promise<void>((resolve) => {
      harness.answer = () => {
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
    harness.answer = () => {
      resolve();
      return new Promise(() => {});
    };
  });
  const cut = expect(send('/things')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await invoked;
  await harness.gateway.dispose();
  await cut;
  expect(clock.pending).toBe(0);
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
    expect(harness.events).toEqual([]);
  });

  test('lets a caller in who may, and says to the function who it is', async () => {
    await serve([method('/things/{id}', 'PATCH', { authorization: 'AWS_IAM' })]);
    expect((await send('/things/7', { method: 'PATCH', headers: signed('READER') })).status).toBe(200);
    expect(harness.asked).toEqual([
      { action: 'execute-api:Invoke', resource: 'arn:aws:execute-api:eu-west-1:000000000000:abc123def4/live/PATCH/things/7' },
    ]);
    expect(harness.events[0]).toMatchObject({ requestContext: { identity: { accessKey: 'READER', userArn: 'reader' } } });
  });
});

describe('on the wire', () => {
  const port = () => Number(new URL(harness.gateway.url()).port);
  const path = (rest: string) => `${new URL(harness.gateway.url()).pathname}${rest}`;
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
    await harness.gateway.dispose();
    await serve([method('/things', 'GET'), method('/things', 'PUT')]);
    await send('/things');
    await send('/things', { method: 'POST', headers: { 'X-HTTP-Method-Override': 'PUT' } });
    await send('/things', { method: 'POST', headers: { 'X-HTTP-Method-Override': 'GET' } });
    expect((harness.events as unknown as { httpMethod: string }[]).map(({ httpMethod }) => httpMethod)).toEqual(['GET', 'PUT']);
  });

  test('each client gets the bytes that it accepts, whoever came first', async () => {
    await harness.gateway.dispose();
    await serve([method('/image', 'GET')], { binaryMediaTypes: ['image/png'] });
    harness.answer = () => ({ payload: JSON.stringify({ statusCode: 200, body: 'w6k=', isBase64Encoded: true }) });
    const got = async (accept: string) => (await send('/image', { headers: { accept } })).text;
    expect([await got('text/html'), await got('image/png'), await got('text/html')]).toEqual(['w6k=', 'é', 'w6k=']);
    expect(harness.events).toHaveLength(1);
  });

  test('what a function can’t have meant as a response is 502, and not kept', async () => {
    for (const payload of ['{"statusCode":103}', '{"statusCode":200,"headers":{"x-a":"1\\r\\nx-b: 2"}}']) {
      harness.answer = () => ({ payload });
      for (let i = 0; i < 2; i += 1) expect((await send('/things')).status).toBe(502);
    }
    harness.answer = () => ok('good');
    expect((await send('/things')).text).toBe('good');
  });
});
