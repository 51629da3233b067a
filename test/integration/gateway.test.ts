import { AwsError, type InvokeResult } from '../../local/types';
import { ARN, CACHED, gatewayHarness, ok } from '../support/gateway-harness';
import { exchange, parseAnswer } from '../support/raw-http';
import { method, stage } from '../support/rest-api';
import { presigned, signedHeaders } from '../support/signed-request';

const READER = 'arn:aws:lambda:eu-west-1:000000000000:function:reader';

const harness = gatewayHarness();
const { clock, context, serve, send, signed } = harness;

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
  const PATH = '/things/7?a=%2F&a=b';
  const BODY = '{"population":1}';
  const patch = (headers: Record<string, string>, path = PATH, body = BODY) => send(path, { method: 'PATCH', headers }, body);
  const sign = (name: Parameters<typeof signed>[0] = 'reader', more: Parameters<typeof signed>[2] = {}) =>
    signed(name, PATH, { method: 'PATCH', body: BODY, ...more });
  const later = (minutes: number) => new Date(clock.now() + minutes * 60_000);

  beforeEach(() => serve([method('/things/{id}', 'PATCH', { authorization: 'AWS_IAM' })]));

  const INVALID = 'InvalidSignatureException';
  const MISMATCH = 'The request signature we calculated does not match the signature you provided.';
  const refusals: [string, () => Promise<Record<string, string>>, string, string][] = [
    ['an unsigned request', async () => ({}), 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    [
      'another scheme',
      async () => ({ authorization: 'Bearer a' }),
      'IncompleteSignatureException',
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of an 'X-Amz-Date' header.",
    ],
    [
      'a signature without its value',
      async () => {
        const { authorization, ...rest } = await sign();
        return { ...rest, authorization: authorization!.replace(/Signature=.*/, '') };
      },
      'IncompleteSignatureException',
      "Authorization header requires 'Signature' parameter.",
    ],
    [
      'a caller who may not',
      () => sign('nobody'),
      'AccessDeniedException',
      'User: nobody is not authorized to perform: execute-api:Invoke',
    ],
    [
      'a function that is not in the template',
      () => sign('stranger'),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'a key of nobody',
      () => sign('reader', { credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 's' } }),
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'a key with another secret',
      () => sign('reader', { credentials: { ...context.keys.operator, secretAccessKey: 's' } }),
      INVALID,
      MISMATCH,
    ],
    ['another method', () => sign('reader', { method: 'DELETE' }), INVALID, MISMATCH],
    ['another path', () => signed('reader', '/things/8', { method: 'PATCH', body: BODY }), INVALID, MISMATCH],
    [
      'another body',
      () => sign('reader', { body: '{}' }),
      INVALID,
      'The provided x-amz-content-sha256 header does not match what was computed.',
    ],
    [
      'another region',
      () => sign('reader', { region: 'us-east-1' }),
      INVALID,
      "Credential should be scoped to a valid region, not 'us-east-1'.",
    ],
    [
      'another service',
      () => sign('reader', { service: 'apigateway' }),
      INVALID,
      "Credential should be scoped to correct service: 'execute-api'.",
    ],
    [
      'a time over five minutes ago',
      () => sign('reader', { date: later(-5.1) }),
      INVALID,
      expect.stringMatching(/^Signature expired: .* is now earlier than .* - 5 min\.\)$/) as unknown as string,
    ],
    [
      'a time over five minutes ahead',
      () => sign('reader', { date: later(5.1) }),
      INVALID,
      expect.stringMatching(/^Signature not yet current: .* is still later than .* \+ 5 min\.\)$/) as unknown as string,
    ],
  ];
  test.each(refusals)('refuses %s', async (_, headers, errorType, message) => {
    const refused = await patch(await headers());
    expect(refused).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': errorType } });
    expect(JSON.parse(refused.text)).toEqual({ message });
    expect(harness.events).toEqual([]);
  });

  test.each([[-4.9], [0], [4.9]])('lets a caller in who may, %d minutes apart, and says who it is', async (minutes) => {
    const headers = await sign('reader', { date: later(minutes) });
    expect(await patch(headers)).toMatchObject({ status: 200 });
    expect(harness.asked).toEqual([
      { action: 'execute-api:Invoke', resource: 'arn:aws:execute-api:eu-west-1:000000000000:abc123def4/live/PATCH/things/7' },
    ]);
    expect(harness.events[0]).toMatchObject({
      requestContext: { identity: { accessKey: expect.stringMatching(/^LOCAL/), userArn: 'reader' } },
    });
  });

  test('lets the person in who runs the platform', async () => {
    const headers = await sign('reader', { credentials: context.keys.operator });
    expect((await patch(headers)).status).toBe(200);
  });

  test("takes a request that was signed for the API's own host, whichever way it came", async () => {
    const host = 'abc123def4.execute-api.eu-west-1.amazonaws.com';
    const { keys, environment } = context;
    const request = { service: 'execute-api', credentials: keys.of(READER), region: environment.region, date: later(0) };
    const headers = await signedHeaders(`http://${host}/live${PATH}`, { ...request, method: 'PATCH', body: BODY });
    for (const prefix of ['', '/abc123def4']) {
      const sent = { method: 'PATCH', headers: { ...headers, host }, path: `${prefix}/live${PATH}` };
      expect((await send('', sent, BODY)).status).toBe(200);
    }
  });

  test('takes a presigned URL for as long as it says', async () => {
    const base = `${harness.gateway.url()}${PATH}`;
    const url = await presigned(base, {
      method: 'PATCH',
      service: 'execute-api',
      credentials: context.keys.of(READER),
      region: context.environment.region,
      date: later(0),
      expiresSeconds: 900,
    });
    const target = `${url.pathname}${url.search}`;
    clock.advance(900_000);
    expect((await send('', { method: 'PATCH', path: target })).status).toBe(200);
    clock.advance(1);
    const over = await send('', { method: 'PATCH', path: target });
    expect(over).toMatchObject({ status: 403, headers: { 'x-amzn-errortype': INVALID } });
    expect(over.text).toMatch(/Signature expired: \w+ was valid for 900 s/);
  });

  test.each([
    '__proto__',
    'constructor',
    'a b',
    '\u00e9'.repeat(64),
  ])('names of a client, such as %j, are none of its own', async (name) => {
    const { authorization, ...rest } = await sign();
    for (const part of ['SignedHeaders', 'Signature', 'Credential']) {
      const changed = authorization!.replace(new RegExp(`${part}=[^,]+`), `${part}=${name}`);
      expect((await patch({ ...rest, authorization: changed })).status).toBe(403);
    }
    expect(harness.events).toEqual([]);
  });
});

