import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DatabaseRole } from '../database/database-role';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';
import type { ISharedCache } from '../shared/shared-cache-base';
import { EVENT_SOURCE, type IPurgeBus } from './purge-bus';
import { WorkerQueue } from './worker-queue';

/** What is read again after a purge. */
export interface CacheWarmerProps {
  /** Where the function runs. */
  readonly network: IPlatformNetwork;
  /** Where values come from. */
  readonly database: IReplicatedDatabase;
  /** The tier that is filled. */
  readonly shared: ISharedCache;
  /** Where purges are announced. */
  readonly bus: IPurgeBus;
  /** Where the pipeline keeps events that could not be delivered. */
  readonly undelivered: sqs.IQueue;

  /**
   * What happens to the function's log.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Two hundred keys at ten a second, and some to spare. */
const TIMEOUT = Duration.seconds(30);

/** In which the shared tier is purged, so that what is read is not the old value; and purges of one moment are warmed once. */
const GATHER = Duration.seconds(2);

/**
 * Reads the hottest keys again after they were purged, so that their first viewers don't wait for the database. Which keys those are is
 * declared beside the routes; the rate towards the database is bounded by the function, and by its concurrency.
 */
export class CacheWarmer extends Construct {
  /** Purges that nothing was warmed after. */
  readonly deadLetters: sqs.IQueue;
  /** Reads the keys. */
  readonly warmer: PlatformFunction;

  constructor(scope: Construct, id: string, props: CacheWarmerProps) {
    super(scope, id);
    this.warmer = new PlatformFunction(this, 'Function', {
      bundle: 'warmer',
      description: 'Reads the hottest keys again after a purge',
      timeout: TIMEOUT,
      concurrency: 2,
      vpc: props.network.vpc,
      logRemovalPolicy: props.logRemovalPolicy,
    });
    props.database.addClient(this.warmer, { role: DatabaseRole.READER });
    props.shared.addClient(this.warmer);
    const purges = new WorkerQueue(this, 'Purges', {
      worker: this.warmer,
      workerTimeout: TIMEOUT,
      batchingWindow: GATHER,
    });
    this.deadLetters = purges.deadLetters;
    new events.Rule(this, 'Rule', {
      description: 'Purges after which keys are warmed',
      eventBus: props.bus.eventBus,
      eventPattern: { source: [EVENT_SOURCE], detailType: ['PurgeRequested'] },
      targets: [new targets.SqsQueue(purges.queue, { deadLetterQueue: props.undelivered })],
    });
  }
}
