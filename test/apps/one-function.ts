import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, DatabaseRole, defineRoute } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** One function that reads and writes, as small services are. */
export default function oneFunction(app: App): void {
  const stack = new Stack(app, 'OneFunction');
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'one', removalPolicy: RemovalPolicy.DESTROY });
  const service = new lambda.Function(stack, 'Service', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async ({ httpMethod }) => ({ statusCode: 200, body: httpMethod });'),
    timeout: Duration.seconds(5),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(service, { concurrency: 20, role: DatabaseRole.WRITER });
  platform.addRoute(product, { reader: service, writes: ['PUT'] });
}
