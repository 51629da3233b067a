import type { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { WriteOperation } from '../gateway/route-checks';
import type { Route } from '../route';
import { ApiStack } from './api-stack';
import { BusStack } from './bus-stack';
import { DatabaseStack } from './database-stack';
import { EdgeStack } from './edge-stack';
import type { ExampleRequest } from './example-request';
import { NetworkStack } from './network-stack';
import { OperationsStack } from './operations-stack';
import { PurgeStack } from './purge-stack';
import { SharedStack } from './shared-stack';
import type { StageConfig } from './stage';
import { UsEast1Stack } from './us-east-1-stack';
import type { Workload } from './workload';

/** Properties of a stage. */
export interface CachementProps {
  /** The stage. */
  readonly config: StageConfig;

  /** Application that it serves. */
  readonly workload: Workload;

  /** Everything that the API answers. */
  readonly routes: Route[];

  /**
   * Operations that change something.
   * @default - none, the API is read only
   */
  readonly writes?: WriteOperation[];

  /**
   * Routes that need IAM authorisation to read, where the stage isn't open.
   * @default - none
   */
  readonly restricted?: Route[];

  /**
   * Tag templates that name one key of the stage cache each, with the route whose it is.
   * @default - none, every purge of a tag flushes the stage cache
   */
  readonly exactTags?: Record<string, Route>;

  /**
   * Parent tag by tag template.
   * @default - none
   */
  readonly parentTags?: Record<string, string>;

  /**
   * The route that a probe asks which keys were purged, and what the primary has of them.
   * @default - none, and no probe
   */
  readonly purgedKeys?: Route;

  /**
   * Requests to show after a deployment.
   * @default - none
   */
  readonly examples?: ExampleRequest[];
}

/**
 * Adds a whole stage to an app, or to a `Stage` of a pipeline. Each stack needs only stacks that come before it.
 *
 * @param scope the app, or a `Stage` of it; not a stack.
 */
export function addCachement(scope: Construct, props: CachementProps): Stack[] {
  const { config, workload, routes, writes = [], restricted = [], examples = [], exactTags, parentTags, purgedKeys } = props;
  const networkStack = new NetworkStack(scope, { config });
  const { network, key } = networkStack;
  const databaseStack = new DatabaseStack(scope, { config, key, network, workload });
  const { database } = databaseStack;
  const sharedStack = new SharedStack(scope, { config, key, network });
  const { shared } = sharedStack;
  const busStack = new BusStack(scope, { config, key });
  const { bus } = busStack;
  const apiStack = new ApiStack(scope, { config, key, network, database, shared, bus, workload, routes, writes, restricted });
  const { api, reader } = apiStack;
  const usEast1 = UsEast1Stack.isNeededFor(config) ? new UsEast1Stack(scope, { config }) : undefined;
  const edgeStack = new EdgeStack(scope, { config, key, routes, writes, api, usEast1, restricted, examples });
  const { edge } = edgeStack;
  const purgeStack = new PurgeStack(scope, {
    config,
    key,
    network,
    database,
    shared,
    bus,
    api,
    edge,
    workload,
    routes,
    exactTags,
    parentTags,
    purgedKeys,
  });
  const { pipeline, warmer, probe } = purgeStack;
  const operationsStack = new OperationsStack(scope, {
    config,
    key,
    database,
    shared,
    bus,
    api,
    edge,
    pipeline,
    warmer,
    probe,
    reader,
    routes,
  });
  const inOrder = [networkStack, databaseStack, sharedStack, busStack, apiStack, usEast1, edgeStack, purgeStack, operationsStack];
  return inOrder.filter((stack) => stack !== undefined);
}
