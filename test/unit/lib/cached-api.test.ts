import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { CachedApi, type CachedApiProps } from '../../../lib/gateway/cached-api';
import { GatewayCacheSize } from '../../../lib/gateway/gateway-cache-size';
import { defineRoute, MAX_GATEWAY_TTL_SECONDS } from '../../../lib/route';
import { newStack, routeAt } from './support';

const cached = defineRoute({
  name: 'item',
  path: '/shops/{shop}/items/{item}',
  query: { lang: { default: 'en' } },
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60 },
});
const uncached = routeAt('status', '/status');

function api(props: Partial<CachedApiProps> = {}): Template {
  const stack = newStack();
  const fn = (id: string) =>
    new PlatformFunction(stack, id, { bundle: 'topology', description: 'Answers', timeout: Duration.seconds(3) });
  new CachedApi(stack, 'Api', {
    routes: [cached, uncached],
    reader: fn('Reader'),
    writer: fn('Writer'),
    ...props,
  });
  return Template.fromStack(stack);
}

test('a route alone decides on parameters, key and time of its method', () => {
  const template = api();
  const key = ['method.request.path.shop', 'method.request.path.item', 'method.request.querystring.lang'];
  template.hasResourceProperties('AWS::ApiGateway::Method', {
    HttpMethod: 'GET',
    RequestParameters: { [key[0]!]: true, [key[1]!]: true, [key[2]!]: false },
    Integration: { CacheKeyParameters: key, CacheNamespace: 'item-1' },
  });
  template.hasResourceProperties('AWS::ApiGateway::Stage', {
    CacheClusterEnabled: true,
    CacheClusterSize: '0.5',
    MethodSettings: Match.arrayWith([
      Match.objectLike({ HttpMethod: '*', ResourcePath: '/*', CachingEnabled: false, CacheDataEncrypted: true }),
      Match.objectLike({
        HttpMethod: 'GET',
        ResourcePath: '/~1shops~1{shop}~1items~1{item}',
        CachingEnabled: true,
        CacheDataEncrypted: true,
        CacheTtlInSeconds: 60,
      }),
      Match.objectLike({ HttpMethod: 'GET', ResourcePath: '/~1status', CachingEnabled: false, CacheDataEncrypted: true }),
    ]),
  });
});

test('writes need authorisation unless the API is open, and are not cached', () => {
  const writes = [{ route: cached, method: 'PUT' as const }];
  api({ writes }).hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'PUT', AuthorizationType: 'AWS_IAM' });
  api({ writes, open: true }).hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'PUT', AuthorizationType: 'NONE' });
  api({ writes }).hasResourceProperties('AWS::ApiGateway::Stage', {
    MethodSettings: Match.arrayWith([Match.objectLike({ HttpMethod: 'PUT', CachingEnabled: false, CacheDataEncrypted: true })]),
  });
});

test('an unsigned write is refused with 403 and the reason', () => {
  api().hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
    ResponseType: 'MISSING_AUTHENTICATION_TOKEN',
    StatusCode: '403',
    ResponseParameters: { 'gatewayresponse.header.Content-Type': "'application/problem+json'" },
    ResponseTemplates: { 'application/json': Match.stringLikeRegexp('must be signed with Signature Version 4') },
  });
});

test('a path that nobody declared, and the root, are answered by the gateway itself with 404', () => {
  const template = api();
  const [greedy] = Object.keys(template.findResources('AWS::ApiGateway::Resource', { Properties: { PathPart: '{path+}' } }));
  for (const ResourceId of [{ Ref: greedy }, { 'Fn::GetAtt': [Match.anyValue(), 'RootResourceId'] }]) {
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'ANY',
      ResourceId,
      AuthorizationType: 'NONE',
      Integration: { Type: 'MOCK', IntegrationResponses: [Match.objectLike({ StatusCode: '404' })] },
    });
  }
});

test('the stage cache has one of the sizes that there are', () => {
  api({ cacheSize: GatewayCacheSize.GB_6_1 }).hasResourceProperties('AWS::ApiGateway::Stage', { CacheClusterSize: '6.1' });
});

test('fails when two routes have one name', () => {
  expect(() => api({ routes: [uncached, routeAt('status', '/state')] })).toThrow(
    "'name' of each route must be its own, got: 'status' for /status and /state",
  );
});

test('fails when two routes answer the same requests, whatever their parameters are called', () => {
  expect(() => api({ routes: [routeAt('a', '/items/{id}'), routeAt('b', '/items/{name}')] })).toThrow(
    "'path' of each route must answer requests of its own, got: '/items/{name}' of 'b' beside '/items/{id}' of 'a'",
  );
});

test('fails when a write is on a route that the API does not have', () => {
  expect(() => api({ writes: [{ route: routeAt('other', '/other'), method: 'POST' }] })).toThrow(
    "'writes' must be on declared routes, got: POST /other; add the route to 'routes'",
  );
});

test('fails when a route is to stay at the gateway for longer than API Gateway can', () => {
  const freshness = { sharedTtlSeconds: 86_400, gatewayTtlSeconds: MAX_GATEWAY_TTL_SECONDS + 1 };
  expect(() => routeAt('long', '/long', freshness)).toThrow(/route 'long': 'freshness.gatewayTtlSeconds' .*got: 3601/);
});
