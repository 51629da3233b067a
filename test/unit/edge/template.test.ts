import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, type CfnElement, Duration, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import { unknownPaths } from '../../../local/assembly/honoured';
import { types as buckets } from '../../../local/buckets';
import { types as edge, edgeFromTemplate } from '../../../local/edge';
import type { BehaviorOptions, DistributionOptions } from '../../../local/edge/options';
import { modelOf } from '../../support/assembly';
import { ORIGIN_HOST } from '../../support/edge';

const types = { ...edge, ...buckets };

/** A synthesized template, as far as these tests change it. */
interface Template {
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
  readonly Resources: Record<string, { readonly Type: string; readonly Properties: any }>;
}

/** What the L2 constructs make of a stack, as the platform reads it. */
function synthesized(build: (stack: Stack) => void, edit: (template: Template) => void = () => undefined) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'edge-'));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  build(new Stack(app, 'Edge'));
  const { template } = app.synth().getStackByName('Edge');
  fs.rmSync(outdir, { recursive: true });
  edit(template);
  // Conditions and parameters of the bootstrap version are no concern of the edge's.
  return modelOf({ Edge: { template: { Resources: template.Resources } } }, { types });
}

const apiOrigin = () => new origins.HttpOrigin(ORIGIN_HOST, { originPath: '/live', readTimeout: Duration.seconds(7) });

function full(stack: Stack): void {
  const cachePolicy = new cloudfront.CachePolicy(stack, 'CachePolicy', {
    cachePolicyName: 'things',
    comment: 'a comment',
    minTtl: Duration.seconds(0),
    defaultTtl: Duration.seconds(5),
    maxTtl: Duration.hours(1),
    queryStringBehavior: cloudfront.CacheQueryStringBehavior.allowList('a', 'b'),
    headerBehavior: cloudfront.CacheHeaderBehavior.allowList('X-Key'),
    cookieBehavior: cloudfront.CacheCookieBehavior.denyList('track'),
    enableAcceptEncodingBrotli: true,
    enableAcceptEncodingGzip: true,
  });
  const originRequestPolicy = new cloudfront.OriginRequestPolicy(stack, 'OriginRequestPolicy', {
    headerBehavior: cloudfront.OriginRequestHeaderBehavior.all('CloudFront-Viewer-Country'),
    cookieBehavior: cloudfront.OriginRequestCookieBehavior.none(),
    queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.all(),
  });
  const responseHeadersPolicy = new cloudfront.ResponseHeadersPolicy(stack, 'ResponseHeadersPolicy', {
    removeHeaders: ['Cache-Tag'],
    serverTimingSamplingRate: 100,
    customHeadersBehavior: { customHeaders: [{ header: 'X-Custom', value: '1', override: true }] },
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: "default-src 'none'", override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: cloudfront.HeadersFrameOption.DENY, override: false },
      referrerPolicy: { referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: { accessControlMaxAge: Duration.days(1), includeSubdomains: true, override: true },
      xssProtection: { protection: true, modeBlock: true, override: true },
    },
    corsBehavior: {
      accessControlAllowCredentials: false,
      accessControlAllowHeaders: ['*'],
      accessControlAllowMethods: ['ALL'],
      accessControlAllowOrigins: ['*'],
      accessControlExposeHeaders: ['etag'],
      accessControlMaxAge: Duration.seconds(60),
      originOverride: true,
    },
  });
  const viewerRequest = new cloudfront.Function(stack, 'Function', {
    code: cloudfront.FunctionCode.fromInline('function handler(event) { return event.request; }'),
    runtime: cloudfront.FunctionRuntime.JS_2_0,
  });
  const distribution = new cloudfront.Distribution(stack, 'Distribution', {
    comment: 'a comment',
    defaultBehavior: {
      origin: apiOrigin(),
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachedMethods: cloudfront.CachedMethods.CACHE_GET_HEAD_OPTIONS,
      cachePolicy,
      originRequestPolicy,
      responseHeadersPolicy,
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      functionAssociations: [{ function: viewerRequest, eventType: cloudfront.FunctionEventType.VIEWER_REQUEST }],
    },
    additionalBehaviors: {
      '/status': {
        origin: apiOrigin(),
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
        originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        compress: false,
      },
      '/failover/*': {
        origin: new origins.OriginGroup({
          primaryOrigin: new origins.HttpOrigin(ORIGIN_HOST, { originId: 'first', customHeaders: { 'X-Secret': 's' } }),
          fallbackOrigin: new origins.HttpOrigin(ORIGIN_HOST, { originId: 'second', originShieldRegion: 'eu-west-1' }),
          fallbackStatusCodes: [500, 503],
        }),
      },
    },
    defaultRootObject: 'index.html',
    errorResponses: [
      { httpStatus: 404, ttl: Duration.seconds(0) },
      { httpStatus: 500, ttl: Duration.seconds(3), responseHttpStatus: 503, responsePagePath: '/error.html' },
    ],
    enableLogging: true,
    enableIpv6: true,
    priceClass: cloudfront.PriceClass.PRICE_CLASS_100,
    publishAdditionalMetrics: true,
    geoRestriction: cloudfront.GeoRestriction.denylist('AQ'),
    webAclId: 'arn:aws:wafv2:us-east-1:000000000000:global/webacl/a/b',
  });
  (distribution.node.defaultChild as cloudfront.CfnDistribution).addPropertyOverride(
    'DistributionConfig.CacheTagConfig.HeaderName',
    'Cache-Tag',
  );
}

