import { Names, Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** What is watched, and who is told. */
export interface CacheBudgetProps {
  /** What a month may cost, in USD. */
  readonly monthlyLimit: number;

  /** Where it is said that the limit comes near. An encrypted topic needs a key that lets AWS Budgets in, as a `PlatformKey` does. */
  readonly topic: sns.ITopic;

  /**
   * Tag whose value the costs must have. It has to be activated once as a cost allocation tag, in the account that pays.
   * @default - none, every cost of the account counts
   */
  readonly costTag?: CostTag;

  /**
   * From how many USD a day on it is said that something costs more than it ever did, whatever the limit. AWS learns what is usual for about
   * ten days. Needs `costTag`: without it every service of the account is watched by what AWS sets up by itself.
   * @default - nothing is said
   */
  readonly anomalyFrom?: number;
}

/** A tag that costs are told apart by. */
export interface CostTag {
  /** Such as `cachement:stage`. */
  readonly key: string;
  /** What the tag must be for a cost to count. */
  readonly value: string;
}

/** Percent of the limit, and what is compared with it. */
const NOTICES = [
  { type: 'ACTUAL', percent: 80 },
  { type: 'ACTUAL', percent: 100 },
  { type: 'FORECASTED', percent: 100 },
];

/**
 * A monthly budget that says when it is nearly spent. AWS updates costs a few times a day: it bounds nothing by itself.
 *
 * @throws {RangeError} where a limit isn't an amount.
 */
export class CacheBudget extends Construct {
  constructor(scope: Construct, id: string, props: CacheBudgetProps) {
    super(scope, id);
    const { monthlyLimit, topic, costTag } = props;
    if (!Number.isFinite(monthlyLimit) || monthlyLimit <= 0) {
      throw new RangeError(
        `cache budget: 'monthlyLimit' must be an amount of USD above 0, got: ${monthlyLimit}; raise it, or leave the budget out`,
      );
    }
    new budgets.CfnBudget(this, 'Budget', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyLimit, unit: 'USD' },
        costFilters: costTag && { TagKeyValue: [`user:${costTag.key}$${costTag.value}`] },
      },
      notificationsWithSubscribers: NOTICES.map(({ type, percent }) => ({
        notification: {
          notificationType: type,
          comparisonOperator: 'GREATER_THAN',
          threshold: percent,
          thresholdType: 'PERCENTAGE',
        },
        subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
      })),
    });
    if (props.anomalyFrom !== undefined) this.addAnomalyMonitor(props.anomalyFrom, topic, costTag);
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Budgets',
        principals: [new iam.ServicePrincipal('budgets.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
  }

  /** Costs that carry the tag, held against what they used to be. */
  private addAnomalyMonitor(from: number, topic: sns.ITopic, costTag: CostTag | undefined): void {
    if (!costTag) {
      throw new RangeError(
        `cache budget: 'anomalyFrom' needs 'costTag', by which AWS tells these costs from others, got: ${from} and no tag; give the tag, or leave this out`,
      );
    }
    if (!Number.isFinite(from) || from <= 0) {
      throw new RangeError(
        `cache budget: 'anomalyFrom' must be an amount of USD above 0, got: ${from}; raise it, or leave it out`,
      );
    }
    const monitor = new ce.CfnAnomalyMonitor(this, 'AnomalyMonitor', {
      monitorName: `${Names.uniqueResourceName(this, { maxLength: 50 })}-costs`,
      monitorType: 'CUSTOM',
      monitorSpecification: JSON.stringify({ Tags: { Key: costTag.key, Values: [costTag.value] } }),
    });
    new ce.CfnAnomalySubscription(this, 'Anomalies', {
      subscriptionName: `${Names.uniqueResourceName(this, { maxLength: 50 })}-anomalies`,
      monitorArnList: [monitor.attrMonitorArn],
      subscribers: [{ type: 'SNS', address: topic.topicArn }],
      // A topic takes each by itself; only mail can be gathered.
      frequency: 'IMMEDIATE',
      thresholdExpression: JSON.stringify({
        Dimensions: { Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE', MatchOptions: ['GREATER_THAN_OR_EQUAL'], Values: [String(from)] },
      }),
    });
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Anomalies',
        principals: [new iam.ServicePrincipal('costalerts.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}
