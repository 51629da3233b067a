import type { StackArtifact } from './assembly';
import { customResourceProblems } from './custom-resources';
import { endpointProblems } from './endpoints';
import { deliveryProblems } from './grants';
import { playDeploy, playDestroy, playFailures, playNeighbours } from './play';
import { distinct, type Problem } from './problem';
import { propertyProblems } from './property-rules';
import { quotaProblems } from './quotas';
import { referenceProblems } from './references';
import { resourcesOf } from './resources';
import { schemaProblems } from './schemas';

/**
 * Plays everything that happens to an app in an account: each service's rules, deployment, a failed create of each resource and a
 * second try, and its end.
 *
 * @returns what AWS would refuse, lose or leave behind; empty where it deploys.
 */
export function deploymentProblems(stacks: readonly StackArtifact[]): Problem[] {
  const resources = resourcesOf(stacks);
  return distinct([
    ...schemaProblems(resources),
    ...propertyProblems(resources),
    ...quotaProblems(stacks, resources),
    ...referenceProblems(stacks),
    ...deliveryProblems(resources),
    ...customResourceProblems(resources),
    ...endpointProblems(resources),
    ...playDeploy(stacks),
    ...playFailures(stacks),
    ...playDestroy(stacks),
  ]);
}

/**
 * Plays two apps in one account and region: both must deploy, whichever comes first, and the end of one must leave the other
 * whole.
 */
export function neighbourProblems(first: readonly StackArtifact[], second: readonly StackArtifact[]): Problem[] {
  return distinct([...playDeploy(first, second), ...playNeighbours(first, second), ...playNeighbours(second, first)]);
}
