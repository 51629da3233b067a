import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Keyring } from '../../local/identity';
import type { Clock, Environment, Model, ProductContext, Resource } from '../../local/types';

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** An environment with a state folder of its own, and a product context in it. */
export function productContext(parts: { clock?: Clock; environment?: Partial<Environment> } = {}): ProductContext & {
  /** Log, a line each. */
  readonly lines: string[];
  /** Removes the state folder. */
  cleanUp(): void;
} {
  const stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'product-'));
  const lines: string[] = [];
  return {
    environment: {
      account: '000000000000',
      region: 'eu-west-1',
      endpointUrl: 'http://127.0.0.1:1',
      caFile: path.join(stateDir, 'ca.pem'),
      stateDir,
      port: () => 0,
      ...parts.environment,
    },
    keys: new Keyring('a secret of this test alone'),
    registry: { functions: new Map(), queues: new Map(), origins: new Map() },
    clock: parts.clock ?? systemClock,
    random: () => 0.5,
    log: (product, message) => lines.push(`${product}: ${message}`),
    lines,
    cleanUp: () => fs.rmSync(stateDir, { recursive: true, force: true }),
  };
}

/** A model of resources whose properties are resolved already, by logical id. */
export function plainModel(
  resources: Readonly<Record<string, { type: string; properties: Resource['properties'] }>>,
  environment: Environment,
  asset: (s3Key: string) => string = (s3Key) => `/assets/${s3Key}`,
): Model {
  const all = Object.entries(resources).map(([logicalId, resource]) => ({ stack: 'Stack', logicalId, asset, ...resource }));
  return {
    environment,
    resources: (type) => all.filter((resource) => resource.type === type),
    find: (type, reference) => all.find((resource) => resource.type === type && resource.logicalId === reference),
    ref: (resource) => resource.logicalId,
    attribute: (resource, name) => `${resource.logicalId}.${name}`,
  };
}

/** Waits until the condition holds. @throws {Error} after `milliseconds`. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
