import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, defineRoute, PlatformNetwork, ServerlessSharedCache } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A platform whose shared tier is ElastiCache serverless. */
export default function serverlessCache(app: App): void {
  const stack = new Stack(app, 'ServerlessCache');
  const removalPolicy = RemovalPolicy.DESTROY;
  const network = new PlatformNetwork(stack, 'Network', { removalPolicy });
  const shared = new ServerlessSharedCache(stack, 'Shared', { network, namespace: 'serverless', removalPolicy });
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'serverless', network, shared, removalPolicy });

  const reader = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: "a lamp" });'),
    timeout: Duration.seconds(5),
    vpc: network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(reader, { concurrency: 20 });
  platform.addRoute(product, { reader });
}
