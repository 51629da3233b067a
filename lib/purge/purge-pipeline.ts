import { Duration, type RemovalPolicy, Tokenization } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import * as defaults from '../contract/defaults';
import {
  EDGE_EVENTS,
  EVENT_SOURCE,
  type EventType,
  EXECUTOR_PUBLISHES,
  KEEPER_PUBLISHES,
  RELAY_EVENTS,
  SHARED_EVENTS,
} from '../contract/events';
import * as variables from '../contract/variables';
import { DatabaseRole } from '../database/database-role';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { IEdgeDistribution } from '../edge/edge-distribution-base';
import { PlatformFunction, type PlatformFunctionProps } from '../functions/platform-function';
import type { ICachedApi } from '../gateway/cached-api-base';
import type { IPlatformNetwork } from '../network/platform-network';
import type { Route } from '../route';
import type { ISharedCache } from '../shared/shared-cache-base';
import { exactPaths } from './exact-tags';
import type { IPurgeBus } from './purge-bus';
import { addOutputs } from './purge-outputs';
import type { IPurgePipeline, IPurgeSource } from './sources/purge-source';
import { WorkerQueue } from './worker-queue';

/** Properties of a PurgePipeline. */
export interface PurgePipelineProps {
  /** Network of relay and invalidator. */
  readonly network: IPlatformNetwork;
  /** Database with the outbox and the ledger. */
  readonly database: IReplicatedDatabase;
  /** Shared tier, which is purged first. */
  readonly shared: ISharedCache;
  /** Bus through which the steps start each other. */
  readonly bus: IPurgeBus;
  /** Gateway, which is purged next, once the drain is over. */
  readonly api: ICachedApi;
  /** Edge, which is purged last. */
  readonly edge: IEdgeDistribution;

  /**
   * Drain: time between the purges of the shared tier and of the outer tiers, in which an inner tier can still serve the old
   * value.
   */
  readonly drain: Duration;

  /**
   * Time for which a batch for the edge takes further purges. A longer one delays purges, and saves the items of tags that are
   * purged again within it.
   * @default Duration.seconds(1)
   */
  readonly edgeWindow?: Duration;

  /**
   * Budget of invalidated items per month. From 80 % on there is an alarm; at 100 % tags are purged by their parents, and expire
   * by TTL where they have none. Urgent purges are exempt.
   * @default - unlimited
   */
  readonly edgeMonthlyItems?: number;

  /**
   * Parent tag by tag template, such as `product:{id}` to `products`. Every route with the template must have the parent too, so
   * that purging the parent purges at least as much.
   * @default - none
   */
  readonly parentTags?: Record<string, string>;

  /**
   * Tag templates that name one key of the stage cache each, with the route of the key. A purge of such tags alone refreshes the
   * keys by requests for them, and doesn't flush the stage. No other response may carry such a tag, its loader's tags included,
   * and the route's function must refuse any other spelling of a parameter.
   * @default - none, every purge of a tag flushes the stage
   */
  readonly exactTags?: Record<string, Route>;

  /**
   * Number of tags of one parent in a batch from which on the parent is purged instead.
   * @default 100
   */
  readonly escalationThreshold?: number;

