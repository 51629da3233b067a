import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  type AssemblyModel,
  checkHonoured,
  createModel,
  makeCustomResources,
  mergeTypes,
  type Output,
  readCloudAssembly,
  type SkippedResource,
  skippedResources,
  skippedTypes,
} from './assembly';
import { awsFromTemplate } from './aws';
import { Cleanup } from './cleanup';
import { Recorder, startConsole } from './console';
import { systemClock } from './host/clock';
import { Ports } from './host/ports';
import { endLeftovers } from './host/processes';
import { seededRandom } from './host/random';
import { lockStateDir } from './host/state-dir';
import { operatorKeys } from './identity';
import { createProducts, PRODUCT_TYPES, type ProductSettings, type Products } from './products';
import { type Progress, silent } from './progress';
import { localizedText } from './stacks';
import type { Environment, FunctionTarget, Keys, Log, ProductContext } from './types';

export interface PlatformOptions {
  /** Cloud assembly directory, as `cdk synth` writes it. */
  readonly assembly: string;
  /** Folder for data, logs and secrets; of one platform at a time. */
  readonly stateDir: string;
  /** Port of the edge on loopback; 0 is any free one. @default 8080 */
  readonly port?: number;
  /** Of everything that chance decides. @default 1 */
  readonly seed?: number;
  /** Settings that the template doesn't have, such as the time of an invalidation. @default - each product's own */
  readonly settings?: ProductSettings;
  /** CloudFormation types that are left out, though nothing here runs them. Calls that need them fail. @default - none */
  readonly skip?: readonly string[];
  /** @default - shows nothing */
  readonly progress?: Progress;
  /** Ends the start, and whatever has been started. */
  readonly signal?: AbortSignal;
}

/** A running platform. */
export interface Platform extends Products {
  readonly model: AssemblyModel;
  /** Access keys of the person who runs the platform, who may do everything, and of functions. */
  readonly keys: Keys;
  /** Resources that were left out. */
  readonly skipped: readonly SkippedResource[];
  /** Functions by ARN. */
  readonly functions: ReadonlyMap<string, FunctionTarget>;
  /** Base URLs without a trailing slash; undefined where the template has no such thing. */
  readonly urls: { readonly edge?: string; readonly gateway?: string; readonly endpoint: string; readonly console: string };
  /** Outputs of every stack, with addresses of AWS replaced by those of this machine. */
  outputs(): Output[];
  /** A text with the addresses of AWS that a local server stands for replaced by that server's. */
  localized(text: string): string;
  /** Ends everything: no process, socket or timer is left. May be called more than once. */
  dispose(): Promise<void>;
}

const DEFAULT_PORT = 8080;

/** Account of stacks that name none; nobody's. */
const DEFAULT_ACCOUNT = '000000000000';
const DEFAULT_REGION = 'us-east-1';

/** The port of the edge, by its name in {@link Environment.port}. */
const EDGE = 'edge';

