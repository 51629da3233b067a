import { gatewayResponse } from '../../../local/gateway/gateway-responses';
import { proxyEvent } from '../../../local/gateway/proxy-event';
import { bodyFor, decodesBinary, type IntegrationResponse, isBinary, proxyResponse } from '../../../local/gateway/response';
import { method, request, restApi, stage } from '../../support/rest-api';

const context = {
  account: '000000000000',
  region: 'eu-west-1',
  api: restApi([]),
  stage: stage({ variables: { colour: 'blue' } }),
  method: method('/things/{id}', 'GET'),
  pathParameters: { id: 'a%20b' },
  requestId: '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
  extendedRequestId: 'ext=',
  time: Date.UTC(2026, 3, 9, 12, 34, 56),
  signer: undefined,
};

test('the event has everything that a REST API gives a proxy integration', () => {
  const incoming = request('GET', '/things/a%20b?page=1&page=2&q=x+y%21&flag', {
    Host: 'abc123def4.execute-api.eu-west-1.amazonaws.com',
    'User-Agent': 'Amazon CloudFront',
    'X-Forwarded-For': '198.51.100.1',
    Connection: 'keep-alive',
  });
  const event = proxyEvent(incoming, context);
  expect(event).toMatchObject({
    resource: '/things/{id}',
    path: '/things/a%20b',
    httpMethod: 'GET',
    headers: { Host: 'abc123def4.execute-api.eu-west-1.amazonaws.com', 'X-Forwarded-For': '198.51.100.1, 203.0.113.7' },
    queryStringParameters: { page: '2', q: 'x y!', flag: '' },
    multiValueQueryStringParameters: { page: ['1', '2'], q: ['x y!'], flag: [''] },
    pathParameters: { id: 'a b' },
    stageVariables: { colour: 'blue' },
    body: null,
    isBase64Encoded: false,
  });
  expect(event.multiValueHeaders['User-Agent']).toEqual(['Amazon CloudFront']);
  expect(event.headers).not.toHaveProperty('Connection');
  expect(event.requestContext).toEqual({
    accountId: '000000000000',
    apiId: 'abc123def4',
    deploymentId: 'dep123',
    domainName: 'abc123def4.execute-api.eu-west-1.amazonaws.com',
    domainPrefix: 'abc123def4',
    extendedRequestId: 'ext=',
    httpMethod: 'GET',
    identity: expect.objectContaining({
      sourceIp: '203.0.113.7',
      userAgent: 'Amazon CloudFront',
      accessKey: null,
      userArn: null,
    }),
    path: '/live/things/a%20b',
    protocol: 'HTTP/1.1',
    requestId: '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
    requestTime: '09/Apr/2026:12:34:56 +0000',
    requestTimeEpoch: context.time,
    resourceId: '/things/{id}',
    resourcePath: '/things/{id}',
    stage: 'live',
  });
});

test.each([
  ['a signature of AWS’s', { Authorization: 'AWS4-HMAC-SHA256 Credential=A/b, SignedHeaders=host, Signature=0' }, {}, undefined],
  ['any other', { Authorization: 'Bearer a' }, {}, 'Bearer a'],
  [
    'any other, of a method with IAM authorization',
    { Authorization: 'Bearer a' },
    { authorization: 'AWS_IAM' as const },
    undefined,
  ],
])('an Authorization with %s', (_, headers, parts, expected) => {
  const event = proxyEvent(request('GET', '/things', headers), { ...context, method: method('/things', 'GET', parts) });
  expect([event.headers.Authorization, event.multiValueHeaders.Authorization?.[0]]).toEqual([expected, expected]);
});

test('names of a viewer are like any others', () => {
  const event = proxyEvent(request('GET', '/things?__proto__=1&constructor=2', { ['__proto__']: '3' }), context);
  expect(JSON.parse(JSON.stringify(event.queryStringParameters))).toEqual(JSON.parse('{"__proto__":"1","constructor":"2"}'));
  expect(Object.keys(event.headers)).toContain('__proto__');
});

test('what is absent is null', () => {
  const event = proxyEvent(request('GET', '/things'), { ...context, stage: stage(), pathParameters: {} });
  expect(event).toMatchObject({
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: null,
  });
});

test('a body is text, unless its type is one of the binary types of the API', () => {
  const api = restApi([], { binaryMediaTypes: ['image/*'] });
  const body = (type: string) => proxyEvent(request('POST', '/things', { 'Content-Type': type }, 'é'), { ...context, api });
  expect(body('application/json')).toMatchObject({ body: 'é', isBase64Encoded: false });
  expect(body('image/png')).toMatchObject({ body: 'w6k=', isBase64Encoded: true });
});

