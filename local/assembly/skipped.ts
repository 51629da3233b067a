import { own } from '../own';
import type { ResourceType, ResourceTypes } from '../types';
import { ACCEPTED } from './accepted';
import type { CloudAssembly, Stack } from './cloud-assembly';
import { isCustomType } from './custom-types';
import { AssemblyError } from './errors';
import { physicalName } from './names';
import { references } from './references';

/** Resource that `--skip` leaves out. */
export interface SkippedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
}

/** Resources of these types, in the order of the templates. */
export function skippedResources({ stacks }: CloudAssembly, types: readonly string[]): SkippedResource[] {
  return stacks.flatMap(({ name, template }) =>
    Object.entries(template.Resources ?? {})
      .filter(([, { Type }]) => types.includes(Type))
      .map(([logicalId, { Type }]) => ({ stack: name, logicalId, type: Type })),
  );
}

/**
 * Types that are left out on request: every property is passed over, and references to them resolve to names and ARNs that
 * nothing answers for.
 * @param known types that are run here
 * @throws {AssemblyError} of a type that isn't in the templates, that is run or accepted here, or that is a custom resource's
 */
export function skippedTypes(assembly: CloudAssembly, types: readonly string[], known: ResourceTypes): ResourceTypes {
  return Object.fromEntries(
    [...new Set(types)].map((type) => {
      const fail = (reason: string) => new AssemblyError(`'--skip' can't leave out '${type}': ${reason}`);
      if (own(known, type) || own(ACCEPTED, type)) throw fail('it needs no skipping, since the platform takes it');
      if (isCustomType(type)) throw fail("what other resources read of a custom resource is its function's answer");
      if (skippedResources(assembly, [type]).length === 0) throw fail('no resource of the templates has this type');
      return [type, skippedType(assembly.stacks, type)];
    }),
  );
}

function skippedType(stacks: readonly Stack[], type: string): ResourceType {
  const properties = new Set<string>();
  const attributes = new Set<string>();
  for (const { template } of stacks) {
    const ids = new Set<string>();
    for (const [logicalId, resource] of Object.entries(template.Resources ?? {})) {
      if (resource.Type !== type) continue;
      ids.add(logicalId);
      for (const property of Object.keys(resource.Properties ?? {})) properties.add(property);
    }
    for (const { name, attribute } of references([template.Resources, template.Outputs])) {
      if (attribute !== undefined && ids.has(name)) attributes.add(attribute);
    }
  }
  // Such as `dynamodb` of `AWS::DynamoDB::Table`.
  const service = type.split('::')[1]?.toLowerCase();
  return {
    honours: [],
    ignores: Object.fromEntries([...properties].map((property) => [property, 'its type is skipped'])),
    ref: (resource) => physicalName(resource),
    attributes: Object.fromEntries(
      [...attributes].map((name) => [
        name,
        (resource, { account, region }) =>
          name.endsWith('Arn')
            ? `arn:aws:${service}:${region}:${account}:${physicalName(resource)}`
            : `${physicalName(resource)}.${name}.skipped`,
      ]),
    ),
  };
}
