import { isDeepStrictEqual } from 'node:util';
import {
  type AssemblyModel,
  type CloudAssembly,
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
import { createEngines, type Engines, type EnginesOptions, enginesFromTemplate } from './engines';
import { type Ground, type GroundOptions, openGround } from './ground';
import { systemClock } from './host/clock';
import { seededRandom } from './host/random';
import { operatorKeys } from './identity';
import { createProducts, PRODUCT_TYPES, type ProductSettings, type Products } from './products';
import { type Progress, silent } from './progress';
import { localizedText } from './stacks';
import type { Environment, FunctionTarget, Keys, ProductContext } from './types';

export interface PlatformOptions extends GroundOptions {
  /** Cloud assembly directory, as `cdk synth` writes it. */
  readonly assembly: string;
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
  /** What it stands on, which it closes in the end. @default - opened for it */
  readonly ground?: Ground;
}

/** A running platform. */
export interface Platform extends Products {
  readonly model: AssemblyModel;
  /** The templates that run. */
  readonly assembly: CloudAssembly;
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
  /**
   * Prepares another assembly to run in place of this one, at the same addresses.
   * @throws {Error} where it can't be run here; then this platform goes on, as it does until the replacement starts.
   */
  replacement(assembly: string): Replacement;
  /** Ends everything: no process, socket or timer is left. May be called more than once. */
  dispose(): Promise<void>;
}

/** Another assembly in place of the one that runs. */
export interface Replacement {
  /** True where the templates want the engines as they are, so that these go on with their data. */
  readonly keepsEngines: boolean;
  /**
   * Ends what runs, and starts what takes its place.
   * @throws {Error} where that fails: then only engines are left running, until another replacement or `dispose`.
   */
  start(): Promise<Platform>;
}

/** Parts of a platform, and of those that take its place. */
interface Parts {
  readonly options: PlatformOptions;
  readonly ground: Ground;
  engines?: { readonly product: Engines; readonly options: EnginesOptions };
  /** Ends everything but the engines and the ground. */
  products: Cleanup;
}

/**
 * Runs a synthesized template on this machine. Where that fails, nothing is left running.
 * @throws {NotHonouredError} of a template that holds what isn't run here.
 * @throws {PortInUseError} {@link StateDirInUseError} where something else runs in its place.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const cleanup = new Cleanup();
  const started = open(options, cleanup);
  try {
    return await Promise.race([started, rejectedOnAbort(options.signal)]);
  } catch (error) {
    started.catch(() => undefined);
    await cleanup.run();
    throw error;
  }
}

async function open(options: PlatformOptions, cleanup: Cleanup): Promise<Platform> {
  const { progress = silent } = options;
  const ground = options.ground ?? (await openGround({ ...options, log: progress.log }));
  cleanup.add(() => ground.close());
  const parts: Parts = { options, ground, products: new Cleanup() };
  cleanup.add(() => parts.engines?.product.dispose());
  cleanup.add(() => parts.products.run());
  return start(prepare(options.assembly, parts), parts, () => cleanup.run());
}

/** Everything of an assembly that is found out before anything starts or ends. */
function prepare(directory: string, { options, ground, engines }: Parts) {
  const assembly = readCloudAssembly(directory);
  const environment = ground.environment(assembly);
  const { model, aws } = checkedModel(assembly, environment, options.skip);
  const recorder = new Recorder();
  const context: ProductContext = {
    environment,
    observe: recorder.observe,
    keys: operatorKeys(ground.stateDir),
    registry: { functions: new Map(), queues: new Map(), origins: new Map() },
    clock: systemClock((error) => ground.log('platform', `a timer failed: ${error.stack ?? error}`)),
    random: seededRandom(options.seed ?? 1),
    log: ground.log,
  };
  const engineOptions = enginesFromTemplate(model);
  const kept = isDeepStrictEqual(engines?.options, engineOptions) ? engines?.product : undefined;
  const products = createProducts(model, aws, context, {
    settings: options.settings,
    edgePort: ground.edgePort,
    engines: kept ?? createEngines(engineOptions, context),
  });
  return { assembly, model, context, products, recorder, engineOptions, areKept: kept !== undefined };
}

async function start(prepared: ReturnType<typeof prepare>, parts: Parts, dispose: () => Promise<void>): Promise<Platform> {
  const { assembly, model, context, products, recorder } = prepared;
  const { progress = silent, signal, skip = [] } = parts.options;
  const phase = <T>(name: string, work: () => Promise<T>) => {
    signal?.throwIfAborted();
    return progress.phase(name, work);
  };
  const { engines, lambda, queues, events, gateway, edge, buckets } = products;
  for (const product of [products.aws, buckets, lambda, queues, events, gateway, edge])
    parts.products.add(() => product.dispose());

  if (!prepared.areKept) {
    await parts.engines?.product.dispose();
    parts.engines = { product: engines, options: prepared.engineOptions };
    await phase('starting the engines', () => engines.start());
  }
  await phase('starting functions, queues and rules', async () => {
    for (const product of [products.aws, buckets, lambda, queues, events, gateway]) await product.start();
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
    endpoint: context.environment.endpointUrl,
  };
  const shown = await startConsole({ products, model, context, recorder, urls });
  parts.products.add(() => shown.dispose());

  const localized = (text: string) => localizedText(text, context.registry.origins);
  return {
    ...products,
    model,
    assembly,
    keys: context.keys,
    skipped: skippedResources(assembly, skip),
    functions: context.registry.functions,
    urls: { ...urls, console: shown.url },
    localized,
    outputs: () =>
      model
        .outputs()
        .map((output) => (typeof output.value === 'string' ? { ...output, value: localized(output.value) } : output)),
    replacement(directory) {
      const next = prepare(directory, parts);
      return { keepsEngines: next.areKept, start: () => replace(next, parts, dispose) };
    },
    dispose,
  };
}

async function replace(next: ReturnType<typeof prepare>, parts: Parts, dispose: () => Promise<void>): Promise<Platform> {
  await parts.products.run();
  parts.products = new Cleanup();
  try {
    return await start(next, parts, dispose);
  } catch (error) {
    await parts.products.run();
    parts.products = new Cleanup();
    throw error;
  }
}

/** Model of an assembly, and its callers of AWS's APIs. @throws {NotHonouredError} of what isn't run here. */
export function checkedModel(assembly: CloudAssembly, environment: Environment, skip: readonly string[] = []) {
  const run = mergeTypes(PRODUCT_TYPES);
  const types = { ...run, ...skippedTypes(assembly, skip, run) };
  // One store for all, made on first use: policies and network are read from the model that it resolves secrets for.
  const aws = once(() => awsFromTemplate(model));
  const model = createModel({ assembly, types, environment, secrets: () => aws().secrets });
  checkHonoured(assembly, model, types);
  return { model, aws: aws() };
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
