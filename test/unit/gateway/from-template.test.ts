import { gatewayFromTemplate, types } from '../../../local/gateway';
import type { Resource } from '../../../local/types';
import { plainModel, productContext } from '../../support/product-context';

const context = productContext();
afterAll(() => context.cleanUp());

type Template = Record<string, { type: string; properties: Resource['properties'] }>;

const reference = (logicalId: string, type: string): string =>
  types[`AWS::ApiGateway::${type}`]!.ref({ stack: 'Stack', logicalId, type, properties: {}, asset: String }, context.environment);

const API = reference('Api', 'RestApi');
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:things';

/** A small API; each test changes one thing of it. */
function template(change: (parts: Template) => void = () => {}): Template {
  const parts: Template = {
    Api: { type: 'AWS::ApiGateway::RestApi', properties: { Name: 'Things' } },
    Things: {
      type: 'AWS::ApiGateway::Resource',
      properties: {
        RestApiId: API,
        ParentId: types['AWS::ApiGateway::RestApi']!.attributes!.RootResourceId!(
          { stack: 'Stack', logicalId: 'Api', type: '', properties: {}, asset: String },
          context.environment,
        ),
        PathPart: 'things',
      },
    },
    Thing: {
      type: 'AWS::ApiGateway::Resource',
      properties: { RestApiId: API, ParentId: reference('Things', 'Resource'), PathPart: '{id}' },
    },
    GetThing: {
      type: 'AWS::ApiGateway::Method',
      properties: {
        RestApiId: API,
        ResourceId: reference('Thing', 'Resource'),
        HttpMethod: 'GET',
        AuthorizationType: 'NONE',
        RequestParameters: { 'method.request.path.id': true },
        Integration: {
          Type: 'AWS_PROXY',
          IntegrationHttpMethod: 'POST',
          Uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations`,
          CacheKeyParameters: ['method.request.path.id'],
        },
      },
    },
    Deployment: { type: 'AWS::ApiGateway::Deployment', properties: { RestApiId: API } },
    Stage: {
      type: 'AWS::ApiGateway::Stage',
      properties: {
        RestApiId: API,
        StageName: 'live',
        DeploymentId: reference('Deployment', 'Deployment'),
        CacheClusterEnabled: true,
        CacheClusterSize: '1.6',
        MethodSettings: [{ ResourcePath: '/~1things~1{id}', HttpMethod: 'GET', CachingEnabled: true, CacheTtlInSeconds: 60 }],
      },
    },
  };
  change(parts);
  return parts;
}

const read = (change?: (parts: Template) => void) =>
  gatewayFromTemplate(plainModel(template(change), context.environment)).apis[0]!;

const MOCK = {
  Type: 'MOCK',
  PassthroughBehavior: 'NEVER',
  RequestTemplates: { 'application/json': '{"statusCode":405}' },
  IntegrationResponses: [
    {
      StatusCode: '405',
      ResponseParameters: { 'method.response.header.Allow': "'GET, HEAD'" },
      ResponseTemplates: { 'application/json': '{"status":405}' },
    },
  ],
};

const readMock = (change: object = {}) =>
  read((parts) => {
    parts.GetThing!.properties.Integration = { ...MOCK, ...change };
  }).root.children[0]!.children[0]!.methods.GET;

test('reads a mock, whose answer is in the template', () => {
  expect(readMock()?.mock).toEqual({ statusCode: 405, headers: [['Allow', 'GET, HEAD']], body: Buffer.from('{"status":405}') });
});

test.each([
  [
    'PassthroughBehavior',
    { PassthroughBehavior: 'WHEN_NO_MATCH' },
    "'Integration.PassthroughBehavior' must be 'NEVER' for a mock here",
  ],
  ['RequestTemplates', { RequestTemplates: {} }, "'Integration.RequestTemplates' must be of application/json and name a status"],
  ['IntegrationResponses', { IntegrationResponses: [] }, "'Integration.IntegrationResponses' must have a response of status 405"],
])('refuses a mock of another kind, by its %s', (_, change, message) => {
  expect(() => readMock(change)).toThrow(message);
});

test('reads tree, methods, stage and settings', () => {
  const api = read();
  expect(api.id).toMatch(/^[a-z0-9]{10}$/);
  expect(api.root.children[0]).toMatchObject({ path: '/things', children: [{ path: '/things/{id}' }] });
  expect(api.root.children[0]!.children[0]!.methods.GET).toMatchObject({
    functionArn: FUNCTION,
    timeoutMilliseconds: 29_000,
    cacheKeyParameters: ['method.request.path.id'],
    requiredParameters: [],
    cacheNamespace: reference('Thing', 'Resource'),
  });
  expect(api.stages).toEqual([
    expect.objectContaining({
      name: 'live',
      cacheBytes: 1.6 * 2 ** 30,
      methodSettings: [
        expect.objectContaining({ resourcePath: '/things/{id}', httpMethod: 'GET', cachingEnabled: true, cacheTtlSeconds: 60 }),
      ],
    }),
  ]);
});

test('demands parameters only where a validator does', () => {
  const api = read((parts) => {
    parts.GetThing!.properties.RequestValidatorId = reference('Validator', 'RequestValidator');
    parts.Validator = {
      type: 'AWS::ApiGateway::RequestValidator',
      properties: { RestApiId: API, ValidateRequestParameters: true },
    };
  });
  expect(api.root.children[0]!.children[0]!.methods.GET!.requiredParameters).toEqual(['method.request.path.id']);
});

test('reads answers of the gateway itself', () => {
  const api = read((parts) => {
    parts.Missing = {
      type: 'AWS::ApiGateway::GatewayResponse',
      properties: {
        RestApiId: API,
        ResponseType: 'MISSING_AUTHENTICATION_TOKEN',
        StatusCode: '404',
        ResponseParameters: { 'gatewayresponse.header.Content-Type': "'application/problem+json'" },
        ResponseTemplates: { 'application/json': '{"title":$context.error.messageString}' },
      },
    };
  });
  expect(api.gatewayResponses).toEqual({
    MISSING_AUTHENTICATION_TOKEN: {
      statusCode: 404,
      headers: { 'Content-Type': 'application/problem+json' },
      template: '{"title":$context.error.messageString}',
    },
  });
});

test.each<[string, (parts: Template) => void, RegExp]>([
  [
    'an authoriser',
    (parts) => (parts.GetThing!.properties.AuthorizationType = 'CUSTOM'),
    /'AuthorizationType' must be 'NONE' or 'AWS_IAM', got: 'CUSTOM'/,
  ],
  ['an API key', (parts) => (parts.GetThing!.properties.ApiKeyRequired = true), /'ApiKeyRequired' must not be true/],
  [
    'another integration',
    (parts) => (parts.GetThing!.properties.Integration.Type = 'HTTP'),
    /'Integration.Type' must be 'AWS_PROXY' or 'MOCK', got: 'HTTP'/,
  ],
  [
    'a GET to Lambda',
    (parts) => (parts.GetThing!.properties.Integration.IntegrationHttpMethod = 'GET'),
    /'Integration.IntegrationHttpMethod' must be 'POST'/,
  ],
  [
    'a cache key that is not declared',
    (parts) => (parts.GetThing!.properties.RequestParameters = {}),
    /must be declared in 'RequestParameters', .* got: 'method.request.path.id'/,
  ],
  ['a stage without a deployment', (parts) => delete parts.Deployment, /'DeploymentId' must be a deployment of the same API/],
  [
    'a template variable that is not known',
    (parts) => {
      parts.Odd = {
        type: 'AWS::ApiGateway::GatewayResponse',
        properties: { RestApiId: API, ResponseType: 'THROTTLED', ResponseTemplates: { 'application/json': '$context.stage' } },
      };
    },
    /'ResponseTemplates' must use variables that are known here, got: '\$context.stage'/,
  ],
])('fails with the resource and property on %s', (_, change, message) => {
  expect(() => read(change)).toThrow(message);
  expect(() => read(change)).toThrow(/of stack 'Stack'/);
});
