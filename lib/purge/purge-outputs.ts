import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { API_OUTPUT, BUS_OUTPUT, DISTRIBUTION_OUTPUT } from '../contract/outputs';
import type { IEdgeDistribution } from '../edge/edge-distribution-base';
import type { ICachedApi } from '../gateway/cached-api-base';
import type { IPurgeBus } from './purge-bus';

/**
 * Adds outputs by which people and `cachement purge --stack` find a pipeline. They are named by its path in the stack, without
 * the hash that logical ids have otherwise, such as `CachingPurgeBusName`.
 */
export function addOutputs(
  scope: Construct,
  { bus, api, edge }: { readonly bus: IPurgeBus; readonly api: ICachedApi; readonly edge: IEdgeDistribution },
): void {
  const stack = Stack.of(scope);
  const path = scope.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id.replace(/[^A-Za-z0-9]/g, ''));
  const add = (name: string, description: string, value: string) =>
    new CfnOutput(scope, name, { description, value }).overrideLogicalId(`${path.join('')}${name}`);
  add(BUS_OUTPUT, 'Bus on which purges are announced', bus.eventBus.eventBusName);
  add(API_OUTPUT, 'The API past the edge; requests that need authorisation are signed for it', api.url);
  add(DISTRIBUTION_OUTPUT, 'Distribution that is purged', edge.distribution.distributionId);
}
