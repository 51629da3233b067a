import type { Stack } from 'aws-cdk-lib';
import type * as events from 'aws-cdk-lib/aws-events';

/**
 * Pattern of CloudFormation's events of complete deployments.
 *
 * @param listener stack of the rule, in the account and region of the others.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
 */
export function deploymentsOf(stacks: readonly Stack[], { partition, region, account }: Stack): events.EventPattern {
  return {
    source: ['aws.cloudformation'],
    detailType: ['CloudFormation Stack Status Change'],
    detail: {
      // By the stacks' names, so that neither stack depends on the other.
      'stack-id': stacks.map(({ stackName }) => ({
        prefix: `arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/`,
      })),
      'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] },
    },
  };
}
