import { Duration } from 'aws-cdk-lib';

/** One metric that is watched: where CloudWatch has it, and when it means trouble. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly metricName: string;
  /** Name of the dimension that tells one resource from another. */
  readonly dimension: string;
  readonly statistic: 'Maximum' | 'Sum' | 'Average';
  readonly period: Duration;
  /** Alarms above it. */
  readonly threshold: number;
  /** Periods in a row. */
  readonly evaluationPeriods: number;
  /** What it means, and what to do. */
  readonly meaning: string;
}

/** Every metric that the platform alarms on, by what it is about. */
export const METRICS = {
  deadLetters: {
    namespace: 'AWS/SQS',
    metricName: 'ApproximateNumberOfMessagesVisible',
    dimension: 'QueueName',
    statistic: 'Maximum',
    period: Duration.minutes(1),
    threshold: 0,
    evaluationPeriods: 1,
    meaning: 'a step of a purge could not be done; read the message, mend the cause, redrive the queue',
  },
} satisfies Record<string, WatchedMetric>;
