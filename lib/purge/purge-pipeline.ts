import { Duration, type RemovalPolicy, Tokenization } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DatabaseRole } from '../database/database-role';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { IEdgeDistribution } from '../edge/edge-distribution-base';
import { PlatformFunction, type PlatformFunctionProps } from '../functions/platform-function';
import type { ICachedApi } from '../gateway/cached-api-base';
import type { IPlatformNetwork } from '../network/platform-network';
import type { Route } from '../route';
import type { ISharedCache } from '../shared/shared-cache-base';
import { exactPaths } from './exact-tags';
import { EVENT_SOURCE, type IPurgeBus } from './purge-bus';
import type { IPurgePipeline, IPurgeSource } from './sources/purge-source';
import { WorkerQueue } from './worker-queue';

/** What is purged, and by how much of it at once. */
export interface PurgePipelineProps {
  /** Where relay and invalidator run. */
  readonly network: IPlatformNetwork;
  /** Where the outbox and the ledger are. */
  readonly database: IReplicatedDatabase;
  /** The tier that is purged first. */
  readonly shared: ISharedCache;
  /** What steps hand over by. */
  readonly bus: IPurgeBus;
  /** The tier that is purged next, once the drain is over. */
  readonly api: ICachedApi;
  /** The tier that is purged last. */
  readonly edge: IEdgeDistribution;

  /** How long after the shared tier the outer tiers are purged: until then an inner one can still hand out the old value. */
  readonly settle: Duration;

  /**
   * For how long a batch for the edge is open to further purges: each second more is a second later, and saves the items of tags that are
   * purged again in it.
   * @default Duration.seconds(1)
   */
  readonly edgeWindow?: Duration;

  /**
   * Items a month that the edge may cost. From 80 % on there is an alarm; at 100 % tags are purged by their parents, and left to their TTL
   * where they have none. Purges that are marked urgent always go.
   * @default - as many as there are
   */
  readonly edgeMonthlyItems?: number;

  /**
   * Parent tag by tag template, such as `place:{id}` to `places`. Every route with the one must have the other, so that purging the parent
   * purges at least as much.
   * @default - none
   */
  readonly parentTags?: Record<string, string>;

  /**
   * Tag templates that name one key of the stage cache each, with the route whose it is: that key is refreshed by a request for it, where a
   * purge names nothing else, and the stage isn't flushed. No other response may carry such a tag, whatever its loader names, and the
   * route's function must refuse any other spelling of a parameter.
   * @default - none, every purge of a tag flushes the stage
   */
  readonly exactTags?: Record<string, Route>;

  /**
   * From how many tags of one parent in a batch on the parent is purged instead.
   * @default 100
   */
  readonly escalateFrom?: number;

  /**
   * What happens to the functions' logs when they go.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Reads at most a few hundred rows of the outbox; the next sweep is a minute away. */
const RELAY_TIMEOUT = Duration.seconds(30);

/** Short, because what failed is tried again after six times as long. */
const INVALIDATOR_TIMEOUT = Duration.seconds(10);

/** Ten commands at about one call a second, which is what CloudFront's API takes without throttling. */
const EXECUTOR_TIMEOUT = Duration.seconds(30);

/**
 * Purges within it share a flush of the stage cache, which comes after the drain of the last of them. Four flushes a second are what API
 * Gateway's control plane takes easily; it takes ten calls a second of an account.
 */
const GATEWAY_WINDOW = Duration.millis(250);

/** A second, in which a busy writer changes the same row a few times. */
const EDGE_WINDOW = Duration.seconds(1);

/** One item instead of a hundred is worth refilling what the parent has besides. */
const ESCALATE_FROM = 100;

/** How long a purge can wait in the outbox when its event was lost. */
const SWEEP_INTERVAL = Duration.minutes(1);

/** What takes a purge from the outbox through shared tier and gateway to the edge. Rules, queues and their consumers are together here. */
export class PurgePipeline extends Construct implements IPurgePipeline {
  /** Where messages end up that nobody could handle; each one is a purge that somebody has to look at. */
  readonly deadLetters: Record<string, sqs.IQueue>;
  /** Where steps wait for their workers, by what they are. */
  readonly queues: Record<string, sqs.IQueue>;
  /** Takes purges from the outbox to the bus. */
  readonly relay: PlatformFunction;
  /** Purges the shared tier, and keeps the ledger. */
  readonly invalidator: PlatformFunction;
  /** Purges gateway and edge. */
  readonly executor: PlatformFunction;
  /** What sources connect their writers with. */
  readonly database: IReplicatedDatabase;
  /** What steps hand over by. */
  readonly bus: IPurgeBus;
  /** Where relay and invalidator run. */
  readonly network: IPlatformNetwork;
  private readonly submissions: { readonly queue: sqs.IQueue; readonly undelivered: sqs.IQueue };

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

