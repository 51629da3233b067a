import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ScheduledRefresh } from '../../../lib/operations/scheduled-refresh';
import { newStack } from './support';

test('calls its function on a schedule, with its event, and keeps what was not delivered', () => {
  const stack = newStack();
  const handler = new lambda.Function(stack, 'Refresher', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {}'),
  });
  new ScheduledRefresh(stack, 'Nightly', {
    handler,
    schedule: Schedule.cron({ hour: '3', minute: '0' }),
    event: RuleTargetInput.fromObject({ view: 'revenue' }),
  });
  new ScheduledRefresh(stack, 'Often', { handler, schedule: Schedule.rate(Duration.minutes(5)) });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'cron(0 3 * * ? *)',
    Targets: [
      Match.objectLike({
        Input: '{"view":"revenue"}',
        DeadLetterConfig: { Arn: Match.anyValue() },
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 1 },
      }),
    ],
  });
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)' });
  template.resourceCountIs('AWS::Lambda::Permission', 2);
  template.resourceCountIs('AWS::SQS::Queue', 2);
});
