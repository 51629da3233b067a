import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, defineRoute, PlatformNetwork, SharedCache } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A platform with the smallest shared tier there is: one node, without cluster mode. */
export default function singleNodeCache(app: App): void {
  const stack = new Stack(app, 'SingleNode');
  const network = new PlatformNetwork(stack, 'Network', { removalPolicy: RemovalPolicy.DESTROY });
  const shared = new SharedCache(stack, 'Shared', {
    network,
    namespace: 'single',
    nodeType: 'cache.t4g.micro',
    clusterMode: false,
    replicasPerShard: 0,
    automaticFailover: false,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const platform = new CachingPlatform(stack, 'Caching', {
    namespace: 'single',
    network,
    shared,
    removalPolicy: RemovalPolicy.DESTROY,
  });

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
