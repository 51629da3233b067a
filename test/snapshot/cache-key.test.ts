import { places } from '../../examples/places';
import type { Route } from '../../lib/route';
import { SynthesizedStage, type TemplateResource } from './synthesized';

const stage = new SynthesizedStage('prod');
const api = stage.template('api').toJSON().Resources as Record<string, TemplateResource>;
const edge = stage.template('edge').toJSON().Resources as Record<string, TemplateResource>;

const ofType = (resources: Record<string, TemplateResource>, type: string): TemplateResource[] =>
  Object.values(resources).filter((resource) => resource.Type === type);

const apiStage = ofType(api, 'AWS::ApiGateway::Stage')[0]!.Properties;
const settings: Record<string, unknown>[] = apiStage.MethodSettings;

/** Path of a method's resource, from the chain of resources above it. */
function pathOf(resourceId: { Ref?: string }): string {
  // The root, which is no resource of the template.
  if (!resourceId.Ref) return '/';
  const { PathPart, ParentId } = api[resourceId.Ref]!.Properties;
  return `${ParentId.Ref ? pathOf(ParentId) : ''}/${PathPart}`;
}

function methodOf(path: string, httpMethod: string): TemplateResource['Properties'] {
  const found = ofType(api, 'AWS::ApiGateway::Method').find(
    ({ Properties }) => Properties.HttpMethod === httpMethod && pathOf(Properties.ResourceId) === path,
  );
  if (!found) throw new Error(`there is no ${httpMethod} ${path}`);
  return found.Properties;
}

const settingOf = (path: string, method: string) =>
  settings.find(({ ResourcePath, HttpMethod }) => ResourcePath === `/${path.replaceAll('/', '~1')}` && HttpMethod === method);

const named = (routes: readonly Route[]) => routes.map((route) => [route.name, route] as const);
const atGateway = places.routes.filter((route) => (route.freshness?.gatewayTtlSeconds ?? 0) > 0);
const uncached = places.routes.filter((route) => !route.freshness);

test('there are routes of both kinds to look at', () => {
  expect(atGateway.length).toBeGreaterThan(0);
  expect(uncached.length).toBeGreaterThan(0);
});

describe.each(named(atGateway))('cached route %s', (_, route) => {
  const key = [
    ...route.pathParameters.map((name) => `method.request.path.${name}`),
    ...Object.keys(route.query).map((name) => `method.request.querystring.${name}`),
  ].sort();

  test('has the same key in the three places of the gateway', () => {
    const get = methodOf(route.path, 'GET');
    expect(Object.keys(get.RequestParameters).sort()).toEqual(key);
    expect([...get.Integration.CacheKeyParameters].sort()).toEqual(key);
    expect(settingOf(route.path, 'GET')).toMatchObject({
      CachingEnabled: true,
      CacheDataEncrypted: true,
      CacheTtlInSeconds: route.freshness?.gatewayTtlSeconds,
    });
  });

  test('has a cache namespace of its own, that changes with its version', () => {
    expect(methodOf(route.path, 'GET').Integration.CacheNamespace).toBe(`${route.name}-${route.version}`);
  });

  test('has its query strings, and nothing else, in the key of the edge', () => {
    const pattern = route.path.replace(/\{[^}]+\}/g, '*');
    const { CacheBehaviors } = ofType(edge, 'AWS::CloudFront::Distribution')[0]!.Properties.DistributionConfig;
    const behavior = CacheBehaviors.find(({ PathPattern }: { PathPattern: string }) => PathPattern === pattern);
    const policy = edge[behavior.CachePolicyId.Ref]!.Properties.CachePolicyConfig;
    expect(policy).toMatchObject({ MinTTL: 0, DefaultTTL: 0, MaxTTL: route.freshness?.edgeTtlSeconds });
    expect(policy.ParametersInCacheKeyAndForwardedToOrigin).toMatchObject({
      HeadersConfig: { HeaderBehavior: 'none' },
      CookiesConfig: { CookieBehavior: 'none' },
      QueryStringsConfig:
        Object.keys(route.query).length > 0
          ? { QueryStringBehavior: 'whitelist', QueryStrings: Object.keys(route.query) }
          : { QueryStringBehavior: 'none' },
    });
  });
});

test.each(named(uncached))('route %s is cached at neither gateway nor edge', (_, route) => {
  expect(settingOf(route.path, 'GET')).toMatchObject({ CachingEnabled: false });
  const pattern = route.path.replace(/\{[^}]+\}/g, '*');
  const { CacheBehaviors } = ofType(edge, 'AWS::CloudFront::Distribution')[0]!.Properties.DistributionConfig;
  const behavior = CacheBehaviors.find(({ PathPattern }: { PathPattern: string }) => PathPattern === pattern);
  // Managed-CachingDisabled.
  expect(behavior.CachePolicyId).toBe('4135ea2d-6df8-44a3-9df3-4b5a84be39ad');
});