  /**
   * Removal policy of the functions' logs.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Limit of a run of the relay, which reads at most a few hundred rows; the next sweep is a minute away. */
const RELAY_TIMEOUT = Duration.seconds(30);

/** Limit of a run of the invalidator; short, because what failed is tried again after six times as long. */
const INVALIDATOR_TIMEOUT = Duration.seconds(10);

/**
 * Limit of a run of the executor: ten commands at about one call per second, which CloudFront's API accepts without throttling.
 */
const EXECUTOR_TIMEOUT = Duration.seconds(30);

/** Longest wait of a purge in the outbox whose event was lost. */
const SWEEP_INTERVAL = Duration.minutes(1);

/** Rules, queues and functions that take a purge from the outbox through shared tier and gateway to the edge. */
export class PurgePipeline extends Construct implements IPurgePipeline {
  /** Queues of messages that no function could handle, by step. Each message is a purge that an operator has to look at. */
  readonly deadLetters: Record<string, sqs.IQueue>;
  /** Queues of commands that wait for their functions, by step. */
  readonly queues: Record<string, sqs.IQueue>;
  /** Function that publishes due rows of the outbox. */
  readonly relay: PlatformFunction;
  /** Function that purges the shared tier, and keeps the ledger. */
  readonly invalidator: PlatformFunction;
  /** Function that purges gateway and edge. */
  readonly executor: PlatformFunction;
  /** Database that sources connect their writers to. */
  readonly database: IReplicatedDatabase;
  /** Bus through which the steps start each other. */
  readonly bus: IPurgeBus;
  /** Network of relay and invalidator. */
  readonly network: IPlatformNetwork;
  readonly #submissions: { readonly queue: sqs.IQueue; readonly undelivered: sqs.IQueue };

  constructor(scope: Construct, id: string, props: PurgePipelineProps) {
    super(scope, id);
    this.database = props.database;
    this.bus = props.bus;
    this.network = props.network;
    const undelivered = new sqs.Queue(this, 'Undelivered', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });

