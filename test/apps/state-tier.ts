import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CacheAdministration, CachingPlatform, DatabaseRole, defineRoute, WriteBehindFlusher } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/**
 * A tier of its own for what evicts nothing, such as sessions and queued writes, somebody who flushes these, and operators who
 * look into the other one.
 */
export default function stateTier(app: App): void {
  const stack = new Stack(app, 'StateTier');
  const removalPolicy = RemovalPolicy.DESTROY;
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'stateful', ownState: true, removalPolicy });
  const service = new lambda.Function(stack, 'Service', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, body: process.env.STATE_ENDPOINT });'),
    timeout: Duration.seconds(5),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(service, { concurrency: 20, state: true });
  platform.addRoute(product, { reader: service });
  const worker = new lambda.Function(stack, 'Worker', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ flushed: 0 });'),
    timeout: Duration.seconds(70),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(worker, { concurrency: 2, role: DatabaseRole.WRITER, state: true });
  new WriteBehindFlusher(stack, 'Flusher', { worker, bus: platform.bus });
  new CacheAdministration(stack, 'Administration', { platform });
}
