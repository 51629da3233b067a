import { Duration, Names } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type PlatformFunction, visibilityTimeoutFor } from '../functions/platform-function';

/** Who consumes a queue. */
export interface WorkerQueueProps {
  /** Takes the messages, and says which of a batch it couldn't handle. */
  readonly worker: PlatformFunction;

  /** Longest run of the worker, in whole seconds; the visibility timeout follows from it. */
  readonly workerTimeout: Duration;

  /**
   * For how long a batch is gathered.
   * @default - not at all
   */
  readonly batchingWindow?: Duration;
}

/** Invocations take at most this many messages. */
const BATCH_SIZE = 10;

/** After this many receipts a message is set aside. Commands that are overdue are sent again by the sweep, so that nothing is lost. */
const MAX_RECEIVES = 10;

/** SQS's longest. */
const DEAD_LETTER_RETENTION = Duration.days(14);

/** A queue, the worker that empties it, and a queue for what the worker couldn't handle. */
export class WorkerQueue extends Construct {
  /** Where messages wait. */
  readonly queue: sqs.Queue;
  /** Where messages end up that the worker couldn't handle. */
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: WorkerQueueProps) {
    super(scope, id);
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: DEAD_LETTER_RETENTION,
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: visibilityTimeoutFor(props.workerTimeout, props.batchingWindow),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    // Under the id that `SqsEventSource` gives, without what that grants beyond Lambda's needs: to look the queue up, and to hide messages.
    props.worker.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(this.queue.node)}`, {
      eventSourceArn: this.queue.queueArn,
      batchSize: BATCH_SIZE,
      maxBatchingWindow: props.batchingWindow ?? Duration.seconds(0),
      reportBatchItemFailures: true,
      // Bounds the worker without a reservation, whose throttles would count as receipts. SQS's least is 2.
      maxConcurrency: Math.max(2, props.worker.concurrency),
    });
    props.worker.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        resources: [this.queue.queueArn],
      }),
    );
  }
}
