import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, defineRoute } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** One platform for the shop and one for the blog, each in a stack of its own. */
export default function twoPlatforms(app: App): void {
  for (const namespace of ['shop', 'blog']) {
    const stack = new Stack(app, `Two-${namespace}`);
    const platform = new CachingPlatform(stack, 'Caching', { namespace, removalPolicy: RemovalPolicy.DESTROY });
    const reader = new lambda.Function(stack, 'Reader', {
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline(`exports.handler = async () => ({ statusCode: 200, body: "${namespace}" });`),
      timeout: Duration.seconds(5),
      vpc: platform.network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    });
    platform.addClient(reader, { concurrency: 20 });
    platform.addRoute(product, { reader });
  }
}
