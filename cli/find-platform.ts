import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Credentials } from '../lambdas/platform/http/signature';
import { API_OUTPUT, BUS_OUTPUT } from '../lib/contract/outputs';
import { UsageError } from './arguments';
import { Stacks } from './stacks';

/** Options that name a platform. */
export interface Named {
  readonly bus?: string;
  readonly api?: string;
  readonly stack?: string;
}

/** A platform on this machine, as `cachement dev` records it. */
export interface LocalPlatform {
  readonly endpoint: string;
  readonly region: string;
  readonly credentialsFile: string;
}

/** Bus and API of a platform. */
export interface Found {
  readonly bus?: string;
  readonly api?: string;
}

/** Record of `cachement dev`, from the app's folder. */
const RECORD = '.cachement/local/running.json';

/** Platform that runs for the app of a folder, or of one above it. */
export function localPlatform(folder: string): LocalPlatform | undefined {
  const file = path.join(folder, RECORD);
  const parent = path.dirname(folder);
  if (!fs.existsSync(file)) return parent === folder ? undefined : localPlatform(parent);
  try {
    const { pid, endpoint, region, credentialsFile } = JSON.parse(fs.readFileSync(file, 'utf8'));
    // Throws where a crash has left the record behind.
    process.kill(pid, 0);
    return { endpoint, region, credentialsFile };
  } catch {
    return undefined;
  }
}

/** Takes what follows for the local platform's: the variables by which clients of AWS find their way. */
export function useLocal({ endpoint, region, credentialsFile }: LocalPlatform, environment = process.env): void {
  environment.AWS_ENDPOINT_URL = endpoint;
  environment.AWS_REGION = region;
  environment.AWS_SHARED_CREDENTIALS_FILE = credentialsFile;
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete environment[name];
}

/**
 * Bus and API of the outputs of a stack, or of every stack where none is named.
 * @throws {Error} where there is no such stack or no platform in it, or where there are several.
 */
export async function platformOf(
  stack: string | undefined,
  options: { readonly region: string; readonly credentials: Credentials; readonly endpoint?: string },
): Promise<Found> {
  const stacks = new Stacks(options);
  const names = stack === undefined ? await stacks.names() : [stack];
  const outputs = (await Promise.all(names.map((name) => stacks.outputs(name)))).flatMap((each) => [...each]);
  const one = (end: string): string | undefined => {
    const found = outputs.filter(([name]) => name.endsWith(end));
    if (found.length <= 1) return found[0]?.[1];
    throw new UsageError(
      `there are several platforms, with the outputs ${found.map(([name]) => name).join(', ')}; name one with --bus and --api`,
    );
  };
  const bus = one(BUS_OUTPUT);
  if (bus === undefined) {
    const where = stack === undefined ? 'no stack has' : `stack '${stack}' has no`;
    throw new Error(`${where} output that ends in '${BUS_OUTPUT}'; deploy it again with this version, or give --bus and --api`);
  }
  return { bus, api: one(API_OUTPUT) };
}
