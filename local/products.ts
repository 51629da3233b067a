import type { AssemblyModel } from './assembly';
import {
  type AwsOptions,
  types as aws,
  CallLog,
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  identityOperations,
  policiesOnRecord,
  stackOperations,
} from './aws';
import { type Buckets, types as buckets, bucketsFromTemplate, createBuckets } from './buckets';
import { connectionRules } from './connections';
import { createEdge, type Edge, type EdgeOptions, types as edge, edgeFromTemplate } from './edge';
import { type Engines, types as engines, engineTargets } from './engines';
import { createEvents, type Events, type EventsOptions, types as events, eventsFromTemplate } from './events';
import { createGateway, type Gateway, type GatewayOptions, types as gateway, gatewayFromTemplate } from './gateway';
import { createLambda, type Lambda, type LambdaOptions, types as lambda, lambdaFromTemplate } from './lambda';
import { createQueues, type Queues, type QueuesOptions, types as queues, queuesFromTemplate } from './queues';
import { stacksOf } from './stacks';
import type { ProductContext, ResourceTypes } from './types';

/** The CloudFormation types that each product runs. */
export const PRODUCT_TYPES: Readonly<Record<string, ResourceTypes>> = {
  aws,
  buckets,
  edge,
  engines,
  events,
  gateway,
  lambda,
  queues,
};

/** Settings of the products that a template doesn't have. Each wins over what was read from the template. */
export interface ProductSettings {
  readonly edge?: Partial<EdgeOptions>;
  readonly gateway?: Partial<GatewayOptions>;
  readonly lambda?: Partial<LambdaOptions>;
  readonly events?: Partial<EventsOptions>;
  readonly queues?: Partial<QueuesOptions>;
  readonly endpoint?: Partial<EndpointOptions>;
}

/** Every product of a platform. */
export interface Products {
  readonly engines: Engines;
  readonly lambda: Lambda;
  readonly queues: Queues;
  readonly events: Events;
  readonly gateway: Gateway;
  readonly edge: Edge;
  readonly buckets: Buckets;
  /** The endpoint of the AWS APIs. */
  readonly aws: Endpoint;
}

/** Makes every product of the template; nothing runs yet. @throws {Error} on what a product can't run. */
export function createProducts(
  model: AssemblyModel,
  aws: AwsOptions,
  context: ProductContext,
  { settings = {}, edgePort, engines }: { settings?: ProductSettings; edgePort: number; engines: Engines },
): Products {
  // One record of what functions ask for, whether by the endpoint of the AWS APIs or by the gateway.
  const calls = new CallLog();
  const connections = connectionRules(model, aws.network, {
    engines: engineTargets(model),
    public: [
      { name: 'the gateway', port: context.environment.port('gateway') },
      { name: 'the edge', port: edgePort },
    ],
  });
  const lambda = createLambda({ ...lambdaFromTemplate(model), connections, ...settings.lambda }, context);
  const queues = createQueues({ ...queuesFromTemplate(model), ...settings.queues }, context);
  const events = createEvents({ ...eventsFromTemplate(model), ...settings.events }, context, {
    authorizeResource: (question) => aws.policies.authorizeResource(question),
  });
  const gateway = createGateway({ ...gatewayFromTemplate(model), ...settings.gateway }, context, {
    callers: aws.callers,
    policies: policiesOnRecord(aws.policies, calls, context.clock),
  });
  const buckets = createBuckets(bucketsFromTemplate(model), context, aws.policies);
  const edge = createEdge({ ...edgeFromTemplate(model), ...settings.edge }, context, { port: edgePort });
  const operations = [
    ...[engines, lambda, queues, events, gateway, edge, buckets, aws.secrets].map((product) => product.operations),
    identityOperations(aws.policies, context.environment),
    stackOperations(stacksOf(model, context.registry.origins), context.clock),
  ];
  const endpoint = createEndpoint({ ...aws, operations, calls, ...settings.endpoint }, context);
  return { engines, lambda, queues, events, gateway, edge, buckets, aws: endpoint };
}