test.each([
  ['image/png', ['image/png'], true],
  ['image/png; q=1', ['image/*'], true],
  ['text/plain', ['image/*'], false],
  ['text/plain', ['*/*'], true],
  [undefined, ['*/*'], true],
  [undefined, ['image/*'], false],
])('%s is binary of %s: %s', (type, types, expected) => {
  expect(isBinary(type, types)).toBe(expected);
  expect(decodesBinary(type && `${type}, text/html`, types)).toBe(expected);
});

describe('what a function returns', () => {
  test.each([
    ['is not JSON', 'oops'],
    ['is no object', '"text"'],
    ['is a list', '[]'],
    ['is null', 'null'],
    ['has no status', '{"body":"x"}'],
    ['has a status that is no number', '{"statusCode":"ok"}'],
    ['has a status out of range', '{"statusCode":99}'],
    ['has a status that ends no request', '{"statusCode":103}'],
    ['has a header with a line break', '{"statusCode":200,"headers":{"x-a":"1\\r\\nset-cookie: b=2"}}'],
    ['has a header with NUL', '{"statusCode":200,"multiValueHeaders":{"x-a":["\\u0000"]}}'],
    ['has a header beyond Latin-1', '{"statusCode":200,"headers":{"x-a":"\\u20ac"}}'],
    ['has a header whose name is no token', '{"statusCode":200,"headers":{"x a":"1"}}'],
    ['has a body that is no text', '{"statusCode":200,"body":{"a":1}}'],
    ['has a member that is not known', '{"statusCode":200,"cookies":[]}'],
  ])('is refused where it %s', (_, payload) => {
    expect(proxyResponse(payload)).toBeUndefined();
  });

  test('becomes the response, JSON by default', () => {
    expect(proxyResponse('{"statusCode":"201","body":"x"}')).toEqual({
      statusCode: 201,
      headers: [['Content-Type', 'application/json']],
      body: Buffer.from('x'),
    });
  });

  test('has headers with one value and with several, and none that are the gateway’s own', () => {
    const payload = JSON.stringify({
      statusCode: 200,
      headers: { 'content-type': 'text/plain', Vary: 'one', Date: 'today', 'Transfer-Encoding': 'chunked', 'X-Count': 3 },
      multiValueHeaders: { vary: ['a', 'b'], 'Set-Cookie': ['c=1', 'd=2'] },
    });
    expect(proxyResponse(payload)?.headers).toEqual([
      ['content-type', 'text/plain'],
      ['vary', 'a'],
      ['vary', 'b'],
      ['x-amzn-Remapped-Date', 'today'],
      ['X-Count', '3'],
      ['Set-Cookie', 'c=1'],
      ['Set-Cookie', 'd=2'],
    ]);
  });

  test('is decoded from base64 only where the client accepts a binary type', () => {
    const payload = '{"statusCode":200,"body":"w6k=","isBase64Encoded":true}';
    const response = proxyResponse(payload) as IntegrationResponse;
    const bodies = ['image/png, */*', 'text/html', undefined].map((accept) =>
      bodyFor(response, accept, ['image/png']).body.toString(),
    );
    expect(bodies).toEqual(['é', 'w6k=', 'w6k=']);
  });
});

describe('an answer of the gateway itself', () => {
  const custom = {
    DEFAULT_5XX: {
      statusCode: undefined,
      headers: { 'Content-Type': 'text/plain' },
      template: '$context.error.responseType: $context.error.message',
    },
    MISSING_AUTHENTICATION_TOKEN: { statusCode: 404, headers: {}, template: undefined },
  };
  test.each([
    ['MISSING_AUTHENTICATION_TOKEN', 403, 'Missing Authentication Token'],
    ['INTEGRATION_FAILURE', 502, 'Internal server error'],
    ['INTEGRATION_TIMEOUT', 504, 'Endpoint request timed out'],
    ['API_CONFIGURATION_ERROR', 500, 'Internal server error'],
    ['THROTTLED', 429, 'Too Many Requests'],
    ['REQUEST_TOO_LARGE', 413, 'Request Too Long'],
  ] as const)('%s is %i', (type, statusCode, message) => {
    const response = gatewayResponse(type, {}, { requestId: 'r' });
    expect(response.statusCode).toBe(statusCode);
    expect(JSON.parse(response.body.toString())).toEqual({ message });
  });

  test('has the status of its type, and the template of its group', () => {
    const failure = gatewayResponse('INTEGRATION_FAILURE', custom, { requestId: 'r' });
    expect(failure).toMatchObject({ statusCode: 502, body: Buffer.from('INTEGRATION_FAILURE: Internal server error') });
    expect(failure.headers).toContainEqual(['content-type', 'text/plain']);
    expect(gatewayResponse('MISSING_AUTHENTICATION_TOKEN', custom, { requestId: 'r' }).statusCode).toBe(404);
    expect(gatewayResponse('THROTTLED', custom, { requestId: 'r' }).statusCode).toBe(429);
  });
});
