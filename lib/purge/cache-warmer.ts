import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE, type EventDetails, WARMER_EVENTS } from '../contract/events';
import { DatabaseRole } from '../database/database-role';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { PlatformFunction } from '../functions/platform-function';
import type { ISharedCache } from '../shared/shared-cache-base';
import { deploymentsOf } from './deployments';
import type { IPurgeBus } from './purge-bus';
import { WorkerQueue } from './worker-queue';

/** Properties of a CacheWarmer. */
export interface CacheWarmerProps {
  /**
   * Function that reads the keys, in the network of the tiers: it is sent a batch of `PurgeRequested` and `WarmRequested` events,
   * as `createWarmer` of `cachement/functions` takes them. It is made a client of database and shared tier here. Its timeout
   * should be that of its keys at its rate, such as 30 s for two hundred keys at ten a second, and longer than `runSeconds`.
   */
  readonly worker: PlatformFunction;
  /** Origin of the values. */
  readonly database: IReplicatedDatabase;
  /** The tier that is filled. */
  readonly shared: ISharedCache;
  /** Bus that announces purges. */
  readonly bus: IPurgeBus;
  /**
   * Times at which keys are warmed though nothing was purged, such as every five minutes.
   * @default - after purges, and after failovers of the shared tier
   */
  readonly schedule?: events.Schedule;
  /**
   * Stacks after whose deployment keys are warmed: those with functions whose routes may have a new version.
   * @default - none
   */
  readonly deployments?: Stack[];
  /** Queue in which the pipeline keeps events that could not be delivered. */
  readonly deadLetterQueue: sqs.IQueue;
}

/** Lambda's default, for a function that has none of its own. */
const DEFAULT_TIMEOUT = Duration.seconds(3);

/**
 * Time in which the shared tier is purged, so that what is read is not the old value; and purges of one moment are warmed once.
 */
const GATHER = Duration.seconds(2);

/** Time for which a call that can't be delivered is tried again: later the next one is as good. */
const MAX_EVENT_AGE = Duration.minutes(5);

/**
 * Reads the hottest keys again after they were purged, so that their first viewers don't wait for the database; after a failover
 * of the shared tier, after deployments and on a schedule also what its worker's plans say. The worker knows which keys those
 * are; the rate towards the database is bounded by it, and by its concurrency.
 */
export class CacheWarmer extends Construct {
  /** Purges that nothing was warmed after. */
  readonly deadLetters: sqs.IQueue;
  /** Function that reads the keys. */
  readonly worker: PlatformFunction;

  constructor(scope: Construct, id: string, props: CacheWarmerProps) {
    super(scope, id);
    this.worker = props.worker;
    props.database.addClient(this.worker, { role: DatabaseRole.READER });
    props.shared.addClient(this.worker);
    const purges = new WorkerQueue(this, 'Purges', {
      worker: this.worker,
      workerTimeout: this.worker.timeout ?? DEFAULT_TIMEOUT,
      batchingWindow: GATHER,
    });
    this.deadLetters = purges.deadLetters;
    new events.Rule(this, 'Rule', {
      description: 'Purges after which keys are warmed',
      eventBus: props.bus.eventBus,
      eventPattern: { source: [EVENT_SOURCE], detailType: [...WARMER_EVENTS] },
      targets: [new targets.SqsQueue(purges.queue, { deadLetterQueue: props.deadLetterQueue })],
    });
    const target = (reason: EventDetails['WarmRequested']['reason']) => {
      const message = { source: EVENT_SOURCE, 'detail-type': 'WarmRequested', detail: { reason } };
      return new targets.SqsQueue(purges.queue, {
        deadLetterQueue: props.deadLetterQueue,
        maxEventAge: MAX_EVENT_AGE,
        message: events.RuleTargetInput.fromObject(message),
      });
    };
    if (props.schedule) {
      new events.Rule(this, 'Schedule', {
        description: 'Warms what is likely to be read',
        schedule: props.schedule,
        targets: [target('schedule')],
      });
    }
    if (!props.deployments?.length) return;
    new events.Rule(this, 'Deployments', {
      description: 'Deployments after which keys are warmed',
      eventPattern: deploymentsOf(props.deployments, Stack.of(this)),
      targets: [target('deployment')],
    });
  }
}
