import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { STATEFUL } from './stateful';

// biome-ignore lint/suspicious/noExplicitAny: templates have no static shape here
export type Template = any;

/** Templates by the name of their stack. */
export type Templates = ReadonlyMap<string, Template>;

/** Remedy. */
const KEEP = 'take the change back, or move what it holds first (docs/how-to/roll-back-and-restore.md)';

const LOSES = new Map<ResourceImpact, string>([
  [ResourceImpact.WILL_REPLACE, 'is replaced'],
  [ResourceImpact.MAY_REPLACE, 'may be replaced'],
  [ResourceImpact.WILL_DESTROY, 'is destroyed'],
  [ResourceImpact.WILL_ORPHAN, 'is left behind, and a new one made'],
]);

/**
 * Resources that a deployment of `next` over `base` would remove: stateful resources, and exports that another stack still uses,
 * which CloudFormation refuses in the middle of it.
 *
 * @returns a line for each, with the properties that cause it and the stacks that use it and must be deployed after.
 */
export function replacements(base: Templates, next: Templates): string[] {
  return [...base].flatMap(([stack, before]) => {
    const after = next.get(stack);
    if (!after)
      return statefulIds(before).map((id) => `${stack}/${id} is gone with its stack${usersOf(base, stack, id)}; ${KEEP}`);
    return [...lostResources(stack, before, after, base), ...lostExports(stack, before, after, base)];
  });
}

function lostResources(stack: string, before: Template, after: Template, base: Templates): string[] {
  const lines: string[] = [];
  fullDiff(before, after).resources.forEachDifference((id, change) => {
    const type = change.oldResourceType;
    const impact = LOSES.get(change.changeImpact);
    if (!impact || !type || !STATEFUL.includes(type)) return;
    const causes = Object.entries(change.propertyUpdates)
      .filter(([name, update]) => LOSES.has(update.changeImpact as ResourceImpact) && !isOnline(name, after.Resources?.[id]))
      .map(([name, { oldValue, newValue }]) => `${name} ${JSON.stringify(oldValue)} -> ${JSON.stringify(newValue)}`);
    const stays = after.Resources?.[id]?.Type === type;
    if (stays && causes.length === 0) return;
    lines.push(`${stack}/${id} (${type}) ${impact}${stays ? `: ${causes.join(', ')}` : ''}${usersOf(base, stack, id)}; ${KEEP}`);
  });
  return lines;
}

/** The spec says of shards that they may replace the group; with this update policy they don't. */
const isOnline = (property: string, resource: Template): boolean =>
  property === 'NumNodeGroups' && resource?.UpdatePolicy?.UseOnlineResharding === true;

function lostExports(stack: string, before: Template, after: Template, base: Templates): string[] {
  const names = (template: Template): string[] =>
    Object.values<Template>(template.Outputs ?? {})
      .map((output) => output.Export?.Name)
      .filter((name) => name !== undefined);
  const kept = new Set(names(after));
  return names(before)
    .filter((name) => !kept.has(name))
    .flatMap((name) => {
      const users = [...base].filter(
        ([other, text]) => other !== stack && JSON.stringify(text).includes(`"Fn::ImportValue":"${name}"`),
      );
      return users.length === 0
        ? []
        : [
            `${stack} no longer exports ${name}, which ${users.map(([other]) => other).join(', ')} imports; deploy that first, then take the export away`,
          ];
    });
}

const statefulIds = (template: Template): string[] =>
  Object.entries<Template>(template.Resources ?? {})
    .filter(([, { Type }]) => STATEFUL.includes(Type))
    .map(([id]) => id);

/** The stacks that refer to a resource by an export or an output of its stack. */
function usersOf(templates: Templates, stack: string, id: string): string {
  const outputs = Object.entries<Template>(templates.get(stack)?.Outputs ?? {})
    .filter(([, output]) => JSON.stringify(output.Value).includes(`"${id}"`))
    .flatMap(([name, output]) => [
      `"OutputName":"${name}"`,
      ...(output.Export ? [`"Fn::ImportValue":"${output.Export.Name}"`] : []),
    ]);
  const users = [...templates]
    .filter(([other, template]) => other !== stack && outputs.some((output) => JSON.stringify(template).includes(output)))
    .map(([other]) => other);
  return users.length > 0 ? `; deploy after it: ${users.join(', ')}` : '';
}
