import * as fs from 'node:fs';
import * as path from 'node:path';
import * as zlib from 'node:zlib';

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of any shape
export type Json = any;

/** One resource of a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, Json>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Condition?: string;
  readonly UpdatePolicy?: Readonly<Record<string, Json>>;
}

/** One template, as CloudFormation gets it. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: Json; readonly Export?: { readonly Name: Json } }>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: Json }>>;
  readonly Conditions?: Readonly<Record<string, Json>>;
}

/** One stack of an app, with what the CDK's CLI knows of it besides its template. */
export interface StackArtifact {
  /** Its name, with its region where another stack of the app has the name too. */
  readonly name: string;
  /** Its name in its region, where `name` isn't. */
  readonly stackName?: string;
  readonly region: string;
  readonly account: string;
  /** True if the app says where it goes: its templates hold the region then, and are another app's in another region. */
  readonly isPlaced?: boolean;
  /** Names of the stacks that are deployed before it. */
  readonly dependencies: readonly string[];
  readonly terminationProtection: boolean;
  readonly template: Template;
}

/** Where a stack goes that doesn't say. */
const ANYWHERE = { account: '111111111111', region: 'eu-central-1' };

/** Stacks of a cloud assembly, in the order in which they are deployed. */
export function readAssembly(directory: string): StackArtifact[] {
  const manifest: Json = JSON.parse(fs.readFileSync(path.join(directory, 'manifest.json'), 'utf8'));
  const ids = new Map<string, Json>(
    Object.entries(manifest.artifacts as Record<string, Json>).filter(([, { type }]) => type === 'aws:cloudformation:stack'),
  );
  const nameOf = (id: string): string => {
    const { stackName = id } = ids.get(id).properties;
    const isShared = [...ids].filter(([other, { properties }]) => (properties.stackName ?? other) === stackName).length > 1;
    return isShared ? `${stackName}@${ids.get(id).environment.split('/').at(-1)}` : stackName;
  };
  const stacks = [...ids].map(([id, artifact]): StackArtifact => {
    const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment) ?? [];
    return {
      name: nameOf(id),
      stackName: artifact.properties.stackName ?? id,
      account: account && account !== 'unknown-account' ? account : ANYWHERE.account,
      region: region && region !== 'unknown-region' ? region : ANYWHERE.region,
      isPlaced: region !== 'unknown-region',
      dependencies: (artifact.dependencies ?? []).filter((other: string) => ids.has(other)).map(nameOf),
      terminationProtection: artifact.properties.terminationProtection === true,
      template: JSON.parse(fs.readFileSync(path.join(directory, artifact.properties.templateFile), 'utf8')),
    };
  });
  return inOrder(
    stacks,
    ({ name }) => name,
    ({ dependencies }) => dependencies,
  );
}

/** Stacks that were written by {@link writeStacks}. */
export function readStacks(file: string): StackArtifact[] {
  return JSON.parse(zlib.gunzipSync(fs.readFileSync(file)).toString('utf8'));
}

/** Keeps stacks in one file, without what only the CDK reads. */
export function writeStacks(file: string, stacks: readonly StackArtifact[]): void {
  const kept = stacks.map(({ template: { Resources, Outputs, Parameters, Conditions }, ...stack }) => ({
    ...stack,
    template: {
      Resources: Object.fromEntries(
        Object.entries(Resources).map(([id, resource]) => [id, { ...resource, Metadata: undefined }]),
      ),
      Outputs,
      Parameters,
      Conditions,
    },
  }));
  fs.writeFileSync(file, zlib.gzipSync(JSON.stringify(kept), { level: 9 }));
}

/**
 * Items sorted so that each comes after those it needs; otherwise their order stays.
 *
 * @throws {Error} that names a circle.
 */
export function inOrder<T>(items: readonly T[], nameOf: (item: T) => string, needsOf: (item: T) => readonly string[]): T[] {
  const byName = new Map(items.map((item) => [nameOf(item), item]));
  const sorted = new Set<T>();
  const visit = (item: T, above: readonly string[]): void => {
    if (sorted.has(item)) return;
    const name = nameOf(item);
    if (above.includes(name)) throw new Error(`circle: ${[...above.slice(above.indexOf(name)), name].join(' -> ')}`);
    for (const need of needsOf(item)) {
      const other = byName.get(need);
      if (other) visit(other, [...above, name]);
    }
    sorted.add(item);
  };
  for (const item of items) visit(item, []);
  return [...sorted];
}
