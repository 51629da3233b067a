import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { StackArtifact } from './assembly';
import type { Problem } from './problem';

const spec = loadAwsServiceSpecSync();

/**
 * Properties that replace their resource and are read from another stack by `Fn::GetStackOutput`. CloudFormation works it out
 * while it deploys, so that each change set plans the replacement of the resource, and of what needs it, though nothing changes.
 *
 * @see https://github.com/aws/aws-cdk/issues/38829
 */
export function referenceProblems(stacks: readonly StackArtifact[]): Problem[] {
  return stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]) =>
      Object.entries(Properties)
        .filter(([property, value]) => JSON.stringify(value)?.includes('"Fn::GetStackOutput"') && replaces(Type, property))
        .map(([property]) => ({
          rule: 'weak-reference-replaces',
          address: `${name}/${id}`,
          text: `'${Type}.${property}' replaces the resource, and is read from another stack by a weak reference, by which every update plans that; refer strongly to what is there`,
        })),
    ),
  );
}

function replaces(type: string, property: string): boolean {
  const found = spec.lookup('resource', 'cloudFormationType', 'equals', type);
  const known = found.length > 0 ? found.only().properties : {};
  return Object.hasOwn(known, property) && known[property]?.causesReplacement === 'yes';
}
