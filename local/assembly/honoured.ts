import { own } from '../own';
import type { Resource, ResourceType, ResourceTypes } from '../types';
import { ACCEPTED } from './accepted';
import type { CloudAssembly, Stack } from './cloud-assembly';
import { isCustomType, isExecuted, whyNotExecuted } from './custom-types';
import { AssemblyError } from './errors';
import { INTRINSICS } from './intrinsics';
import type { AssemblyModel } from './model';
import { isPseudoParameter } from './pseudo-parameters';
import { references } from './references';
import { intrinsic, isObject } from './template';

/** Something of a template that is not run here. */
export interface Problem {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly what: string;
}

/** Sections of a template that are read, or that make no difference: rules check parameters, which only have defaults here. */
const SECTIONS = ['Resources', 'Outputs', 'Parameters', 'Conditions', 'Mappings', 'Rules', 'Metadata', 'Description'];

/**
 * Attributes that may stand beside a resource's properties. The policies say what happens to it at an update or a delete, and
 * neither exists here: every start makes everything anew.
 */
const RESOURCE_SECTIONS = ['Type', 'Properties', 'DependsOn', 'Condition', 'Metadata'];
const POLICIES = ['DeletionPolicy', 'UpdateReplacePolicy', 'UpdatePolicy'];

/** Thrown where a template holds something that is not run here; names all of it. */
export class NotHonouredError extends AssemblyError {
  constructor(readonly problems: readonly Problem[]) {
    const lines = problems.map(({ stack, logicalId, type, what }) => `  ${stack}/${logicalId} (${type}): ${what}`);
    super([`the template has ${problems.length} thing(s) that are not run here:`, ...lines, ...waysOut(problems)].join('\n'));
    this.name = 'NotHonouredError';
  }
}

const UNKNOWN_TYPE = 'unknown resource type';

/** Ways to run the rest of the template all the same. */
function waysOut(problems: readonly Problem[]): string[] {
  const types = [...new Set(problems.filter(({ what }) => what === UNKNOWN_TYPE).map(({ type }) => type))];
  return [
    ...(types.length > 0
      ? [`to run it without: ${types.map((type) => `--skip ${type}`).join(' ')}; calls that need what is left out then fail`]
      : []),
    ...(problems.some(({ what }) => what.startsWith('unknown property'))
      ? ["to run it without a property: leave it out where the app's context 'stage' is 'local'"]
      : []),
  ];
}

/** The tables of all products in one. @throws {AssemblyError} where two of them run the same type. */
export function mergeTypes(tables: Readonly<Record<string, ResourceTypes>>): ResourceTypes {
  const merged: Record<string, ResourceType> = {};
  const owners: Record<string, string> = Object.fromEntries(Object.keys(ACCEPTED).map((type) => [type, 'assembly']));
  for (const [product, types] of Object.entries(tables)) {
    for (const [name, type] of Object.entries(types)) {
      if (own(owners, name)) throw new AssemblyError(`both '${owners[name]}' and '${product}' run ${name}`);
      owners[name] = product;
      merged[name] = type;
    }
  }
  return merged;
}

/** @throws {NotHonouredError} of everything in the assembly that is neither run, nor ignored or accepted with a reason. */
export function checkHonoured(assembly: CloudAssembly, model: AssemblyModel, types: ResourceTypes): void {
  const problems = [
    ...assembly.stacks.flatMap(sectionProblems),
    ...assembly.stacks.flatMap((stack) => outputProblems(stack, model, types)),
    ...model.all().flatMap((resource) => resourceProblems(resource, model, types)),
  ];
  if (problems.length > 0) throw new NotHonouredError(problems);
}

/** Property paths of a resource, as written, that a type neither honours nor ignores. Array indices are dropped. */
export function unknownPaths(properties: unknown, type: ResourceType): string[] {
  const known = [...type.honours, ...Object.keys(type.ignores ?? {})];
  const covered = (path: string) => known.some((name) => path === name || path.startsWith(`${name}.`));
  const leadsSomewhere = (path: string) => path === '' || known.some((name) => name.startsWith(`${path}.`));

  const walk = (value: unknown, path: string): string[] => {
    if (covered(path)) return [];
    const call = intrinsic(value);
    if (call?.[0] === 'Ref' && call[1] === 'AWS::NoValue') return [];
    if (call?.[0] === 'Fn::If') return (call[1] as unknown[]).slice(1).flatMap((branch) => walk(branch, path));
    if (call || !leadsSomewhere(path)) return [path];
    if (Array.isArray(value)) return value.flatMap((item) => walk(item, path));
    if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => walk(item, path ? `${path}.${key}` : key));
    return [path];
  };
  return [...new Set(walk(properties ?? {}, ''))];
}

