import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import type { StackArtifact } from './assembly';
import { claimedName } from './names';
import type { Problem } from './problem';
import { type Resource, resourcesOf } from './resources';

/** Templates of the same stacks, one release after the other: what CloudFormation would refuse, or take data away with. */
export function updateProblems(before: readonly StackArtifact[], after: readonly StackArtifact[]): Problem[] {
  const old = resourcesOf(before);
  const next = new Map(resourcesOf(after).map((resource) => [resource.address, resource]));
  return before.flatMap((stack) => {
    const now = after.find(({ name }) => name === stack.name);
    if (!now) return [];
    const problems: Problem[] = [];
    fullDiff(stack.template, now.template).resources.forEachDifference((id, change) => {
      const address = `${stack.name}/${id}`;
      const was = old.find((resource) => resource.address === address);
      const is = next.get(address);
      if (was && is && change.changeImpact === ResourceImpact.WILL_REPLACE) problems.push(...replaced(was, is));
    });
    return problems;
  });
}

/**
 * A replacement is made before the resource that it replaces is deleted, so that the two can't share a name.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
function replaced(was: Resource, is: Resource): Problem[] {
  const name = claimedName(is);
  if (was.type !== is.type || name === undefined || name !== claimedName(was)) return [];
  const text = `its replacement would have its name '${name.split(' ').slice(2).join(' ')}' while it is still there, which CloudFormation refuses; change the name with it`;
  return [{ rule: 'replacement-of-named', address: is.address, text }];
}
