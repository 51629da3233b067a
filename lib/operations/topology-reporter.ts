import { ArnFormat, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { PlatformFunction } from '../functions/platform-function';
import type { IPurgeBus } from '../purge/purge-bus';
import type { ISharedCache } from '../shared/shared-cache-base';

/** What is reported on, and where to. */
export interface TopologyReporterProps {
  /** A replication group; a serverless cache shows no nodes. */
  readonly shared: ISharedCache;
  /** Where reports go. */
  readonly bus: IPurgeBus;

  /**
   * What happens to the function's log when it goes.
   * @default RemovalPolicy.RETAIN
   */
  readonly logRemovalPolicy?: RemovalPolicy;
}

/** How old a report gets when nothing happens. */
const REPORT_INTERVAL = Duration.minutes(5);

/**
 * Reports on the bus how ElastiCache describes the shared tier, for those who can't ask it from inside of the network.
 *
 * @throws {RangeError} where it isn't a replication group, or its id isn't known.
 */
export class TopologyReporter extends Construct {
  /** Events that the function never saw, or failed on. The next scheduled report makes up for them. */
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
      environment: { REPLICATION_GROUP_ID: replicationGroupId },
      logRemovalPolicy: props.logRemovalPolicy,
    });
    props.bus.addPublisher(report);
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
    // A failover of nodes is announced by SNS alone; EventBridge has what was asked of ElastiCache's API. Neither is certain to arrive,
    // which is why there is a schedule.
    notifications?.addSubscription(new subscriptions.LambdaSubscription(report, { deadLetterQueue: this.deadLetters }));
    new events.Rule(this, 'Change', {
      description: 'A change of the shared tier that somebody asked ElastiCache for',
      eventPattern: { source: ['aws.elasticache'] },
      targets: [target],
    });
  }
}
