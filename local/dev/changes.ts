import { isDeepStrictEqual } from 'node:util';
import type { CloudAssembly, Stack } from '../assembly';
import type { TemplateResource } from '../assembly/template';

/** What differs between the assembly that runs and the next one. */
export type Change =
  | { readonly kind: 'none' }
  /** Only code of functions, by stack and logical id. */
  | { readonly kind: 'code'; readonly functions: readonly FunctionCode[] }
  | { readonly kind: 'template'; readonly stacks: readonly string[] };

/** Function of a template, with the folder of its code in the next assembly. */
export interface FunctionCode {
  readonly stack: string;
  readonly logicalId: string;
  readonly folder: string;
}

const FUNCTION = 'AWS::Lambda::Function';
const VERSION = 'AWS::Lambda::Version';

/** Compares two assemblies, by what runs here makes of them. */
export function changeOf(running: CloudAssembly, next: CloudAssembly): Change {
  const names = new Set([...running.stacks, ...next.stacks].map(({ name }) => name));
  const pairs = [...names].map((name) => ({ name, before: stackOf(running, name), after: stackOf(next, name) }));
  const stacks = pairs.filter(
    ({ before, after }) => !before || !after || !isDeepStrictEqual(withoutCode(before), withoutCode(after)),
  );
  if (stacks.length > 0) return { kind: 'template', stacks: stacks.map(({ name }) => name) };
  const functions = pairs.flatMap(({ before, after }) => changedCode(before!, after!));
  return functions.length > 0 ? { kind: 'code', functions } : { kind: 'none' };
}

const stackOf = ({ stacks }: CloudAssembly, name: string) => stacks.find((stack) => stack.name === name);

function changedCode(before: Stack, after: Stack): FunctionCode[] {
  const resources = Object.entries(after.template.Resources ?? {});
  return resources.flatMap(([logicalId, { Type, Properties }]) => {
    if (Type !== FUNCTION) return [];
    const key = codeOf(Properties);
    const folder = key === undefined ? undefined : after.assets.get(key);
    if (folder === undefined || key === codeOf(before.template.Resources?.[logicalId]?.Properties)) return [];
    return [{ stack: after.name, logicalId, folder }];
  });
}

const codeOf = (properties: TemplateResource['Properties']) =>
  (properties as { Code?: { S3Key?: string } } | undefined)?.Code?.S3Key;

/**
 * A template without the keys of functions' code, without metadata, and with versions named by their function: the CDK names them
 * by a hash of the code.
 */
function withoutCode({ template }: Stack): unknown {
  const { Metadata: _, ...rest } = template;
  const resources = Object.entries(rest.Resources ?? {})
    .filter(([, { Type }]) => Type !== 'AWS::CDK::Metadata')
    .map(([id, { Metadata: __, ...resource }]) => [id, codeless(resource as TemplateResource)] as const);
  const versions = resources.filter(([, { Type }]) => Type === VERSION);
  const text = versions.reduce(
    (json, [id, { Properties }]) =>
      json.replaceAll(JSON.stringify(id), JSON.stringify(`version of ${JSON.stringify(Properties)}`)),
    JSON.stringify({ ...rest, Resources: Object.fromEntries(resources) }),
  );
  return JSON.parse(text);
}

function codeless(resource: TemplateResource): TemplateResource {
  if (resource.Type !== FUNCTION) return resource;
  const { Code = {}, ...properties } = (resource.Properties ?? {}) as { Code?: Record<string, unknown> };
  return { ...resource, Properties: { ...properties, Code: { ...Code, ...(Code.S3Key !== undefined && { S3Key: '' }) } } };
}
