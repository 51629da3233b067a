import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRICS, type WatchedMetric } from './metrics';

export interface CacheMonitoringProps {
  /** Queues that should be empty, by what ends up there. */
  readonly deadLetters: ReadonlyMap<string, sqs.IQueue>;
}

/** Alarms, generated from the table of metrics. */
export class CacheMonitoring extends Construct {
  constructor(scope: Construct, id: string, props: CacheMonitoringProps) {
    super(scope, id);
    for (const [contents, queue] of props.deadLetters) {
      this.addAlarm(`Dead letters, ${contents}`, METRICS.deadLetters, queue.queueName);
    }
  }

  private addAlarm(title: string, metric: WatchedMetric, dimensionValue: string): void {
    new cloudwatch.Alarm(this, title.replace(/[^A-Za-z]/g, ''), {
      alarmDescription: `${title}: ${metric.meaning}`,
      metric: new cloudwatch.Metric({
        namespace: metric.namespace,
        metricName: metric.metricName,
        dimensionsMap: { [metric.dimension]: dimensionValue },
        statistic: metric.statistic,
        period: metric.period,
      }),
      threshold: metric.threshold,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: metric.evaluationPeriods,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