/**
 * Runs a synthesized template on this machine. Where that fails, nothing is left running.
 * @throws {NotHonouredError} of a template that holds what isn't run here.
 * @throws {PortInUseError} {@link StateDirInUseError} where something else runs in its place.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const cleanup = new Cleanup();
  const started = start(options, cleanup);
  try {
    return await Promise.race([started, rejectedOnAbort(options.signal)]);
  } catch (error) {
    started.catch(() => undefined);
    await cleanup.run();
    throw error;
  }
}

async function start(options: PlatformOptions, cleanup: Cleanup): Promise<Platform> {
  const { progress = silent, signal, seed = 1 } = options;
  const stateDir = path.resolve(options.stateDir);
  const phase = <T>(name: string, work: () => Promise<T>) => {
    signal?.throwIfAborted();
    return progress.phase(name, work);
  };

  const assembly = readCloudAssembly(options.assembly);
  cleanup.add(lockStateDir(stateDir));

  const { log, close } = logTo(path.join(stateDir, 'logs/platform.log'), progress.log);
  cleanup.add(close);
  const left = await endLeftovers(stateDir);
  if (left.length > 0) log('platform', `ended what an earlier run left behind: ${left.join(', ')}`);

  const ports = await Ports.take();
  cleanup.add(() => ports.release());
  if (options.port !== 0) await ports.claim(EDGE, options.port ?? DEFAULT_PORT);
  const environment: Environment = {
    account: assembly.stacks.find(({ account }) => account)?.account ?? DEFAULT_ACCOUNT,
    region: assembly.stacks.find(({ region }) => region)?.region ?? DEFAULT_REGION,
    endpointUrl: `http://127.0.0.1:${ports.port('aws')}`,
    caFile: path.join(stateDir, 'certificates/ca.pem'),
    stateDir,
    port: (name) => ports.port(name),
  };

  const skip = options.skip ?? [];
  const run = mergeTypes(PRODUCT_TYPES);
  const types = { ...run, ...skippedTypes(assembly, skip, run) };
  // One store for all, made on first use: policies and network are read from the model that it resolves secrets for.
  const aws = once(() => awsFromTemplate(model));
  const model = createModel({ assembly, types, environment, secrets: () => aws().secrets });
  checkHonoured(assembly, model, types);

  const recorder = new Recorder();
  const context: ProductContext = {
    environment,
    observe: recorder.observe,
    keys: operatorKeys(stateDir),
    registry: { functions: new Map(), queues: new Map(), origins: new Map() },
    clock: systemClock((error) => log('platform', `a timer failed: ${error.stack ?? error}`)),
    random: seededRandom(seed),
    log,
  };
  const products = createProducts(model, aws(), context, { settings: options.settings, edgePort: ports.port(EDGE) });
  const { engines, lambda, queues, events, gateway, edge } = products;
  for (const product of [engines, products.aws, lambda, queues, events, gateway, edge]) cleanup.add(() => product.dispose());

  await phase('starting the engines', () => engines.start());
  await phase('starting functions, queues and rules', async () => {
    for (const product of [products.aws, lambda, queues, events, gateway]) await product.start();
  });
  await phase('making custom resources', () =>
    makeCustomResources({
      ...context,
      model,
      functions: context.registry.functions,
      expectResponse: (token, listener, functionArn) => products.aws.onCustomResourceResponse(token, listener, functionArn),
      blocked: (functionArn, since) => blockedOf(products, functionArn, since),
    }),
  );
  await phase('starting the edge', () => edge.start());
  signal?.throwIfAborted();

  const urls = {
    edge: [...edge.urls.values()][0],
    gateway: model.resources('AWS::ApiGateway::Stage').length > 0 ? gateway.url() : undefined,
    endpoint: environment.endpointUrl,
  };
  const shown = await startConsole({ products, model, context, recorder, urls });
  cleanup.add(() => shown.dispose());

  const localized = (text: string) => localizedText(text, context.registry.origins);
  return {
    ...products,
    model,
    keys: context.keys,
    skipped: skippedResources(assembly, skip),
    functions: context.registry.functions,
    urls: { ...urls, console: shown.url },
    localized,
    outputs: () =>
      model
        .outputs()
        .map((output) => (typeof output.value === 'string' ? { ...output, value: localized(output.value) } : output)),
    dispose: () => cleanup.run(),
  };
}

/** Connections and calls of a function that were not let through, each with what is missing. */
function blockedOf({ lambda, aws }: Products, functionArn: string, since: number): string[] {
  const connections = lambda.connections().filter((one) => one.functionArn === functionArn);
  const calls = aws.calls().filter((call) => call.functionArn === functionArn && call.time >= since);
  return [
    ...connections.flatMap(({ target, missing }) => (missing === undefined ? [] : [`no connection to ${target}: ${missing}`])),
    ...calls.flatMap(({ service, operation, reason }) => (reason === undefined ? [] : [`${service} ${operation}: ${reason}`])),
  ];
}

/** Log of the products' reports: to a file, and to `shown`. */
function logTo(file: string, shown: Log): { readonly log: Log; close(): Promise<void> } {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const stream = fs.createWriteStream(file, { mode: 0o600 });
  // Such as a full disk: the platform goes on without the file.
  stream.on('error', ({ message }) => shown('platform', `the log file can't be written any more: ${message}`));
  return {
    log(product, message) {
      shown(product, message);
      if (stream.writable) stream.write(`${new Date().toISOString()} [${product}] ${message}\n`);
    },
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  };
}

function rejectedOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
