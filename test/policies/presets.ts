import * as path from 'node:path';
import { App, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import cdkJson from '../../cdk.json';
import { places } from '../../examples/places';
import { ApiFunctions } from '../../examples/places/api-functions';
import { CachingPlatform, DatabaseRole, StaticSite, WriteBehindFlusher } from '../../lib';
import { PlatformFunction } from '../../lib/functions/platform-function';
import { defineSite } from '../../lib/route';
import { addCachement } from '../../lib/stacks/app';
import { defineStage, type StageConfig, stageConfig } from '../../lib/stacks/stage';

/** Deployed configuration: its stacks, and the names of its resources that all presets share. */
export interface Preset {
  /** Adds the preset to an app. */
  readonly addTo: (app: App) => Stack[];
  /** Path of a construct without the preset's own part: `network/Network/Vpc/Resource`. */
  readonly resource: (constructPath: string) => string;
  /** Name of a rule without the preset's own part; its finding may name a resource. */
  readonly rule: (ruleName: string) => string;
}

/**
 * An app of one preset. With `validate`, the CDK's own rules are checked when it is synthesized; warnings count, as cdk.json
 * says.
 */
export function appOf({ addTo }: Preset, validate = false): { app: App; stacks: Stack[] } {
  const app = new App({
    context: cdkJson.context,
    analyticsReporting: false,
    builtinCloudFormationValidation: validate,
  });
  return { app, stacks: addTo(app) };
}

/** A stage of the app, in stacks of its own. */
const stage = (config: StageConfig): Preset => ({
  addTo: (app) => addCachement(app, { ...places, config }),
  resource: (constructPath) =>
    constructPath
      .replaceAll(`cachement${config.name}`, 'cachementSTAGE')
      .slice(`cachement-${config.name}-`.length)
      .replace(/(Queue)[0-9A-F]{8}/, '$1'),
  rule: (ruleName) => ruleName.replaceAll(`cachement-${config.name}`, 'cachement-STAGE'),
});

/** Stack of each part of the platform in a stage, where every part has one of its own. */
const STACK_OF_PART: Readonly<Record<string, string>> = {
  Key: 'network',
  Network: 'network',
  Database: 'database',
  Migration: 'database',
  Shared: 'shared',
  Purges: 'bus',
  Functions: 'api',
  Firewall: 'api',
  Gateway: 'api',
  FlushWorker: 'shared',
  FlushWorkerRole: 'shared',
  Flusher: 'shared',
  Edge: 'edge',
  Site: 'edge',
  Purge: 'purge',
  Topology: 'operations',
  Monitoring: 'operations',
  Budget: 'operations',
};

/** Path of a construct of a CachingPlatform at another path, as it is in the stacks of a stage. */
export function resourceOfPlatform(constructPath: string, platformPath: string): string {
  const path = constructPath
    .replace(`${platformPath}/`, '')
    .replace(
      /SqsEventSource:(\w+?Queue)[0-9A-F]{8}/,
      (_, queue: string) => `SqsEventSource:cachementSTAGEpurge${queue.replace(platformPath.replaceAll('/', ''), '')}`,
    );
  return `${STACK_OF_PART[path.split('/')[0] as string] ?? 'unknown'}/${path}`;
}

/** Files of a site. */
const SITE = path.resolve(__dirname, '../support/site');

/** Somebody who flushes queued writes, whose code is any. */
function addFlusher(caching: CachingPlatform): void {
  const worker = new PlatformFunction(caching, 'FlushWorker', {
    bundle: 'topology',
    description: 'Flushes queued writes',
    timeout: Duration.seconds(70),
    vpc: caching.network.vpc,
    vpcSubnets: caching.network.vpcSubnets,
    logRemovalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  caching.addClient(worker, { concurrency: 2, role: DatabaseRole.WRITER });
  new WriteBehindFlusher(caching, 'Flusher', { worker, bus: caching.bus });
}

/**
 * The same tiers as one CachingPlatform in a single stack, with the sample's functions as its clients, a site, and a flusher of
 * queued writes.
 */
const platform = (props: StackProps, deletionProtection: boolean): Preset => ({
  addTo: (app) => {
    const stack = new Stack(app, 'shop', props);
    const caching = new CachingPlatform(stack, 'Caching', { namespace: 'shop', monthlyBudget: 1000, deletionProtection });
    const { network, database, shared, bus } = caching;
    const config = stageConfig('prod');
    const { reader, writer } = new ApiFunctions(caching, 'Functions', {
      config: { ...config, functions: { ...config.functions, readConcurrency: 50, writeConcurrency: 10 } },
      network,
      database,
      shared,
      bus,
      logRemovalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const { routes, writes = [], restricted = [] } = places;
    for (const route of routes) {
      const methods = writes.filter((write) => write.route === route).map(({ method }) => method);
      caching.addRoute(route, { reader, writer, writes: methods, restricted: restricted.includes(route) });
    }
    new StaticSite(caching, 'Site', { platform: caching, directory: SITE, paths: defineSite({ paths: {} }) });
    addFlusher(caching);
    return [stack];
  },
  resource: (constructPath) => resourceOfPlatform(constructPath, 'shop/Caching'),
  rule: (ruleName) => ruleName,
});

/**
 * Deployed configurations: each stage, `prod` with everything that needs an account and region, and one CachingPlatform.
 *
 * @param isProtected true of what is protected from deletion, as it is to be once the first deployment has succeeded.
 */
export function presets(isProtected: boolean): Readonly<Record<string, Preset>> {
  const prod = { ...stageConfig('prod'), protected: isProtected };
  return {
    local: stage(stageConfig('local')),
    dev: stage(stageConfig('dev')),
    prod: stage(prod),
    'prod-with-domain': stage(
      defineStage({
        ...prod,
        environment: {
          account: '111111111111',
          region: 'eu-central-1',
          availabilityZones: ['eu-central-1a', 'eu-central-1b'],
        },
        domain: { name: 'www.example.com', zoneName: 'example.com', hostedZoneId: 'Z0000000000000000000' },
        alarmEmail: 'operations@example.com',
        monthlyBudget: 1500,
      }),
    ),
    platform: platform({}, isProtected),
  };
}

/** The same, as policies are to find them. */
export const PRESETS = presets(true);
