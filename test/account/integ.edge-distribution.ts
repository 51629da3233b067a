import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachedApi, CacheTags, defineRoute, EdgeDistribution } from '../../lib';

/** Points of `verify:aws` that this case asserts. */
export const points = ['How is a stage guarded that CloudFormation made?'];

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

export const app = new App();
const stack = new Stack(app, 'cachement-integ-edge');
const reader = new lambda.Function(stack, 'Reader', {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: \'{"id":1}\' })'),
});
const api = new CachedApi(stack, 'Api', { logRemovalPolicy: RemovalPolicy.DESTROY });
api.addRoute(product, { reader });
const edge = new EdgeDistribution(stack, 'Edge', { api, routes: [product], logRemovalPolicy: RemovalPolicy.DESTROY });
const own = new cloudfront.Distribution(stack, 'Own', { defaultBehavior: { origin: new HttpOrigin('example.com') } });
own.with(new CacheTags({ headerName: 'Edge-Tags' }));

const { assertions } = new IntegTest(app, 'Edge', { testCases: [stack] });
const takesTagsFrom = ({ distributionId }: cloudfront.IDistribution, HeaderName: string) =>
  assertions
    .awsApiCall('CloudFront', 'getDistributionConfig', { Id: distributionId })
    .expect(ExpectedResult.objectLike({ DistributionConfig: { CacheTagConfig: { HeaderName } } }));
takesTagsFrom(edge.distribution, 'x-amz-meta-cache-tag');
takesTagsFrom(own, 'Edge-Tags');
assertions
  .httpApiCall(`https://${edge.distribution.distributionDomainName}/products/1`)
  .expect(ExpectedResult.objectLike({ status: 200, body: { id: 1 } }));
const guarded = assertions.awsApiCall('APIGateway', 'getStage', { restApiId: api.restApiId, stageName: api.stageName });
guarded.provider.addToRolePolicy({ Effect: 'Allow', Action: ['apigateway:GET'], Resource: ['*'] });
guarded.expect(
  ExpectedResult.objectLike({
    methodSettings: {
      'products/{id}/GET': {
        requireAuthorizationForCacheControl: true,
        unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
      },
    },
  }),
);

app.synth();
