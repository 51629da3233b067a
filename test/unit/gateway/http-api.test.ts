import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpNoneAuthorizer, PayloadFormatVersion } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { FunctionUrlOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { mergeTypes } from '../../../local/assembly';
import { Policies } from '../../../local/aws';
import { policiesFromTemplate } from '../../../local/aws/template-policies';
import { createEdge, type Edge, edgeFromTemplate } from '../../../local/edge';
import { createGateway, type Gateway, gatewayFromTemplate } from '../../../local/gateway';
import type { HttpRoute } from '../../../local/gateway/http-api/options';
import { matchRoute } from '../../../local/gateway/http-api/routes';
import { PRODUCT_TYPES } from '../../../local/products';
import type { InvokeResult } from '../../../local/types';
import { modelOf } from '../../support/assembly';
import { productContext } from '../../support/product-context';
import { signedFetch } from '../../support/signed-request';

// biome-ignore lint/suspicious/noExplicitAny: events and templates have no static shape here
type Any = any;

const context = productContext();
let events: Any[] = [];
let answer: (event: Any) => InvokeResult = () => ({ payload: '{"statusCode":200,"body":"x"}' });
let gateway: Gateway | undefined;
let edge: Edge | undefined;

function synthesized(build: (stack: Stack, fn: lambda.Function) => void, edit: (resources: Any) => void = () => undefined) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'http-api-'));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Stack');
  const fn = new lambda.Function(stack, 'Fn', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({})'),
  });
  build(stack, fn);
  const { template } = app.synth().getStackByName('Stack');
  fs.rmSync(outdir, { recursive: true });
  edit(template.Resources);
  return modelOf({ Stack: { template: { Resources: template.Resources } } }, { types: mergeTypes(PRODUCT_TYPES) });
}

/** Serves the template; the function's answers are the test's. */
async function serve(build: (stack: Stack, fn: lambda.Function) => void, edit?: (resources: Any) => void) {
  const model = synthesized(build, edit);
  const policies = new Policies(policiesFromTemplate(model));
  const arn = model.attribute(model.resources('AWS::Lambda::Function')[0]!, 'Arn');
  context.registry.functions.set(arn, {
    arn,
    invoke: async (event) => {
      events.push(event);
      return answer(event);
    },
  });
  gateway = createGateway(gatewayFromTemplate(model), context, { callers: new Map(), policies });
  await gateway.start();
  const { distributions } = edgeFromTemplate(model);
  if (distributions.length > 0) {
    edge = createEdge({ distributions }, context, { port: 0 });
    await edge.start();
  }
  const [[host, url]] = [...context.registry.origins] as [[string, string]];
  return { host, url };
}

afterEach(async () => {
  await edge?.dispose();
  await gateway?.dispose();
  expect(context.registry.origins.size).toBe(0);
  events = [];
  edge = gateway = undefined;
  answer = () => ({ payload: '{"statusCode":200,"body":"x"}' });
});
afterAll(() => context.cleanUp());

const route = (key: string): HttpRoute => ({ key, functionArn: key, payload: '2.0', timeoutMilliseconds: 1, iam: false });

test.each<[string, string, string | undefined, object?]>([
  ['GET', '/things', 'GET /things', {}],
  ['POST', '/things', 'ANY /things', {}],
  ['GET', '/things/', 'GET /things', {}],
  ['GET', '/things/a%20b', 'ANY /things/{id}', { id: 'a b' }],
  ['GET', '/things/new', 'GET /things/new', {}],
  ['GET', '/things/a/b/c', 'GET /things/{proxy+}', { proxy: 'a/b/c' }],
  ['PUT', '/things/a/b/c', '$default', {}],
  ['GET', '/other', '$default', {}],
])('%s %s is answered by the route %s', (method, asked, expected, parameters = {}) => {
  const keys = ['$default', 'GET /things/{proxy+}', 'ANY /things', 'ANY /things/{id}', 'GET /things', 'GET /things/new'];
  const match = matchRoute(keys.map(route), method, asked);
  expect(match?.route.key).toBe(expected);
  expect({ ...match?.pathParameters }).toEqual(parameters);
});

test('no route is 404', () => {
  expect(matchRoute([route('GET /a')], 'GET', '/b')).toBeUndefined();
});