    this.relay = this.addRelay(props, undelivered);
    // Kicks that come while the relay is busy wait here and are one invocation, however many writers there are.
    const kicks = new WorkerQueue(this, 'RelayKicks', { worker: this.relay, workerTimeout: RELAY_TIMEOUT });
    this.invalidator = this.addInvalidator(props);
    const sharedSteps = new WorkerQueue(this, 'SharedSteps', { worker: this.invalidator, workerTimeout: INVALIDATOR_TIMEOUT });
    this.executor = this.addExecutor(props);
    const edgeSteps = new WorkerQueue(this, 'EdgeSteps', {
      worker: this.executor,
      workerTimeout: EXECUTOR_TIMEOUT,
    });
    // To itself, for later: until the drain is over, and until CloudFront says that an invalidation is complete.
    this.executor.addEnvironment('EDGE_QUEUE_URL', edgeSteps.queue.queueUrl);
    this.executor.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [edgeSteps.queue.queueArn] }),
    );

    const rule = (name: string, detailType: string[], target: events.IRuleTarget) =>
      new events.Rule(this, name, {
        description: `${detailType.join(', ')} of the purge path`,
        eventBus: props.bus.eventBus,
        eventPattern: { source: [EVENT_SOURCE], detailType },
        targets: [target],
      });
    const toQueue = (queue: sqs.IQueue) => new targets.SqsQueue(queue, { deadLetterQueue: undelivered });
    this.submissions = { queue: sharedSteps.queue, undelivered };
    rule('Kicks', ['OutboxKicked'], toQueue(kicks.queue));
    rule(
      'ToShared',
      [
        'PurgeSubmitted',
        'ReplayRequested',
        'PurgeRequested',
        'GatewayPurged',
        'EdgePurgeAccepted',
        'EdgePurgeCompleted',
        'TopologyReported',
      ],
      toQueue(sharedSteps.queue),
    );
    rule('ToEdge', ['GatewayPurgeRequested', 'EdgePurgeRequested', 'WakeRequested'], toQueue(edgeSteps.queue));

    this.queues = {
      'kicks of the relay': kicks.queue,
      'shared steps': sharedSteps.queue,
      'edge steps': edgeSteps.queue,
    };
    this.deadLetters = {
      'undelivered events': undelivered,
      'kicks of the relay': kicks.deadLetters,
      'shared steps': sharedSteps.deadLetters,
      'edge steps': edgeSteps.deadLetters,
    };
  }

  /**
   * What a rule's events are handed to the pipeline by.
   *
   * @param input what the pipeline is told of each event.
   */
  submissionTarget(input: events.RuleTargetInput): events.IRuleTarget {
    const { queue, undelivered } = this.submissions;
    return new targets.SqsQueue(queue, { deadLetterQueue: undelivered, message: input });
  }

  /** Lets something ask for purges. @param id names the source in the stack. */
  addSource(id: string, source: IPurgeSource): void {
    source.bind(this, id);
  }

  private addRelay(props: PurgePipelineProps, undelivered: sqs.IQueue): PlatformFunction {
    const relay = this.addLedgerKeeper('Relay', props, {
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

  private addInvalidator(props: PurgePipelineProps): PlatformFunction {
    const invalidator = this.addLedgerKeeper('Invalidator', props, {
      bundle: 'invalidator',
      description: 'Purges the shared tier, and keeps the ledger of every purge',
      timeout: INVALIDATOR_TIMEOUT,
      // May not be known before the last route is declared.
      environment: { SETTLE_SECONDS: Tokenization.stringifyNumber(props.settle.toSeconds()), ...pacing(props) },
    });
    props.shared.addClient(invalidator);
    return invalidator;
  }

  /** A function in the network that writes the ledger, and says on the bus what comes next. */
  private addLedgerKeeper(id: string, props: PurgePipelineProps, own: PlatformFunctionProps): PlatformFunction {
    const { network, database, bus, logRemovalPolicy } = props;
    const keeper = new PlatformFunction(this, id, { ...own, concurrency: 2, vpc: network.vpc, logRemovalPolicy });
    database.addClient(keeper, { role: DatabaseRole.WRITER });
    bus.addPublisher(keeper, network);
    return keeper;
  }

  private addExecutor(props: PurgePipelineProps): PlatformFunction {
    const executor = new PlatformFunction(this, 'Executor', {
      bundle: 'executor',
      description: 'Flushes the stage cache, and invalidates at the edge',
      timeout: EXECUTOR_TIMEOUT,
      // It waits for APIs, and for the right moment, more than it works.
      concurrency: 5,
      environment: {
        DISTRIBUTION_ID: props.edge.distribution.distributionId,
        REST_API_ID: props.api.restApiId,
        API_STAGE_NAME: props.api.stageName,
        API_URL: props.api.url,
      },
      logRemovalPolicy: props.logRemovalPolicy,
    });
    props.bus.addPublisher(executor);
    props.api.grants.flush(executor);
    props.api.grants.refresh(executor);
    props.edge.grants.purge(executor);
    return executor;
  }
}

/** How the outer tiers are paced, as both functions that move batches on are told. */
function pacing(props: PurgePipelineProps): Record<string, string> {
  return {
    GATEWAY_WINDOW_MS: String(GATEWAY_WINDOW.toMilliseconds()),
    EDGE_WINDOW_MS: String((props.edgeWindow ?? EDGE_WINDOW).toMilliseconds()),
    EDGE_MONTHLY_ITEMS: String(props.edgeMonthlyItems ?? 0),
    EDGE_PARENT_TAGS: JSON.stringify(props.parentTags ?? {}),
    GATEWAY_EXACT_TAGS: JSON.stringify(exactPaths(props.exactTags ?? {})),
    EDGE_ESCALATE_FROM: String(props.escalateFrom ?? ESCALATE_FROM),
  };
}
