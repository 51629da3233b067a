import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Properties of a ScheduledRefresh. */
export interface ScheduledRefreshProps {
  /** Function that computes: it refreshes a materialized view, or publishes a generation. It may be called twice at once. */
  readonly handler: lambda.IFunction;

  /** Times at which it is called, such as every five minutes, or at three o'clock (UTC). */
  readonly schedule: events.Schedule;

  /**
   * Event that the function is called with, so that one function may have several schedules.
   * @default - EventBridge's own, of a scheduled event
   */
  readonly event?: events.RuleTargetInput;

  /**
   * Queue for calls that weren't delivered.
   * @default - one of its own
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

/** Time for which a call that can't be delivered is tried again: later the next one is as good. */
const MAX_EVENT_AGE = Duration.minutes(5);

/** Schedule of a function that computes what readers only read. */
export class ScheduledRefresh extends Construct {
  /** Calls that weren't delivered. */
  readonly deadLetters: sqs.IQueue;
  /** Rule of the schedule. */
  readonly rule: events.Rule;

  constructor(scope: Construct, id: string, props: ScheduledRefreshProps) {
    super(scope, id);
    this.deadLetters =
      props.deadLetterQueue ??
      new sqs.Queue(this, 'Undelivered', {
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
      });
    this.rule = new events.Rule(this, 'Rule', {
      description: 'Computes what readers only read',
      schedule: props.schedule,
      targets: [
        new targets.LambdaFunction(props.handler, {
          deadLetterQueue: this.deadLetters,
          maxEventAge: MAX_EVENT_AGE,
          retryAttempts: 1,
          event: props.event,
        }),
      ],
    });
  }
}