describe('an HTTP API', () => {
  const api = (stack: Stack, fn: lambda.Function) => {
    const made = new HttpApi(stack, 'Api', { createDefaultStage: true });
    const integration = new HttpLambdaIntegration('Things', fn);
    made.addRoutes({ path: '/things/{id}', methods: [HttpMethod.GET, HttpMethod.POST], integration });
    made.addRoutes({
      path: '/old',
      integration: new HttpLambdaIntegration('Old', fn, { payloadFormatVersion: PayloadFormatVersion.VERSION_1_0 }),
      authorizer: new HttpNoneAuthorizer(),
    });
    made.addRoutes({ path: '/signed', methods: [HttpMethod.GET], integration, authorizer: new HttpIamAuthorizer() });
    made.addStage('Beta', { stageName: 'beta', autoDeploy: true });
  };

  test('calls its function with an event of format 2.0', async () => {
    const { host, url } = await serve(api);
    const response = await fetch(`${url}/things/a%20b?q=1&q=2&r=%C3%A4`, { headers: { cookie: 'a=1; b=2', 'X-Twice': 'x' } });
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([
      200,
      'x',
      'text/plain; charset=utf-8',
    ]);
    expect(events[0]).toMatchObject({
      version: '2.0',
      routeKey: 'GET /things/{id}',
      rawPath: '/things/a%20b',
      rawQueryString: 'q=1&q=2&r=%C3%A4',
      cookies: ['a=1', 'b=2'],
      headers: { host, 'x-twice': 'x' },
      queryStringParameters: { q: '1,2', r: 'ä' },
      pathParameters: { id: 'a b' },
      isBase64Encoded: false,
      requestContext: {
        domainName: host,
        stage: '$default',
        http: { method: 'GET', path: '/things/a%20b', protocol: 'HTTP/1.1' },
      },
    });
    expect(events[0]).not.toHaveProperty('body');
    expect(events[0].headers).not.toHaveProperty('cookie');
  });

  test.each<[string, string, string | Buffer, boolean]>([
    ['text', 'application/json', '{"a":1}', false],
    ['bytes', 'image/png', Buffer.from([1, 255]), true],
  ])('passes a body on as %s', async (_, type, body, isBase64Encoded) => {
    const { url } = await serve(api);
    await fetch(`${url}/things/1`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(events[0]).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? (body as Buffer).toString('base64') : body });
  });

  test('calls a function with an event of format 1.0 where the integration says so', async () => {
    const { url } = await serve(api);
    await fetch(`${url}/old?q=1&q=2`);
    expect(events[0]).toMatchObject({
      version: '1.0',
      resource: '/old',
      path: '/old',
      httpMethod: 'GET',
      queryStringParameters: { q: '2' },
      multiValueQueryStringParameters: { q: ['1', '2'] },
      body: null,
    });
  });

  test('is found below the name of a stage, which is part of the raw path', async () => {
    const { url } = await serve(api);
    await fetch(`${url}/beta/things/1`);
    expect(events[0]).toMatchObject({
      rawPath: '/beta/things/1',
      requestContext: { stage: 'beta' },
      pathParameters: { id: '1' },
    });
  });

  test.each<[unknown, number, string, string | null]>([
    [{ statusCode: 201, headers: { 'X-A': 1 }, cookies: ['a=1', 'b=2'], body: 'YQ==', isBase64Encoded: true }, 201, 'a', null],
    [{ hello: 'world' }, 200, '{"hello":"world"}', 'application/json'],
    ['text', 200, 'text', 'application/json'],
    [{ statusCode: 99 }, 500, '{"message":"Internal Server Error"}', 'application/json'],
    [{ statusCode: 200, headers: { 'a b': 'x' } }, 500, '{"message":"Internal Server Error"}', 'application/json'],
  ])('answers with what the function means by %j', async (value, status, body, type) => {
    answer = () => ({ payload: JSON.stringify(value) });
    const { url } = await serve(api);
    const response = await fetch(`${url}/things/1`);
    expect([response.status, await response.text()]).toEqual([status, body]);
    if (type !== null) expect(response.headers.get('content-type')).toBe(type);
    else expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  test('answers 500 for a function that failed, 404 for no route, and 403 for a request that is not signed', async () => {
    answer = () => ({ payload: '{}', functionError: 'Unhandled' });
    const { url } = await serve(api);
    expect((await fetch(`${url}/things/1`)).status).toBe(500);
    expect((await fetch(`${url}/none`)).status).toBe(404);
    expect((await fetch(`${url}/signed`)).status).toBe(403);
    answer = () => ({ payload: '{"statusCode":204}' });
    const request = { method: 'GET', service: 'execute-api', credentials: context.keys.operator, region: 'eu-west-1' };
    expect((await signedFetch(`${url}/signed`, request)).status).toBe(204);
  });

  test('does not call a function that does not let it in', async () => {
    const { url } = await serve(api, (resources) => {
      for (const [id, { Type }] of Object.entries<Any>(resources)) if (Type === 'AWS::Lambda::Permission') delete resources[id];
    });
    expect((await fetch(`${url}/things/1`)).status).toBe(500);
    expect(events).toEqual([]);
  });

  test.each<[string, (resources: Any) => void, RegExp]>([
    [
      'a WebSocket API',
      (all) => Object.assign(ofType(all, 'AWS::ApiGatewayV2::Api'), { ProtocolType: 'WEBSOCKET' }),
      /'ProtocolType' must be 'HTTP', got: 'WEBSOCKET'/,
    ],
    [
      'an authorizer',
      (all) => Object.assign(ofType(all, 'AWS::ApiGatewayV2::Route'), { AuthorizationType: 'JWT' }),
      /'AuthorizationType' must be 'NONE' or 'AWS_IAM', got: 'JWT'/,
    ],
    [
      'another integration',
      (all) =>
        Object.assign(ofType(all, 'AWS::ApiGatewayV2::Integration'), {
          IntegrationType: 'HTTP_PROXY',
          IntegrationUri: 'https://example.com',
        }),
      /'IntegrationUri' must be a function/,
    ],
  ])('refuses %s by name', (_, edit, message) => {
    expect(() => gatewayFromTemplate(synthesized(api, edit))).toThrow(message);
  });
});

describe('a function URL', () => {
  const url = (authType: lambda.FunctionUrlAuthType) => (_: Stack, fn: lambda.Function) => void fn.addFunctionUrl({ authType });

  test('calls its function for everybody where the policy says so', async () => {
    answer = () => ({ payload: '{"hello":"world"}' });
    const { host, url: base } = await serve(url(lambda.FunctionUrlAuthType.NONE));
    const response = await fetch(`${base}/any/path?q=1`);
    expect([response.status, await response.json()]).toEqual([200, { hello: 'world' }]);
    expect(events[0]).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/any/path',
      requestContext: { accountId: 'anonymous', domainName: host, stage: '$default' },
    });
  });

  test('calls it for nobody where the policy lacks one of the two actions', async () => {
    const { url: base } = await serve(url(lambda.FunctionUrlAuthType.NONE), (resources) => {
      const [id] = Object.entries<Any>(resources).find(([, { Properties }]) => Properties?.InvokedViaFunctionUrl)!;
      delete resources[id];
    });
    const response = await fetch(base);
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('Forbidden')]);
    expect(events).toEqual([]);
  });

  test('with IAM calls it for who signs, and says 502 where it fails', async () => {
    const { url: base } = await serve(url(lambda.FunctionUrlAuthType.AWS_IAM));
    expect((await fetch(`${base}/a`)).status).toBe(403);
    const request = { method: 'GET', service: 'lambda', credentials: context.keys.operator, region: 'eu-west-1' };
    expect((await signedFetch(`${base}/a`, request)).status).toBe(200);
    answer = () => ({ payload: '{}', functionError: 'Unhandled' });
    expect((await signedFetch(`${base}/a`, request)).status).toBe(502);
  });

  const behindTheEdge = (stack: Stack, fn: lambda.Function) => {
    const made = fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM });
    new cloudfront.Distribution(stack, 'Distribution', {
      defaultBehavior: {
        origin: FunctionUrlOrigin.withOriginAccessControl(made),
        allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
    });
  };

  test('with IAM lets a distribution in that signs for it, whose viewers send the hash of a body', async () => {
    await serve(behindTheEdge);
    expect((await fetch(`${edge!.url}/a?b=1?2`)).status).toBe(200);
    expect(events[0]).toMatchObject({ rawPath: '/a', rawQueryString: 'b=1?2' });
    const post = (headers: Record<string, string>) => fetch(`${edge!.url}/a`, { method: 'POST', body: '{}', headers });
    expect((await post({})).status).toBe(403);
    const hash = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
    expect((await post({ 'x-amz-content-sha256': hash, 'content-type': 'application/json' })).status).toBe(200);
    expect(events[1]).toMatchObject({ body: '{}' });
  });

  test('refuses to stream by name', () => {
    const streams = (_: Stack, fn: lambda.Function) =>
      void fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE, invokeMode: lambda.InvokeMode.RESPONSE_STREAM });
    expect(() => gatewayFromTemplate(synthesized(streams))).toThrow(/'InvokeMode' must be 'BUFFERED', got: 'RESPONSE_STREAM'/);
  });
});

function ofType(resources: Any, type: string) {
  return Object.values<Any>(resources).find(({ Type }) => Type === type).Properties;
}
