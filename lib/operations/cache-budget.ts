import { Names, Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

/** Properties of a CacheBudget. */
export interface CacheBudgetProps {
  /** Limit of a month's costs, in USD. */
  readonly monthlyLimit: number;

  /**
   * Topic for notices that the limit comes near. The key of an encrypted topic must let AWS Budgets use it, as a `PlatformKey`
   * does.
   */
  readonly topic: sns.ITopic;

  /**
   * Tag whose value the costs must have. It has to be activated once as a cost allocation tag, in the account that pays.
   * @default - none, every cost of the account counts
   */
  readonly costTag?: CostTag;

  /**
   * Lowest impact of a cost anomaly, in USD per day, that is reported, whatever the limit. AWS learns for about ten days which
   * costs are usual. Needs `costTag`: without one, the account's default monitor already covers every service.
   * @default - no anomaly is reported
   */
  readonly anomalyThreshold?: number;
}

/** Cost allocation tag. */
export interface CostTag {
  /** Key of the tag, such as `cachement:stage`. */
  readonly key: string;
  /** Value that a cost must have to count. */
  readonly value: string;
}

/** Notices: percent of the limit, and the amount that is compared with it. */
const NOTICES = [
  { type: 'ACTUAL', percent: 80 },
  { type: 'ACTUAL', percent: 100 },
  { type: 'FORECASTED', percent: 100 },
];

/**
 * Monthly budget with notices before it is spent. AWS updates costs a few times a day; the budget stops nothing.
 *
 * @throws {RangeError} if a limit isn't a positive number.
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
    if (props.anomalyThreshold !== undefined) this.#addAnomalyMonitor(props.anomalyThreshold, topic, costTag);
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Budgets',
        principals: [new iam.ServicePrincipal('budgets.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
  }

  /** Adds an anomaly monitor of the costs with the tag. */
  #addAnomalyMonitor(threshold: number, topic: sns.ITopic, costTag: CostTag | undefined): void {
    if (!costTag) {
      throw new RangeError(
        `cache budget: 'anomalyThreshold' needs 'costTag', by which AWS tells these costs from others, got: ${threshold} and no tag; give the tag, or leave this out`,
      );
    }
    if (!Number.isFinite(threshold) || threshold <= 0) {
      throw new RangeError(
        `cache budget: 'anomalyThreshold' must be an amount of USD above 0, got: ${threshold}; raise it, or leave it out`,
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
      // Only e-mail can be sent as a summary; a topic gets each anomaly by itself.
      frequency: 'IMMEDIATE',
      thresholdExpression: JSON.stringify({
        Dimensions: {
          Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE',
          MatchOptions: ['GREATER_THAN_OR_EQUAL'],
          Values: [String(threshold)],
        },
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
