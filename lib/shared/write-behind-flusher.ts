import { type CfnResource, Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BUSY_METADATA } from '../contract/defaults';
import { EVENT_SOURCE, WRITES_QUEUED } from '../contract/events';
import type { IPurgeBus } from '../purge/purge-bus';

/** Properties of a WriteBehindFlusher. */
export interface WriteBehindFlusherProps {
  /**
   * Function that flushes, as `createFlusher` of `cachement/functions` makes it: a client of the tier that has the queue, and of
   * the database as its writer. Its timeout is at least 60 s, which is a run and its last flush.
   */
  readonly worker: lambda.Function;
  /**
   * Bus on which writers may say `WritesQueued`, so that somebody flushes at once where the schedule's run has just ended.
   * @default - the schedule alone, so that a write may wait for 5 s more
   */
  readonly bus?: IPurgeBus;
  /**
   * Queue for calls that weren't delivered.
   * @default - one of its own
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

/** Shortest timeout of a worker, in seconds. */
const LEAST_SECONDS = 60;
/** Interval of the runs. */
const EVERY = Duration.minutes(1);
/** Duration of a run, in seconds: that of `createFlusher`. */
const RUN_SECONDS = 55;

/**
 * Somebody who flushes queued writes where their writers can't: Lambda freezes a function once it has answered. Runs its worker
 * every minute for 55 s, and where a writer kicks it. Writes that nobody flushes stay queued, and the next run finds them.
 */
export class WriteBehindFlusher extends Construct {
  /** Calls that weren't delivered. */
  readonly deadLetters: sqs.IQueue;
  /** Function that flushes. */
  readonly worker: lambda.Function;

  /** @throws {RangeError} where the timeout of the worker is shorter than a run. */
  constructor(scope: Construct, id: string, props: WriteBehindFlusherProps) {
    super(scope, id);
    this.worker = props.worker;
    const seconds = this.worker.timeout?.toSeconds() ?? 3;
    if (seconds < LEAST_SECONDS) {
      throw new RangeError(
        `write-behind flusher: 'timeout' of 'worker' must be at least ${LEAST_SECONDS} s, got: ${seconds} s; a run flushes for 55 s`,
      );
    }
    this.deadLetters =
      props.deadLetterQueue ??
      new sqs.Queue(this, 'Undelivered', {
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
      });
    // One that is late isn't needed: the next is on its way.
    const target = () =>
      new targets.LambdaFunction(this.worker, { deadLetterQueue: this.deadLetters, maxEventAge: EVERY, retryAttempts: 0 });
    const schedule = new events.Rule(this, 'Schedule', {
      description: 'Flushes queued writes, all the time',
      schedule: events.Schedule.rate(EVERY),
      targets: [target()],
    });
    // For whoever estimates what it costs: a schedule doesn't say how long what it calls takes.
    (schedule.node.defaultChild as CfnResource).addMetadata(BUSY_METADATA, RUN_SECONDS / EVERY.toSeconds());
    if (!props.bus) return;
    new events.Rule(this, 'Kicks', {
      description: 'Flushes what a writer has just queued',
      eventBus: props.bus.eventBus,
      eventPattern: { source: [EVENT_SOURCE], detailType: [WRITES_QUEUED] },
      targets: [target()],
    });
  }
}