describe('a page in a browser', () => {
  const own = () => new URL(harness.gateway.url()).host;
  beforeEach(() => serve([method('/things', 'GET'), method('/things', 'POST')]));

  test.each<[string, Record<string, string>, string, number]>([
    ['of another site reads', { origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' }, 'GET', 200],
    ['of another site changes', { origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' }, 'POST', 403],
    ['without an origin changes', { origin: 'null' }, 'POST', 403],
    [
      'of another site changes by a method that overrides',
      { origin: 'https://a.example', 'x-http-method-override': 'POST' },
      'GET',
      403,
    ],
    ['of a name that was made to lead here reads', { host: 'attacker.example' }, 'GET', 403],
    ['of a development server changes', { origin: 'http://localhost:5173', 'sec-fetch-site': 'same-site' }, 'POST', 200],
  ])('%s', async (_, headers, httpMethod, status) => {
    const answered = await send('/things', { method: httpMethod, headers: { host: own(), ...headers } });
    expect(answered.status).toBe(status);
    expect(harness.events).toHaveLength(status === 200 ? 1 : 0);
  });
});

describe('on the wire', () => {
  const port = () => Number(new URL(harness.gateway.url()).port);
  const path = (rest: string) => `${new URL(harness.gateway.url()).pathname}${rest}`;
  const wire = async (head: string) => parseAnswer(await exchange(port(), `${head}Connection: close\r\n\r\n`));

  beforeEach(() => serve([method('/things', 'GET', { cacheKeyParameters: ['method.request.querystring.page'] })]));

  test.each<[name: string, target: string, version: string, lines: string, status: number]>([
    ['a plain request', '/things', 'HTTP/1.1', 'Host: localhost\r\n', 200],
    ['a whole URL as target', 'absolute', 'HTTP/1.1', 'Host: localhost\r\n', 200],
    ['two hosts', '/things', 'HTTP/1.1', 'Host: localhost\r\nHost: 127.0.0.1\r\n', 400],
    ['no version', '/things', '', 'Host: localhost\r\n', 400],
    ['another version', '/things', 'HTTP/2.0', 'Host: localhost\r\n', 400],
    ['a bar in the query string', '/things?a|b', 'HTTP/1.1', 'Host: localhost\r\n', 400],
    ['a brace in the query string', '/things?{a}', 'HTTP/1.1', 'Host: localhost\r\n', 400],
    ['a bar that is encoded', '/things?a%7Cb', 'HTTP/1.1', 'Host: localhost\r\n', 200],
    ['an escape that is none', '/things?page=%zz', 'HTTP/1.1', 'Host: localhost\r\n', 400],
    ['an escape that is none, in the path', '/things%', 'HTTP/1.1', 'Host: localhost\r\n', 400],
    ['10,240 bytes of line and values', '/things', 'HTTP/1.1', `Host: localhost\r\nX: ${'x'.repeat(10_240)}\r\n`, 413],
    [
      'a method that overrides, which the resource does not have',
      '/things',
      'HTTP/1.1',
      'Host: localhost\r\nX-HTTP-Method-Override: PUT\r\n',
      403,
    ],
    ['an override that names no method', '/things', 'HTTP/1.1', 'Host: localhost\r\nX-HTTP-Method-Override: __proto__\r\n', 200],
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
