import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { IReplicatedDatabase } from '../../../lib/database/replicated-database-base';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { CacheWarmer, type CacheWarmerProps } from '../../../lib/purge/cache-warmer';
import { PurgeBus } from '../../../lib/purge/purge-bus';
import type { ISharedCache } from '../../../lib/shared/shared-cache-base';
import { compilePattern } from '../../../local/events/pattern';
import { newStack } from './support';

function warmer(more: (stack: Stack) => Partial<CacheWarmerProps> = () => ({})) {
  const stack = newStack();
  const tier = { addClient: () => {} };
  new CacheWarmer(stack, 'Warmer', {
    worker: new PlatformFunction(stack, 'Worker', { bundle: 'topology', description: 'Warms', timeout: Duration.seconds(30) }),
    database: tier as unknown as IReplicatedDatabase,
    shared: tier as unknown as ISharedCache,
    bus: new PurgeBus(stack, 'Bus'),
    deadLetterQueue: new sqs.Queue(stack, 'Undelivered'),
    ...more(stack),
  });
  return Template.fromStack(stack);
}

const inputOf = (reason: string) => `{"source":"cachement","detail-type":"WarmRequested","detail":{"reason":"${reason}"}}`;
const targeted = (reason: string) => [
  Match.objectLike({
    Input: inputOf(reason),
    DeadLetterConfig: Match.anyValue(),
    RetryPolicy: { MaximumEventAgeInSeconds: 300 },
  }),
];

test('hears of purges, and of failovers of the shared tier; of nothing else unless it is told', () => {
  const template = warmer();
  template.resourceCountIs('AWS::Events::Rule', 1);
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { source: ['cachement'], 'detail-type': ['PurgeRequested', 'WarmRequested'] },
  });
});

test('warms on a schedule', () => {
  warmer(() => ({ schedule: events.Schedule.rate(Duration.minutes(5)) })).hasResourceProperties('AWS::Events::Rule', {
    ScheduleExpression: 'rate(5 minutes)',
    Targets: targeted('schedule'),
  });
});

test('warms once a stack that it is told of has been deployed', () => {
  const template = warmer((stack) => ({ deployments: [stack, new Stack(stack.node.root as Stack, 'api')] }));
  template.hasResourceProperties('AWS::Events::Rule', { Targets: targeted('deployment') });
  const [rule] = Object.values(template.findResources('AWS::Events::Rule', { Properties: { EventBusName: Match.absent() } }));
  // As CloudFormation resolves it.
  const account = { 'AWS::Partition': 'aws', 'AWS::Region': 'eu-central-1', 'AWS::AccountId': '111111111111' };
  const resolve = (value: { 'Fn::Join': [string, (string | { Ref: keyof typeof account })[]] }) =>
    value['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : account[part.Ref])).join('');
  const pattern = JSON.parse(JSON.stringify(rule?.Properties.EventPattern), (key, value) =>
    key === 'prefix' ? resolve(value) : value,
  );
  const matches = compilePattern(pattern, 'rule');
  const event = (name: string, status: string) => ({
    source: 'aws.cloudformation',
    'detail-type': 'CloudFormation Stack Status Change',
    detail: {
      'stack-id': `arn:aws:cloudformation:eu-central-1:111111111111:stack/${name}/5fb0b5d0`,
      'status-details': { status, 'status-reason': '' },
    },
  });
  expect(matches(event('api', 'UPDATE_COMPLETE'))).toBe(true);
  expect(matches(event('test', 'CREATE_COMPLETE'))).toBe(true);
  expect(matches(event('api', 'UPDATE_ROLLBACK_COMPLETE'))).toBe(false);
  expect(matches(event('api-2', 'UPDATE_COMPLETE'))).toBe(false);
});
