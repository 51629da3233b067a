import * as path from 'node:path';
import { type App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { CachingPlatform, defineRoute } from 'cachement';

const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A handler in TypeScript, which CDK bundles when the app is synthesized. */
export default function nodejsFunction(app: App): void {
  const stack = new Stack(app, 'NodejsFunction');
  const platform = new CachingPlatform(stack, 'Caching', { namespace: 'typescript', removalPolicy: RemovalPolicy.DESTROY });
  const reader = new NodejsFunction(stack, 'Reader', {
    entry: path.join(__dirname, 'handlers/product.ts'),
    depsLockFilePath: path.join(__dirname, '../../package-lock.json'),
    runtime: lambda.Runtime.NODEJS_24_X,
    timeout: Duration.seconds(5),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  platform.addClient(reader, { concurrency: 20 });
  platform.addRoute(product, { reader });
}
