import { ArnFormat, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { REPORTER_PUBLISHES } from '../contract/events';
import * as variables from '../contract/variables';
import { PlatformFunction } from '../functions/platform-function';
import type { IPurgeBus } from '../purge/purge-bus';
import type { ISharedCache } from '../shared/shared-cache-base';

/** Properties of a TopologyReporter. */
export interface TopologyReporterProps {
  /** Shared tier that is a replication group; a serverless cache has no nodes. */
  readonly shared: ISharedCache;
  /** Bus that reports are published to. */
  readonly bus: IPurgeBus;

  /**
   * Removal policy of the function's log.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** Interval between reports when no event causes one. */
const REPORT_INTERVAL = Duration.minutes(5);

/**
 * Function that publishes ElastiCache's description of the shared tier to the bus, for functions that can't reach ElastiCache's
 * API from inside of the network.
 *
 * @throws {RangeError} if the shared tier isn't a replication group, or its id isn't known.
 */
export class TopologyReporter extends Construct {
  /** Events that weren't delivered to the function, or that it failed on. The next scheduled report replaces them. */
  readonly deadLetters: sqs.IQueue;

  constructor(scope: Construct, id: string, props: TopologyReporterProps) {
    super(scope, id);
    this.deadLetters = new sqs.Queue(this, 'Undelivered', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const { replicationGroupId, notifications } = props.shared;
    if (replicationGroupId === undefined) {
      throw new RangeError(
        "topology reporter: 'shared' must be a replication group whose id is known, got: undefined; name 'replicationGroupId' when it is imported",
      );
    }
    const report = new PlatformFunction(this, 'Function', {
      bundle: 'topology',
      description: 'Reports the topology of the shared tier',
      timeout: Duration.seconds(15),
      memorySizeMib: 256,
      deadLetterQueue: this.deadLetters,
      environment: { [variables.REPLICATION_GROUP_ID]: replicationGroupId },
      logRemovalPolicy: props.logRemovalPolicy,
    });
    props.bus.addPublisher(report, undefined, [...REPORTER_PUBLISHES]);
    report.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['elasticache:DescribeReplicationGroups'],
        resources: [
          Stack.of(this).formatArn({
            service: 'elasticache',
            resource: 'replicationgroup',
            resourceName: replicationGroupId,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
    );

    const target = new targets.LambdaFunction(report, { deadLetterQueue: this.deadLetters });
    new events.Rule(this, 'Schedule', {
      description: 'Keeps the report recent',
      schedule: events.Schedule.rate(REPORT_INTERVAL),
      targets: [target],
    });
    // A failover of nodes is announced by SNS alone; EventBridge has calls of ElastiCache's API. Neither is certain to arrive,
    // which is why there is a schedule.
    notifications?.addSubscription(new subscriptions.LambdaSubscription(report, { deadLetterQueue: this.deadLetters }));
    new events.Rule(this, 'Change', {
      description: 'A change of the shared tier that somebody asked ElastiCache for',
      eventPattern: { source: ['aws.elasticache'] },
      targets: [target],
    });
  }
}