/** Property paths of a resource that a type ignores, with the reasons. */
export function ignoredPaths(properties: unknown, { honours, ignores = {} }: ResourceType): [path: string, reason: string][] {
  const rest = unknownPaths(properties, { honours, ref: () => '' });
  return Object.entries(ignores).filter(([ignored]) =>
    rest.some((path) => path === ignored || path.startsWith(`${ignored}.`) || ignored.startsWith(`${path}.`)),
  );
}

function sectionProblems({ name, template }: Stack): Problem[] {
  return Object.keys(template)
    .filter((section) => !SECTIONS.includes(section) && section !== 'AWSTemplateFormatVersion')
    .map((section) => ({ stack: name, logicalId: section, type: 'template', what: 'unknown section' }));
}

function outputProblems({ name, template }: Stack, model: AssemblyModel, types: ResourceTypes): Problem[] {
  return Object.entries(template.Outputs ?? {}).flatMap(([logicalId, { Value }]) =>
    valueProblems(Value, name, model, types).map((what) => ({ stack: name, logicalId, type: 'output', what })),
  );
}

function resourceProblems(resource: Resource, model: AssemblyModel, types: ResourceTypes): Problem[] {
  const problem = (what: string): Problem => ({
    stack: resource.stack,
    logicalId: resource.logicalId,
    type: resource.type,
    what,
  });
  const raw = model.raw(resource);
  const sections = Object.keys(raw).filter((name) => !RESOURCE_SECTIONS.includes(name) && !POLICIES.includes(name));
  const found = sections.map((name) => `unknown attribute '${name}'`);
  if (own(ACCEPTED, resource.type)) return found.map(problem);

  const type = own(types, resource.type);
  if (isExecuted(resource.type)) found.push(...customProblems(resource, model));
  else if (type) found.push(...unknownPaths(raw.Properties, type).map((path) => `unknown property ${path}`));
  else return [problem(isCustomType(resource.type) ? 'unknown custom resource' : UNKNOWN_TYPE)];

  found.push(...valueProblems(raw.Properties, resource.stack, model, types));
  return found.map(problem);
}

/** Unknown functions, references and attributes in a value. */
function valueProblems(value: unknown, stack: string, model: AssemblyModel, types: ResourceTypes): string[] {
  const functions = functionNames(value)
    .filter((name) => !INTRINSICS.includes(name))
    .map((name) => `unknown intrinsic function ${name}`);
  const attributes = references(value).flatMap(({ name, attribute }) => {
    if (attribute === undefined || attribute === '*') return [];
    const target = model.all().find((resource) => resource.stack === stack && resource.logicalId === name);
    if (!target || isExecuted(target.type)) return [];
    const known = own(types, target.type) ?? own(ACCEPTED, target.type);
    return known && !own(known.attributes, attribute) ? [`unknown attribute ${name}.${attribute} of ${target.type}`] : [];
  });
  const refs = references(value).flatMap(({ name }) =>
    name.startsWith('AWS::') && !isPseudoParameter(name) ? [`unknown ${name}`] : [],
  );
  return [...new Set([...functions, ...attributes, ...refs])];
}

function functionNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(functionNames);
  if (!isObject(value)) return [];
  const call = intrinsic(value);
  return call ? [call[0], ...functionNames(call[1])] : Object.values(value).flatMap(functionNames);
}

function customProblems(resource: Resource, model: AssemblyModel): string[] {
  let token: unknown;
  try {
    token = resource.properties.ServiceToken;
  } catch {
    // The function's own problems are listed with the function.
    return [];
  }
  const provider = model.resources('AWS::Lambda::Function').find((fn) => safeArn(model, fn) === token);
  const why = whyNotExecuted(resource.type, provider?.properties.Handler as string | undefined);
  return why ? [why] : [];
}

function safeArn(model: AssemblyModel, resource: Resource): string | undefined {
  try {
    return model.attribute(resource, 'Arn');
  } catch {
    return undefined;
  }
}