describe('a distribution of the template', () => {
  const model = synthesized(full);
  const [options] = edgeFromTemplate(model).distributions as [DistributionOptions];

  test('has every property that the constructs make honoured or ignored with a reason', () => {
    const unknown = Object.keys(types).flatMap((type) =>
      model
        .resources(type)
        .flatMap((resource) => unknownPaths(model.raw(resource).Properties, types[type]!).map((path) => `${type}: ${path}`)),
    );
    expect(unknown).toEqual([]);
    const left = model.all().filter(({ type }) => !(type in types));
    expect(left.map(({ type }) => type)).toEqual([]);
  });

  test('has an id, a domain name and an ARN that stay the same', () => {
    const [resource] = model.resources('AWS::CloudFront::Distribution');
    expect(options.id).toMatch(/^E[0-9A-F]{13}$/);
    expect(options.id).toBe(model.ref(resource!));
    expect(options.domainName).toBe(`${options.id.toLowerCase()}.cloudfront.net`);
    expect(options.arn).toBe(`arn:aws:cloudfront::000000000000:distribution/${options.id}`);
    expect(edgeFromTemplate(synthesized(full)).distributions[0]?.id).toBe(options.id);
  });

  test('has its behaviours in order, the default last, with their policies', () => {
    const [status, failover, fallback] = options.behaviors as [BehaviorOptions, BehaviorOptions, BehaviorOptions];
    expect(options.behaviors.map(({ pathPattern }) => pathPattern)).toEqual(['/status', '/failover/*', '*']);
    expect(status).toMatchObject({
      compress: false,
      allowedMethods: ['GET', 'HEAD'],
      cachePolicy: { maxTtlSeconds: 0 },
      originRequestPolicy: { name: 'Managed-AllViewerExceptHostHeader' },
    });
    expect(failover.cachePolicy.name).toBe('Managed-CachingOptimized');
    expect(fallback).toMatchObject({
      compress: true,
      cachedMethods: ['GET', 'HEAD', 'OPTIONS'],
      cachePolicy: {
        minTtlSeconds: 0,
        defaultTtlSeconds: 5,
        maxTtlSeconds: 3600,
        queryStrings: { behavior: 'listed', names: new Set(['a', 'b']) },
        headers: { behavior: 'listed', names: new Set(['x-key']) },
        cookies: { behavior: 'allExcept', names: new Set(['track']) },
        acceptGzip: true,
        acceptBrotli: true,
      },
      originRequestPolicy: { headers: { behavior: 'all' }, addedHeaders: ['cloudfront-viewer-country'] },
      responseHeadersPolicy: { removes: ['cache-tag'], serverTimingRate: 1, cors: { maxAgeSeconds: 60, override: true } },
      functions: { viewerRequest: { code: expect.stringContaining('handler') } },
    });
    expect(fallback.responseHeadersPolicy?.rules).toEqual([
      { name: 'Content-Security-Policy', value: "default-src 'none'", override: true },
      { name: 'X-Content-Type-Options', value: 'nosniff', override: true },
      { name: 'X-Frame-Options', value: 'DENY', override: false },
      { name: 'Referrer-Policy', value: 'no-referrer', override: true },
      { name: 'Strict-Transport-Security', value: 'max-age=86400; includeSubDomains', override: true },
      { name: 'X-XSS-Protection', value: '1; mode=block', override: true },
      { name: 'X-Custom', value: '1', override: true },
    ]);
  });

  test('has origins, groups of origins, errors and the tag header', () => {
    expect(options.cacheTagHeader).toBe('cache-tag');
    expect(options.defaultRootObject).toBe('index.html');
    expect(options.customErrors).toEqual([
      { errorCode: 404, cachingMinTtlSeconds: 0, responseCode: undefined, responsePagePath: undefined },
      { errorCode: 500, cachingMinTtlSeconds: 3, responseCode: 503, responsePagePath: '/error.html' },
    ]);
    expect(options.originGroups).toEqual([{ id: expect.any(String), members: ['first', 'second'], statusCodes: [500, 503] }]);
    expect(options.origins[0]).toEqual({
      id: expect.any(String),
      domainName: ORIGIN_HOST,
      path: '/live',
      customHeaders: {},
      connectionAttempts: 3,
      connectionTimeoutSeconds: 10,
      readTimeoutSeconds: 7,
      completionTimeoutSeconds: undefined,
    });
    expect(options.origins.find(({ id }) => id === 'first')?.customHeaders).toEqual({ 'X-Secret': 's' });
  });
});

