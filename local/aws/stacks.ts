import { AwsError, type Clock, type Operations, type Resource } from '../types';

/** Stacks of the templates, as CloudFormation's API shows them. */
export interface Stacks {
  /** ARN of each stack, by name. */
  ids(): ReadonlyMap<string, string>;
  resources(stack: string): readonly Resource[];
  /** @throws {Error} of a resource that isn't made yet. */
  physicalId(resource: Resource): string;
  /** Outputs with addresses of this machine; none until they can be resolved. */
  outputs(stack: string): readonly { readonly name: string; readonly value: unknown; readonly description?: string }[];
}

/** Operations of CloudFormation that show what runs. */
export function stackOperations(stacks: Stacks, clock: Clock): Operations {
  const startedAt = new Date(clock.now());
  const summary = (name: string, id: string) => ({
    StackName: name,
    StackId: id,
    CreationTime: startedAt,
    StackStatus: 'CREATE_COMPLETE',
  });
  const found = (name: string | undefined): [name: string, id: string][] => {
    const all = [...stacks.ids()];
    if (name === undefined) return all;
    const wanted = all.filter(([stack, id]) => stack === name || id === name);
    if (wanted.length === 0) throw new AwsError('ValidationError', `Stack with id ${name.slice(0, 200)} does not exist`);
    return wanted;
  };
  const arns = ({ StackName }: { StackName?: string }) => {
    const known = [...stacks.ids()].find(([name, id]) => name === StackName || id === StackName);
    return [known?.[1] ?? '*'];
  };
  const resource = (each: Resource) => ({
    LogicalResourceId: each.logicalId,
    PhysicalResourceId: physicalId(stacks, each),
    ResourceType: each.type,
    LastUpdatedTimestamp: startedAt,
    ResourceStatus: 'CREATE_COMPLETE',
  });
  return {
    cloudformation: {
      DescribeStacks: {
        input: { StackName: 'text' },
        action: 'cloudformation:DescribeStacks',
        resources: arns,
        handle: ({ StackName }) => ({
          Stacks: found(StackName).map(([name, id]) => ({
            ...summary(name, id),
            Outputs: stacks.outputs(name).map(({ name: OutputKey, value, description }) => ({
              OutputKey,
              OutputValue: String(value),
              Description: description,
            })),
          })),
        }),
      },
      ListStacks: {
        input: {},
        action: 'cloudformation:ListStacks',
        resources: () => [],
        handle: () => ({ StackSummaries: found(undefined).map(([name, id]) => summary(name, id)) }),
      },
      ListStackResources: {
        input: { StackName: 'text' },
        required: ['StackName'],
        action: 'cloudformation:ListStackResources',
        resources: arns,
        handle: ({ StackName }) => ({
          StackResourceSummaries: found(StackName).flatMap(([name]) => stacks.resources(name).map(resource)),
        }),
      },
    },
  };
}

/** A custom resource has none until its function has answered. */
function physicalId(stacks: Stacks, resource: Resource): string | undefined {
  try {
    return stacks.physicalId(resource);
  } catch {
    return undefined;
  }
}
