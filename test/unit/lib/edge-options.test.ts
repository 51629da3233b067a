import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  CachedApi,
  type CachedApiProps,
  type CachedRouteOptions,
  EdgeDistribution,
  type EdgeDistributionProps,
} from '../../../lib';
import { defineRoute, type Route } from '../../../lib/route';
import { mockAnswer } from '../../../local/gateway/mock-integration';
import { newStack, routeAt } from './support';

const FRESH = { sharedTtlSeconds: 3600, edgeTtlSeconds: 600 };
const product = routeAt('product', '/products/{id}', FRESH);
const order = routeAt('order', '/orders/{id}');

const inRegion = (region: string, context = {}) =>
  new Stack(new App({ builtinCloudFormationValidation: false, context }), 'test', { env: { account: '111111111111', region } });

const imported = (stack: Stack) =>
  CachedApi.fromCachedApiAttributes(stack, 'Api', { restApiId: 'abc', restApiName: 'shop', stageName: 'live' });

function edge(props: Partial<EdgeDistributionProps> = {}, stack = newStack()) {
  const made = new EdgeDistribution(stack, 'Edge', { api: imported(stack), routes: [product], ...props });
  return { stack, made, template: () => Template.fromStack(stack) };
}

const fnOf = (stack: Stack, id = 'Reader') =>
  new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200 })'),
  });

function api(props: CachedApiProps = {}, stack = newStack()) {
  const made = new CachedApi(stack, 'Api', props);
  return { stack, made, template: () => Template.fromStack(stack) };
}

const config = (expected: object) => ({ DistributionConfig: Match.objectLike(expected) });

describe('a distribution', () => {
  test('answers by the locations, in the countries and by the addresses that are chosen', () => {
    edge({
      priceClass: cloudfront.PriceClass.PRICE_CLASS_100,
      geoRestriction: cloudfront.GeoRestriction.denylist('AQ'),
      enableIpv6: false,
    })
      .template()
      .hasResourceProperties(
        'AWS::CloudFront::Distribution',
        config({
          PriceClass: 'PriceClass_100',
          Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Locations: ['AQ'] } },
          IPV6Enabled: false,
        }),
      );
  });

  test('publishes additional metrics unless it is told not to', () => {
    edge().template().resourceCountIs('AWS::CloudFront::MonitoringSubscription', 1);
    edge({ publishAdditionalMetrics: false }).template().resourceCountIs('AWS::CloudFront::MonitoringSubscription', 0);
  });

  test('has several names, which its certificate has too', () => {
    const stack = inRegion('us-east-1');
    const certificate = acm.Certificate.fromCertificateArn(
      stack,
      'Certificate',
      'arn:aws:acm:us-east-1:111111111111:certificate/a',
    );
    edge({ domain: { name: 'shop.example.com', aliases: ['www.example.com'], certificate } }, stack)
      .template()
      .hasResourceProperties('AWS::CloudFront::Distribution', config({ Aliases: ['shop.example.com', 'www.example.com'] }));
  });

  test('takes a certificate whose ARN is only known when it is deployed', () => {
    const stack = inRegion('eu-central-1');
    const { valueAsString } = new CfnParameter(stack, 'CertificateArn');
    const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', valueAsString);
    edge({ domain: { name: 'shop.example.com', certificate } }, stack)
      .template()
      .hasResourceProperties(
        'AWS::CloudFront::Distribution',
        config({ ViewerCertificate: Match.objectLike({ AcmCertificateArn: { Ref: 'CertificateArn' } }) }),
      );
  });

  test('adds headers of its own to what it asks the API', () => {
    edge({ customHeaders: { 'X-Edge': 'secret' } })
      .template()
      .hasResourceProperties(
        'AWS::CloudFront::Distribution',
        config({ Origins: [Match.objectLike({ OriginCustomHeaders: [{ HeaderName: 'X-Edge', HeaderValue: 'secret' }] })] }),
      );
  });

  test('has behaviours of its own among those of the routes, by what their patterns take', () => {
    const { made, template } = edge({ routes: [routeAt('any', '/{anything}', FRESH)] });
    made.addBehavior('/images/*', new HttpOrigin('images.example.com'));
    const [distribution] = Object.values(template().findResources('AWS::CloudFront::Distribution'));
    const behaviors = distribution?.Properties.DistributionConfig.CacheBehaviors as { PathPattern: string }[];
    expect(behaviors.map(({ PathPattern }) => PathPattern)).toEqual(['/images/*', '/*']);
    expect(behaviors[0]).toMatchObject({ ViewerProtocolPolicy: 'redirect-to-https' });
  });

  test('refuses a behaviour with the pattern of a route', () => {
    expect(() => edge().made.addBehavior('/products/*', new HttpOrigin('images.example.com'))).toThrow(
      "edge distribution: 'pattern' must not be that of a route, got: '/products/*' of 'product'; take another one",
    );
  });

  test.each(['cn-north-1', 'us-gov-west-1'])('is refused in %s, with the way out', (region) => {
    expect(() => edge({}, inRegion(region))).toThrow(
      /the stack must be of a commercial region.*got: '.*'; make the edge in a commercial account, and name it here by 'fromEdgeDistributionAttributes'/,
    );
  });
});