describe('the start stops', () => {
  const plain = (stack: Stack) => {
    new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: { origin: apiOrigin() } });
  };
  /** Changes the default behaviour of the plain distribution, after CDK has checked it. */
  const edited = (properties: object) => (template: Template) => {
    for (const resource of Object.values(template.Resources)) {
      if (resource.Type === 'AWS::CloudFront::Distribution')
        Object.assign(resource.Properties.DistributionConfig.DefaultCacheBehavior, properties);
    }
  };

  test.each<[string, object, RegExp]>([
    ['on an unknown policy', { CachePolicyId: 'none' }, /CachePolicy of the template.*has the id 'none'/],
    ['on a policy with the name of what every object has', { CachePolicyId: 'constructor' }, /has the id 'constructor'/],
    ['on a behaviour without an origin', { TargetOriginId: 'none' }, /behaviour '\*' has no origin 'none'/],
    ['on settings without a policy', { CachePolicyId: undefined }, /settings without a policy don't run here/],
  ])('%s', (_, properties, message) => {
    expect(() => edgeFromTemplate(synthesized(plain, edited(properties)))).toThrow(message);
  });

  test.each<[string, (stack: Stack) => void, RegExp]>([
    [
      'on a function with a module',
      (stack) => {
        const code = cloudfront.FunctionCode.fromInline(
          "import cf from 'cloudfront';\nfunction handler(event) { return event.request; }",
        );
        new cloudfront.Distribution(stack, 'Distribution', {
          defaultBehavior: {
            origin: apiOrigin(),
            functionAssociations: [
              {
                eventType: cloudfront.FunctionEventType.VIEWER_RESPONSE,
                function: new cloudfront.Function(stack, 'Function', { code }),
              },
            ],
          },
        });
      },
      /uses a module/,
    ],
    [
      'on a header that is not generated here',
      (stack) => {
        const cachePolicy = new cloudfront.CachePolicy(stack, 'Policy', {
          headerBehavior: cloudfront.CacheHeaderBehavior.allowList('CloudFront-Viewer-City'),
        });
        new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: { origin: apiOrigin(), cachePolicy } });
      },
      /names header 'cloudfront-viewer-city'/,
    ],
    [
      'on a header of the key that never reaches an origin',
      (stack) => {
        const cachePolicy = new cloudfront.CachePolicy(stack, 'Policy', {
          headerBehavior: cloudfront.CacheHeaderBehavior.allowList('X-Real-IP'),
        });
        new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: { origin: apiOrigin(), cachePolicy } });
      },
      /names header 'x-real-ip', which isn't forwarded/,
    ],
    [
      'on TTLs that contradict each other',
      (stack) => {
        const cachePolicy = new cloudfront.CachePolicy(stack, 'Policy');
        (cachePolicy.node.defaultChild as CfnElement & cloudfront.CfnCachePolicy).addPropertyOverride(
          'CachePolicyConfig.MaxTTL',
          1,
        );
        new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: { origin: apiOrigin(), cachePolicy } });
      },
      /'MinTTL' <= 'DefaultTTL' <= 'MaxTTL' doesn't hold/,
    ],
  ])('%s', (_, build, message) => {
    expect(() => edgeFromTemplate(synthesized(build))).toThrow(message);
  });

  test('on Lambda@Edge, which no table knows', () => {
    const model = synthesized(
      plain,
      edited({ LambdaFunctionAssociations: [{ EventType: 'origin-request', LambdaFunctionARN: 'arn' }] }),
    );
    const [resource] = model.resources('AWS::CloudFront::Distribution');
    expect(unknownPaths(model.raw(resource!).Properties, types['AWS::CloudFront::Distribution']!)).toEqual([
      'DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations',
    ]);
  });
});
