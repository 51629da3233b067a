import * as fs from 'node:fs';
import { App, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import cdkJson from '../../cdk.json';
import { CachingPlatform, type CachingPlatformProps, DatabaseRole } from '../../lib';
import { defineRoute } from '../../lib/route';
import { readAssembly, type StackArtifact } from './assembly';

/** Stacks of an app, as the CLI would deploy them. */
export function stacksOf(addTo: (app: App) => void): StackArtifact[] {
  const app = new App({ context: cdkJson.context, analyticsReporting: false, builtinCloudFormationValidation: false });
  addTo(app);
  const { directory } = app.synth();
  const stacks = readAssembly(directory);
  fs.rmSync(directory, { recursive: true });
  return stacks;
}

/** A platform with one function and one route, as the page on the constructs has it. */
export function addPlatform(scope: Construct, id: string, props: CachingPlatformProps): CachingPlatform {
  const platform = new CachingPlatform(scope, id, props);
  const handler = new lambda.Function(scope, `${id}Handler`, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200 })'),
    vpc: platform.network.vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    allowAllOutbound: false,
  });
  platform.addClient(handler, { concurrency: 50, role: DatabaseRole.WRITER });
  const product = defineRoute({
    name: 'product',
    path: '/products/{id}',
    freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
    tags: ['product:{id}'],
  });
  platform.addRoute(product, { reader: handler, writes: ['PUT'] });
  return platform;
}

const COSTS = { monthlyBudget: 1000 };

const inStack = (app: App, id: string, namespace: string, props: StackProps = {}): void => {
  addPlatform(new Stack(app, id, props), 'Caching', { namespace, ...COSTS });
};

/** Apps of other people's making, which must deploy as the stages do. */
export const APPS: Readonly<Record<string, (app: App) => void>> = {
  'two platforms in two stacks': (app) => {
    inStack(app, 'shop', 'shop');
    inStack(app, 'blog', 'blog');
  },
  'two platforms in one stack': (app) => {
    const stack = new Stack(app, 'shop');
    for (const namespace of ['shop', 'blog']) addPlatform(stack, namespace, { namespace, ...COSTS });
  },
  'one stack in two regions': (app) => {
    for (const region of ['eu-central-1', 'us-east-1']) {
      inStack(app, `shop-${region}`, 'shop', { stackName: 'shop', env: { account: '111111111111', region } });
    }
  },
};