describe('the access log of a distribution in a region that is opted into', () => {
  test('is left out, with a warning', () => {
    const { stack, made, template } = edge({}, inRegion('eu-south-1'));
    expect(made.logBucket).toBeUndefined();
    template().resourceCountIs('AWS::S3::Bucket', 0);
    Annotations.fromStack(stack).hasWarning('/test/Edge', Match.stringLikeRegexp("requests aren't logged.*eu-south-1"));
  });

  test('is refused where it is asked for', () => {
    expect(() => edge({ accessLog: true }, inRegion('eu-south-1'))).toThrow(
      /'accessLog' must be false in a region that is opted into.*got: true in 'eu-south-1'; give 'accessLogBucket' of another region/,
    );
  });

  test('goes to a bucket of another region', () => {
    const app = new App({ builtinCloudFormationValidation: false });
    const of = (id: string, region: string) => new Stack(app, id, { env: { account: '111111111111', region } });
    const accessLogBucket = s3.Bucket.fromBucketName(of('Logs', 'eu-central-1'), 'Bucket', 'logs');
    edge({ accessLogBucket }, of('Shop', 'eu-south-1'))
      .template()
      .hasResourceProperties(
        'AWS::CloudFront::Distribution',
        config({ Logging: Match.objectLike({ Bucket: Match.anyValue() }) }),
      );
  });
});

describe('a quota that an app exceeds is an error with the number that it needs', () => {
  const many = (count: number, of: (index: number) => Partial<Parameters<typeof defineRoute>[0]>): Route[] =>
    Array.from({ length: count }, (_, index) =>
      defineRoute({
        name: `route-${index}`,
        path: `/r${index}`,
        freshness: { sharedTtlSeconds: 3600, edgeTtlSeconds: 600 },
        ...of(index),
      }),
    );

  test('cache policies of an account', () => {
    const routes = many(21, (index) => ({ freshness: { sharedTtlSeconds: 3600, edgeTtlSeconds: 600 + index } }));
    expect(() => edge({ routes }).template()).toThrow(
      `edge distribution: cache policies of an account must be at most 20, got: 21; give routes the same query strings and 'edgeTtlSeconds', which share one, or ask AWS for more and then set the context 'cachement:quotas' to { "cachePolicies": 21 }`,
    );
    edge({ routes }, inRegion('eu-central-1', { 'cachement:quotas': { cachePolicies: 21 } })).template();
  });

  test('cache policies of all distributions of an account together', () => {
    const app = new App({ builtinCloudFormationValidation: false });
    const stacks = ['A', 'B'].map((id) => new Stack(app, id));
    for (const stack of stacks) {
      edge({ routes: many(11, (index) => ({ freshness: { sharedTtlSeconds: 3600, edgeTtlSeconds: 600 + index } })) }, stack);
    }
    expect(() => app.synth()).toThrow(/cache policies of an account must be at most 20, got: 22/);
  });

  test('behaviours of a distribution', () => {
    expect(() => edge({ routes: many(76, () => ({})) }).template()).toThrow(
      /behaviours of a distribution must be at most 75, got: 76; serve some routes by a distribution of their own/,
    );
  });

  test('query strings of a cache policy', () => {
    const query = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`q${index}`, {}]));
    expect(() => edge({ routes: many(1, () => ({ query })) }).template()).toThrow(
      /query strings of a cache policy must be at most 10, got: 11; make one of several/,
    );
  });

  test('resources of an API', () => {
    const { stack, made, template } = api();
    for (const route of many(301, () => ({}))) made.addRoute(route, { reader: fnOf(stack, route.name) });
    expect(() => template()).toThrow(/cached api: resources of an API must be at most 300, got: 302/);
  });
});

