import { App, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { CachingPlatform, type CachingPlatformProps, DatabaseRole, defineRoute, EventSource } from '../../lib';

/** A route of a shop that every tier keeps. */
export const product = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { sharedTtlSeconds: 3600, gatewayTtlSeconds: 60, edgeTtlSeconds: 600 },
  tags: ['product:{id}'],
});

/** A stack of one's own with a platform in it, and nothing else. */
export function platformIn(
  props: (stack: Stack) => Partial<CachingPlatformProps> = () => ({}),
  { app = new App({ builtinCloudFormationValidation: false }), ...stackProps }: StackProps & { app?: App } = {},
) {
  const stack = new Stack(app, 'shop', stackProps);
  return { stack, platform: new CachingPlatform(stack, 'Caching', { namespace: 'shop', ...props(stack) }) };
}

/** A function of somebody who has never heard of the platform's own kind. */
export function handlerIn(stack: Stack, id: string, vpc?: ec2.IVpc, props: Partial<lambda.FunctionProps> = {}): lambda.Function {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200 })'),
    ...(vpc && { vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }),
    ...props,
  });
}

/** The whole of what a shop has to say. */
export function shop(...given: Parameters<typeof platformIn>) {
  const { stack, platform } = platformIn(...given);
  const { vpc } = platform.network;
  const timeout = Duration.seconds(5);
  const reader = handlerIn(stack, 'Reader', vpc, { timeout });
  const writer = handlerIn(stack, 'Writer', vpc, { timeout });
  platform.addClient(reader, { concurrency: 20, poolSize: 2 });
  platform.addClient(writer, { concurrency: 5, role: DatabaseRole.WRITER });
  platform.addRoute(product, { reader, writer, writes: ['PUT'] });
  platform.addPurgeSource(
    'Imports',
    new EventSource({
      eventPattern: { source: ['shop.import'] },
      eventBus: events.EventBus.fromEventBusName(stack, 'Shop', 'shop'),
      tags: ['product:{detail.id}'],
    }),
  );
  return { stack, platform, reader, writer };
}
