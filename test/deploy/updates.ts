import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { replacements, type Templates } from '../replacements/compare';
import type { StackArtifact } from './assembly';
import { claimedName } from './names';
import type { Problem } from './problem';
import { type Resource, resourcesOf } from './resources';

/**
 * Templates of the same stacks, one release after the other: what CloudFormation would refuse, or take data away with.
 *
 * A reference that is written otherwise and leads to the same resource changes nothing: CloudFormation compares values.
 */
export function updateProblems(before: readonly StackArtifact[], after: readonly StackArtifact[]): Problem[] {
  const old = new Map(resourcesOf(before).map((resource) => [resource.address, resource]));
  const next = new Map(resourcesOf(after).map((resource) => [resource.address, resource]));
  const named = before.flatMap((stack) => {
    const now = after.find(({ name }) => name === stack.name);
    if (!now) return [];
    const problems: Problem[] = [];
    fullDiff(stack.template, now.template).resources.forEachDifference((id, change) => {
      const was = old.get(`${stack.name}/${id}`);
      const is = next.get(`${stack.name}/${id}`);
      if (!was || !is) return;
      const causes = Object.entries(change.propertyUpdates)
        .filter(([, { changeImpact }]) => changeImpact === ResourceImpact.WILL_REPLACE)
        .filter(([property]) => JSON.stringify(was.properties[property]) !== JSON.stringify(is.properties[property]));
      if (was.type !== is.type || causes.length > 0) problems.push(...replaced(was, is));
    });
    return problems;
  });
  const templates = (stacks: readonly StackArtifact[]): Templates =>
    new Map(stacks.map(({ name, template }) => [name, template]));
  const lost = replacements(templates(before), templates(after)).map((text) => ({
    rule: 'update-loses',
    address: text.split(' ')[0] as string,
    text,
  }));
  return [...named, ...lost];
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
