import * as fs from 'node:fs';
import * as path from 'node:path';
import { own } from '../own';
import { AssemblyError } from './errors';
import type { Template } from './template';

/** Output of `cdk synth`: the stacks to run, producers before their consumers. */
export interface CloudAssembly {
  readonly directory: string;
  readonly stacks: readonly Stack[];
}

/** One stack of the assembly. */
export interface Stack {
  readonly name: string;
  readonly template: Template;
  /** Account of the app's environment; undefined where it leaves that open. */
  readonly account?: string;
  readonly region?: string;
  /** Folder or file of every asset of the stack, by its S3 key. */
  readonly assets: ReadonlyMap<string, string>;
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly properties?: { templateFile?: string; stackName?: string; file?: string; directoryName?: string };
}

/**
 * Reads a cloud assembly directory, nested assemblies (CDK stages) included.
 * @throws {AssemblyError} where the directory holds no manifest, two stacks share a name, or stacks depend on each other.
 */
export function readCloudAssembly(directory: string): CloudAssembly {
  const stacks = stacksOf(path.resolve(directory));
  const names = new Set<string>();
  for (const { name } of stacks) {
    if (names.has(name)) throw new AssemblyError(`two stacks are called '${name}'; run one CDK stage at a time`);
    names.add(name);
  }
  return { directory: path.resolve(directory), stacks };
}

function stacksOf(directory: string): Stack[] {
  const file = path.join(directory, 'manifest.json');
  if (!fs.existsSync(file))
    throw new AssemblyError(`no cloud assembly in '${directory}': manifest.json is missing; run cdk synth`);
  const artifacts = (readJson(file) as { artifacts?: Record<string, Artifact> }).artifacts ?? {};
  return inOrder(artifacts).flatMap((id) => {
    const artifact = artifacts[id]!;
    if (artifact.type === 'cdk:cloud-assembly') return stacksOf(path.join(directory, artifact.properties?.directoryName ?? id));
    if (artifact.type === 'aws:cloudformation:stack') return [readStack(directory, id, artifacts)];
    return [];
  });
}

function readStack(directory: string, id: string, artifacts: Record<string, Artifact>): Stack {
  const artifact = artifacts[id]!;
  const [account, region] = (artifact.environment ?? '').replace('aws://', '').split('/');
  return {
    name: artifact.properties?.stackName ?? id,
    template: readJson(path.join(directory, artifact.properties?.templateFile ?? `${id}.template.json`)) as Template,
    account: account && account !== 'unknown-account' ? account : undefined,
    region: region && region !== 'unknown-region' ? region : undefined,
    assets: new Map(
      (artifact.dependencies ?? [])
        .filter((dependency) => own(artifacts, dependency)?.type === 'cdk:asset-manifest')
        .flatMap((dependency) => readAssets(directory, artifacts[dependency]!.properties?.file ?? `${dependency}.json`)),
    ),
  };
}

interface AssetFile {
  readonly source: { path?: string };
  readonly destinations: Record<string, { objectKey: string }>;
}

function readAssets(directory: string, file: string): [s3Key: string, location: string][] {
  const { files = {} } = readJson(path.join(directory, file)) as { files?: Record<string, AssetFile> };
  // An asset without a path is made by a command at deploy time; nobody can ask for its folder.
  return Object.values(files).flatMap(({ source, destinations }) =>
    source.path === undefined
      ? []
      : Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, path.resolve(directory, source.path!)]),
  );
}

/** Artifact ids so that each comes after everything it depends on; otherwise in the order of the manifest. */
function inOrder(artifacts: Record<string, Artifact>): string[] {
  const ordered: string[] = [];
  const visiting: string[] = [];
  const visit = (id: string): void => {
    const artifact = own(artifacts, id);
    if (ordered.includes(id) || !artifact) return;
    if (visiting.includes(id)) {
      throw new AssemblyError(`stacks depend on each other: ${[...visiting.slice(visiting.indexOf(id)), id].join(' -> ')}`);
    }
    visiting.push(id);
    for (const dependency of artifact.dependencies ?? []) visit(dependency);
    visiting.pop();
    ordered.push(id);
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return ordered;
}

function readJson(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}
