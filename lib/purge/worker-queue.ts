import { Duration, Names } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type PlatformFunction, visibilityTimeoutFor } from '../functions/platform-function';

/** Properties of a WorkerQueue. */
export interface WorkerQueueProps {
  /** Function that consumes the messages, and reports those of a batch that failed. */
  readonly worker: PlatformFunction;

  /** Timeout of the worker, in whole seconds; the visibility timeout follows from it. */
  readonly workerTimeout: Duration;

  /**
   * Time for which Lambda gathers a batch.
   * @default - none
   */
  readonly batchingWindow?: Duration;
}

/** Largest number of messages of an invocation. */
const BATCH_SIZE = 10;

/** Receipts after which a message becomes a dead letter. The sweep sends overdue commands again, so that nothing is lost. */
const MAX_RECEIVES = 10;

/** SQS's longest retention. */
const DEAD_LETTER_RETENTION = Duration.days(14);

/** A queue, the function that consumes it, and a queue of dead letters. */
export class WorkerQueue extends Construct {
  /** Queue of messages. */
  readonly queue: sqs.Queue;
  /** Queue of messages that the worker couldn't handle. */
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
    // Under the id that `SqsEventSource` gives, without the permissions that it grants beyond Lambda's needs: GetQueueUrl and
    // ChangeMessageVisibility.
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