test('both cache booleans are explicit for every method, and for those that are not listed', () => {
  expect(typeof apiStage.CacheClusterEnabled).toBe('boolean');
  for (const setting of settings) {
    expect(typeof setting.CachingEnabled).toBe('boolean');
    expect(setting.CacheDataEncrypted).toBe(true);
  }
  expect(settings).toContainEqual(expect.objectContaining({ ResourcePath: '/*', HttpMethod: '*', CachingEnabled: false }));
  for (const { Properties } of ofType(api, 'AWS::ApiGateway::Method')) {
    if (Properties.HttpMethod === 'ANY') continue;
    expect(settingOf(pathOf(Properties.ResourceId), Properties.HttpMethod)).toBeDefined();
  }
});

test('only GET is cached at the gateway', () => {
  expect(settings.filter(({ CachingEnabled }) => CachingEnabled).map(({ HttpMethod }) => HttpMethod)).toEqual(
    atGateway.map(() => 'GET'),
  );
});

describe('access', () => {
  const authorization = (from: SynthesizedStage) => {
    const resources = from.template('api').toJSON().Resources as Record<string, TemplateResource>;
    return Object.fromEntries(
      ofType(resources, 'AWS::ApiGateway::Method').map(({ Properties }) => [
        `${Properties.HttpMethod} ${pathOf(Properties.ResourceId)}`,
        Properties.AuthorizationType,
      ]),
    );
  };

  test.each(['dev', 'prod'])('in %s, writes and purges need IAM', (name) => {
    expect(authorization(name === 'prod' ? stage : new SynthesizedStage(name))).toMatchObject({
      'PATCH /places/{id}': 'AWS_IAM',
      'GET /purges/{purgeId}': 'AWS_IAM',
      'HEAD /purges/{purgeId}': 'AWS_IAM',
      'GET /places/{id}': 'NONE',
    });
  });

  test('only the local stage is open', () => {
    expect(new Set(Object.values(authorization(new SynthesizedStage('local'))))).toEqual(new Set(['NONE']));
  });

  test('a method that nobody declared reaches no function: the gateway itself answers it, with those that are', () => {
    for (const { path } of places.routes) {
      const { Type, Uri, IntegrationResponses } = methodOf(path, 'ANY').Integration;
      expect([Type, Uri]).toEqual(['MOCK', undefined]);
      const methods = places.writes?.filter(({ route }) => route.path === path).map(({ method }) => method) ?? [];
      expect(IntegrationResponses[0]).toMatchObject({
        StatusCode: '405',
        ResponseParameters: { 'method.response.header.Allow': `'${['GET', 'HEAD', ...methods].join(', ')}'` },
      });
    }
  });
});

describe('the distribution', () => {
  const config = ofType(edge, 'AWS::CloudFront::Distribution')[0]!.Properties.DistributionConfig;
  const behaviors = [config.DefaultCacheBehavior, ...config.CacheBehaviors];

  test('takes tags from the header that it hides from viewers, and says how long everything took', () => {
    expect(config.CacheTagConfig).toEqual({ HeaderName: 'x-amz-meta-cache-tag' });
    for (const { ResponseHeadersPolicyId } of behaviors) {
      const policy = edge[ResponseHeadersPolicyId.Ref]!.Properties.ResponseHeadersPolicyConfig;
      expect(policy.RemoveHeadersConfig.Items).toEqual([{ Header: 'x-amz-meta-cache-tag' }, { Header: 'X-Cachement-Refreshed' }]);
      expect(policy.ServerTimingHeadersConfig).toEqual({ Enabled: true, SamplingRate: 100 });
    }
  });

  test('keeps no error longer than the origin says', () => {
    const codes = config.CustomErrorResponses.map(({ ErrorCode }: { ErrorCode: number }) => ErrorCode);
    expect(codes).toEqual([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]);
    for (const { ErrorCachingMinTTL } of config.CustomErrorResponses) expect(ErrorCachingMinTTL).toBe(0);
  });

  test('lets every method through, for the origin to answer', () => {
    for (const { AllowedMethods } of behaviors) expect(AllowedMethods).toHaveLength(7);
  });

  test('takes neither Authorization, Host nor Cache-Control of a viewer past a cached behaviour', () => {
    for (const { CachePolicyId, OriginRequestPolicyId } of behaviors) {
      if (typeof CachePolicyId === 'string') {
        // Managed-AllViewerExceptHostHeader.
        expect(OriginRequestPolicyId).toBe('b689b0a8-53d0-40ab-baf2-68738e2966ac');
        continue;
      }
      const { HeadersConfig } = edge[OriginRequestPolicyId.Ref]!.Properties.OriginRequestPolicyConfig;
      expect(HeadersConfig).toEqual({ HeaderBehavior: 'whitelist', Headers: ['Content-Type'] });
    }
  });
});
