import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachedApi, CachingPlatform, defineRoute } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A REST API that somebody has, with its own stage cache; the platform puts the other tiers and the purges around it. */
export default function importedApi(app: App): void {
  const stack = new Stack(app, 'ImportedApi');
  const restApi = new apigateway.RestApi(stack, 'Api', {
    cloudWatchRole: false,
    deployOptions: { stageName: 'live', cacheClusterEnabled: true, cacheClusterSize: '0.5', cacheTtl: Duration.seconds(60) },
  });
  const api = CachedApi.fromCachedApiAttributes(stack, 'ApiOfMine', {
    restApiId: restApi.restApiId,
    restApiName: restApi.restApiName,
    stageName: 'live',
  });
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'api', api, removalPolicy: RemovalPolicy.DESTROY });

  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "a lamp" });'),
    timeout: Duration.seconds(5),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  const integration = new apigateway.LambdaIntegration(reader, { cacheKeyParameters: ['method.request.path.id'] });
  const requestParameters = { 'method.request.path.id': true };
  restApi.root.resourceForPath(product.path).addMethod('GET', integration, { requestParameters });
  platform.addClient(reader, { concurrency: 20 });
  platform.addRoute(product);
}
