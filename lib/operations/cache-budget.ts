import * as budgets from 'aws-cdk-lib/aws-budgets';
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
 * @throws {RangeError} where the limit isn't an amount.
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
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Budgets',
        principals: [new iam.ServicePrincipal('budgets.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
  }
}