    this.relay = this.#addRelay(props, undelivered);
    // Kicks that arrive while the relay runs wait here and become one invocation, however many writers there are.
    const kicks = new WorkerQueue(this, 'RelayKicks', { worker: this.relay, workerTimeout: RELAY_TIMEOUT });
    this.invalidator = this.#addInvalidator(props);
    const sharedSteps = new WorkerQueue(this, 'SharedSteps', { worker: this.invalidator, workerTimeout: INVALIDATOR_TIMEOUT });
    this.executor = this.#addExecutor(props);
    const edgeSteps = new WorkerQueue(this, 'EdgeSteps', {
      worker: this.executor,
      workerTimeout: EXECUTOR_TIMEOUT,
    });
    // The executor sends itself delayed commands: for the end of the drain, and to poll an invalidation until it is complete.
    this.executor.addEnvironment(variables.EDGE_QUEUE_URL, edgeSteps.queue.queueUrl);
    this.executor.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [edgeSteps.queue.queueArn] }),
    );

    const rule = (name: string, detailType: readonly EventType[], target: events.IRuleTarget) =>
      new events.Rule(this, name, {
        description: `${detailType.join(', ')} of the purge path`,
        eventBus: props.bus.eventBus,
        eventPattern: { source: [EVENT_SOURCE], detailType: [...detailType] },
        targets: [target],
      });
    const toQueue = (queue: sqs.IQueue) => new targets.SqsQueue(queue, { deadLetterQueue: undelivered });
    this.#submissions = { queue: sharedSteps.queue, undelivered };
    rule('Kicks', RELAY_EVENTS, toQueue(kicks.queue));
    rule('ToShared', SHARED_EVENTS, toQueue(sharedSteps.queue));
    rule('ToEdge', EDGE_EVENTS, toQueue(edgeSteps.queue));

    this.queues = {
      'kicks of the relay': kicks.queue,
      'shared steps': sharedSteps.queue,
      'edge steps': edgeSteps.queue,
    };
    addOutputs(this, props);
    this.deadLetters = {
      'undelivered events': undelivered,
      'kicks of the relay': kicks.deadLetters,
      'shared steps': sharedSteps.deadLetters,
      'edge steps': edgeSteps.deadLetters,
    };
  }

  /**
   * Target of a rule whose events request purges.
   *
   * @param input event that the pipeline receives for each event of the rule.
   */
  submissionTarget(input: events.RuleTargetInput): events.IRuleTarget {
    const { queue, undelivered } = this.#submissions;
    return new targets.SqsQueue(queue, { deadLetterQueue: undelivered, message: input });
  }

  /** Adds a source of purges. @param id names the source in the stack. */
  addSource(id: string, source: IPurgeSource): void {
    source.bind(this, id);
  }

  #addRelay(props: PurgePipelineProps, undelivered: sqs.IQueue): PlatformFunction {
    const relay = this.#addLedgerKeeper('Relay', props, {
      bundle: 'relay',
      description: 'Announces the rows of the outbox',
      deadLetterQueue: undelivered,
      timeout: RELAY_TIMEOUT,
      environment: pacing(props),
    });
    new events.Rule(this, 'Sweep', {
      description: 'Takes up what no event announced',
      schedule: events.Schedule.rate(SWEEP_INTERVAL),
      targets: [new targets.LambdaFunction(relay, { deadLetterQueue: undelivered })],
    });
    return relay;
  }

  #addInvalidator(props: PurgePipelineProps): PlatformFunction {
    const invalidator = this.#addLedgerKeeper('Invalidator', props, {
      bundle: 'invalidator',
      description: 'Purges the shared tier, and keeps the ledger of every purge',
      timeout: INVALIDATOR_TIMEOUT,
      // A token: known when the last route is declared.
      environment: { [variables.DRAIN_SECONDS]: Tokenization.stringifyNumber(props.drain.toSeconds()), ...pacing(props) },
    });
    props.shared.addClient(invalidator);
    return invalidator;
  }

  /** Adds a function in the network that writes the ledger, and publishes the next step to the bus. */
  #addLedgerKeeper(id: string, props: PurgePipelineProps, own: PlatformFunctionProps): PlatformFunction {
    const { network, database, bus, logRemovalPolicy } = props;
    const keeper = new PlatformFunction(this, id, {
      ...own,
      concurrency: 2,
      vpc: network.vpc,
      vpcSubnets: network.vpcSubnets,
      logRemovalPolicy,
    });
    database.addClient(keeper, { role: DatabaseRole.KEEPER });
    bus.addPublisher(keeper, network, [...KEEPER_PUBLISHES]);
    return keeper;
  }

  #addExecutor(props: PurgePipelineProps): PlatformFunction {
    const executor = new PlatformFunction(this, 'Executor', {
      bundle: 'executor',
      description: 'Flushes the stage cache, and invalidates at the edge',
      timeout: EXECUTOR_TIMEOUT,
      // It mostly waits, for APIs and for due times.
      concurrency: 5,
      environment: {
        [variables.DISTRIBUTION_ID]: props.edge.distribution.distributionId,
        [variables.REST_API_ID]: props.api.restApiId,
        [variables.API_STAGE_NAME]: props.api.stageName,
        [variables.API_URL]: props.api.url,
      },
      logRemovalPolicy: props.logRemovalPolicy,
    });
    props.bus.addPublisher(executor, undefined, [...EXECUTOR_PUBLISHES]);
    props.api.grants.flush(executor);
    props.api.grants.refresh(executor);
    props.edge.grants.purge(executor);
    return executor;
  }
}

/** Environment variables for pacing the outer tiers, the same for both functions that advance batches. */
function pacing(props: PurgePipelineProps): Record<string, string> {
  return {
    [variables.GATEWAY_WINDOW_MS]: String(defaults.GATEWAY_WINDOW_MS),
    [variables.EDGE_WINDOW_MS]: String(props.edgeWindow?.toMilliseconds() ?? defaults.EDGE_WINDOW_MS),
    [variables.EDGE_MONTHLY_ITEMS]: String(props.edgeMonthlyItems ?? defaults.EDGE_MONTHLY_ITEMS),
    [variables.EDGE_PARENT_TAGS]: JSON.stringify(props.parentTags ?? {}),
    [variables.GATEWAY_EXACT_TAGS]: JSON.stringify(exactPaths(props.exactTags ?? {})),
    [variables.EDGE_ESCALATE_FROM]: String(props.escalationThreshold ?? defaults.ESCALATE_FROM),
  };
}
