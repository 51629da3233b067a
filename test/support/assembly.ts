import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type AssemblyModel, type CloudAssembly, createModel, readCloudAssembly, type SecretStore } from '../../local/assembly';
import type { Template } from '../../local/assembly/template';
import type { Environment, ResourceTypes } from '../../local/types';

/** A stack of a hand-made assembly. */
export interface HandMadeStack {
  readonly template: Template;
  readonly dependencies?: readonly string[];
  readonly environment?: string;
  /** Files of the stack's only asset, by name, with its S3 key. */
  readonly asset?: { readonly s3Key: string; readonly files: Readonly<Record<string, string>> };
}

/** Writes a cloud assembly as CDK would, into a new temporary directory. @returns its path. */
export function writeAssembly(stacks: Readonly<Record<string, HandMadeStack>>, parent = os.tmpdir()): string {
  const directory = fs.mkdtempSync(path.join(parent, 'assembly-'));
  const artifacts: Record<string, unknown> = {};
  for (const [name, { template, dependencies = [], environment, asset }] of Object.entries(stacks)) {
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: environment ?? 'aws://unknown-account/unknown-region',
      properties: { templateFile: `${name}.template.json` },
      dependencies: [...dependencies, `${name}.assets`],
    };
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    writeJson(directory, `${name}.template.json`, template);
    writeJson(directory, `${name}.assets.json`, { files: asset ? assetFiles(directory, name, asset) : {} });
  }
  writeJson(directory, 'manifest.json', { version: '55.0.0', artifacts });
  return directory;
}

function assetFiles(directory: string, name: string, { s3Key, files }: NonNullable<HandMadeStack['asset']>): unknown {
  fs.mkdirSync(path.join(directory, `asset.${name}`));
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(directory, `asset.${name}`, file), text);
  return {
    [name]: {
      source: { path: `asset.${name}`, packaging: 'zip' },
      destinations: { 'current_account-current_region': { bucketName: 'assets', objectKey: s3Key } },
    },
  };
}

function writeJson(directory: string, file: string, value: unknown): void {
  fs.writeFileSync(path.join(directory, file), JSON.stringify(value));
}

/** An environment that nothing listens in. */
export const NOWHERE: Environment = {
  account: '000000000000',
  region: 'eu-west-1',
  endpointUrl: 'http://127.0.0.1:1',
  caFile: '/nowhere/ca.pem',
  stateDir: '/nowhere',
  port: () => 1,
};

/** A type table for tests: everything under `Name`, `Nested.Known` and `List.Item` makes a difference, `Comment` does not. */
export const THING: ResourceTypes = {
  'Test::Thing': {
    honours: ['Name', 'Value', 'Nested.Known', 'List.Item'],
    ignores: { Comment: 'nobody reads it' },
    ref: (resource) => resource.properties.Name ?? `${resource.stack}-${resource.logicalId}`,
    attributes: {
      Arn: (resource, environment) =>
        `arn:aws:test:${environment.region}:${environment.account}:${resource.properties.Name ?? resource.logicalId}`,
      'Endpoint.Port': (_, environment) => String(environment.port('thing')),
    },
  },
};

/** The model of hand-made stacks, deleted from disk at once: everything is in memory by then. */
export function modelOf(
  stacks: Readonly<Record<string, HandMadeStack>>,
  { types = THING, secrets = noSecrets, environment = NOWHERE }: Partial<ModelParts> = {},
): AssemblyModel & { assembly: CloudAssembly } {
  const directory = writeAssembly(stacks);
  try {
    const assembly = readCloudAssembly(directory);
    return Object.assign(createModel({ assembly, types, environment, secrets: () => secrets }), { assembly });
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

interface ModelParts {
  types: ResourceTypes;
  secrets: SecretStore;
  environment: Environment;
}

const noSecrets: SecretStore = {
  value: (id) => {
    throw new Error(`no secret '${id}'`);
  },
};
