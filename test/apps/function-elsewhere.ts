import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, defineRoute, PlatformNetwork, ReplicatedDatabase, SchemaMigration, SharedCache } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** The data in a stack of its own, which is deployed rarely; functions, API and edge in another. */
export default function functionElsewhere(app: App): void {
  const data = new Stack(app, 'Data');
  const removalPolicy = RemovalPolicy.DESTROY;
  const network = new PlatformNetwork(data, 'Network', { removalPolicy });
  const database = new ReplicatedDatabase(data, 'Database', { network, removalPolicy });
  new SchemaMigration(data, 'Migration', { network, database });
  const shared = new SharedCache(data, 'Shared', { network, namespace: 'elsewhere', removalPolicy });

  const shop = new Stack(app, 'Shop');
  const platform = new CachingPlatform(shop, 'Caching', { namespace: 'elsewhere', network, database, shared, removalPolicy });
  const reader = new lambda.Function(shop, 'Reader', {
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