describe('who may call an API', () => {
  const withRoute = (route: Route, options: Partial<CachedRouteOptions>, props: CachedApiProps = {}) => {
    const { stack, made, template } = api(props);
    made.addRoute(route, { reader: fnOf(stack), ...options });
    return { stack, template };
  };

  test('a restricted route that the edge keeps is refused, as every read would be answered 403', () => {
    const fault =
      /'restricted' must be false for route 'product', which the edge keeps.*every read by it would be answered 403.*set its 'edgeTtlSeconds' to 0/;
    expect(() => withRoute(product, { restricted: true })).toThrow(fault);
    const stack = newStack();
    expect(() => api({ routes: [product], reader: fnOf(stack), restricted: [product] }, stack)).toThrow(fault);
  });

  const authorizerIn = (stack: Stack) => new apigateway.TokenAuthorizer(stack, 'Tokens', { handler: fnOf(stack, 'Authorizer') });

  test('an authorizer takes the place of IAM, for reads and writes', () => {
    const { stack, made, template } = api();
    made.addRoute(order, { reader: fnOf(stack), writes: ['PUT'], authorizer: authorizerIn(stack) });
    template().resourcePropertiesCountIs(
      'AWS::ApiGateway::Method',
      { AuthorizationType: 'CUSTOM', AuthorizerId: Match.anyValue() },
      3,
    );
    template().resourcePropertiesCountIs('AWS::ApiGateway::Method', { AuthorizationType: 'AWS_IAM' }, 0);
  });

  test('an authorizer of a route that the edge keeps is refused', () => {
    const { stack, made } = api();
    expect(() => made.addRoute(product, { reader: fnOf(stack), authorizer: authorizerIn(stack) })).toThrow(
      /'authorizer' must be left out for route 'product', which the edge keeps and answers without a token/,
    );
  });

  test('an unsigned request of what has to be signed is told so, with 403', () => {
    const { template } = withRoute(order, { writes: ['PUT'] });
    template().hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseType: 'MISSING_AUTHENTICATION_TOKEN',
      StatusCode: '403',
      ResponseTemplates: { 'application/json': Match.stringLikeRegexp('"status":403.*must be signed') },
    });
  });

  test('scripts of another origin are answered by the gateway itself, and read its errors', () => {
    const { template } = withRoute(order, { writes: ['PUT'] }, { cors: { origin: 'https://shop.example.com' } });
    template().hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'OPTIONS',
      Integration: Match.objectLike({
        Type: 'MOCK',
        PassthroughBehavior: 'NEVER',
        IntegrationResponses: [
          Match.objectLike({
            StatusCode: '204',
            ResponseParameters: Match.objectLike({
              'method.response.header.Access-Control-Allow-Origin': "'https://shop.example.com'",
              'method.response.header.Access-Control-Allow-Methods': "'GET, HEAD, OPTIONS, PUT'",
            }),
          }),
        ],
      }),
    });
    template().hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseType: 'DEFAULT_4XX',
      ResponseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': "'https://shop.example.com'" },
    });
    const [preflight] = Object.values(
      template().findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'OPTIONS' } }),
    );
    const refuse = (_: unknown, property: string, rule: string): never => {
      throw new Error(`${property} ${rule}`);
    };
    // As the local platform answers it.
    expect(mockAnswer({ properties: preflight?.Properties } as never, refuse)).toMatchObject({ statusCode: 204 });
    const methods = Object.values(template().findResources('AWS::ApiGateway::Method', { Properties: { HttpMethod: 'ANY' } }));
    expect(JSON.stringify(methods)).toContain('GET, HEAD, OPTIONS, PUT');
  });
});

test('a function of another stack answers a route, and neither stack needs the other twice', () => {
  const app = new App({ builtinCloudFormationValidation: false });
  const [functions, shop] = ['Functions', 'Shop'].map((id) => new Stack(app, id)) as [Stack, Stack];
  const reader = fnOf(functions);
  const { made } = api({}, shop);
  made.addRoute(order, { reader, writes: ['PUT'] });
  made.addRoute(product, { reader });
  app.synth();
  Template.fromStack(shop).resourceCountIs('AWS::Lambda::Permission', 1);
  Template.fromStack(functions).resourceCountIs('AWS::Lambda::Permission', 0);
});
