import { Match, Template } from 'aws-cdk-lib/assertions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { CacheBudget, type CacheBudgetProps } from '../../../lib';
import { newStack } from './support';

const costTag = { key: 'cachement:stage', value: 'prod' };

function budget(props: Partial<CacheBudgetProps>): Template {
  const stack = newStack();
  new CacheBudget(stack, 'Budget', { monthlyLimit: 100, topic: new sns.Topic(stack, 'Topic'), ...props });
  return Template.fromStack(stack);
}

test('a month is said to be spent at 80 % and 100 %, and where it will be', () => {
  const [{ Properties } = {} as never] = Object.values(budget({ costTag }).findResources('AWS::Budgets::Budget'));
  expect(
    Properties.NotificationsWithSubscribers.map(({ Notification }: { Notification: Record<string, unknown> }) => [
      Notification.NotificationType,
      Notification.Threshold,
    ]),
  ).toEqual([
    ['ACTUAL', 80],
    ['ACTUAL', 100],
    ['FORECASTED', 100],
  ]);
});

test('costs of the tag that are not as usual are said by the same topic, which lets in who says it', () => {
  const template = budget({ costTag, anomalyThreshold: 10 });
  template.hasResourceProperties('AWS::CE::AnomalyMonitor', {
    MonitorType: 'CUSTOM',
    MonitorSpecification: JSON.stringify({ Tags: { Key: 'cachement:stage', Values: ['prod'] } }),
  });
  template.hasResourceProperties('AWS::CE::AnomalySubscription', {
    Frequency: 'IMMEDIATE',
    Subscribers: [{ Type: 'SNS', Address: { Ref: Match.stringLikeRegexp('^Topic') } }],
    ThresholdExpression: Match.stringLikeRegexp('ANOMALY_TOTAL_IMPACT_ABSOLUTE.*"10"'),
  });
  template.hasResourceProperties('AWS::SNS::TopicPolicy', {
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([
        Match.objectLike({ Sid: 'Anomalies', Principal: { Service: 'costalerts.amazonaws.com' }, Action: 'sns:Publish' }),
      ]),
    }),
  });
  budget({ costTag }).resourceCountIs('AWS::CE::AnomalyMonitor', 0);
});

test('fails when an anomaly is to be told without a tag to tell it by, or from no amount', () => {
  expect(() => budget({ anomalyThreshold: 10 })).toThrow(
    "cache budget: 'anomalyThreshold' needs 'costTag', by which AWS tells these costs from others, got: 10 and no tag; give the tag, or leave this out",
  );
  expect(() => budget({ anomalyThreshold: 0, costTag })).toThrow(
    "cache budget: 'anomalyThreshold' must be an amount of USD above 0, got: 0; raise it, or leave it out",
  );
});
