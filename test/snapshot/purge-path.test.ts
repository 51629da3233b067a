import { Match } from 'aws-cdk-lib/assertions';
import { EVENT_SOURCE, type EventType } from '../../lib/contract/events';
import { SynthesizedStage, type TemplateResource } from './synthesized';

const stage = new SynthesizedStage('prod');
const purge = stage.template('purge').toJSON().Resources as Record<string, TemplateResource>;
const ofType = (type: string) => Object.entries(purge).filter(([, resource]) => resource.Type === type);
const idOf = (reference: { Ref?: string; 'Fn::GetAtt'?: string[] }): string =>
  (reference.Ref ?? reference['Fn::GetAtt']?.[0]) as string;
const withoutHash = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

/** Target of each message. The compiler asks for an entry when there is a new message. */
const TARGETS: Record<Exclude<EventType, 'WarmRequested'>, string> = {
  OutboxKicked: 'PurgeRelayKicksQueue',
  PurgeSubmitted: 'PurgeSharedStepsQueue',
  ReplayRequested: 'PurgeSharedStepsQueue',
  PurgeRequested: 'PurgeSharedStepsQueue',
  WakeRequested: 'PurgeEdgeStepsQueue',
  GatewayPurged: 'PurgeSharedStepsQueue',
  EdgePurgeAccepted: 'PurgeSharedStepsQueue',
  EdgePurgeCompleted: 'PurgeSharedStepsQueue',
  TopologyReported: 'PurgeSharedStepsQueue',
  GatewayPurgeRequested: 'PurgeEdgeStepsQueue',
  EdgePurgeRequested: 'PurgeEdgeStepsQueue',
};

test('each message has one rule that takes it to whom it is for', () => {
  const routed: Record<string, string> = {};
  for (const [, { Properties }] of ofType('AWS::Events::Rule')) {
    for (const type of Properties.EventPattern?.['detail-type'] ?? []) {
      expect(Properties.EventPattern.source).toEqual([EVENT_SOURCE]);
      expect(Properties.Targets).toHaveLength(1);
      const target = withoutHash(idOf(Properties.Targets[0].Arn));
      // Beside the path: it listens, and nobody waits for it.
      if (target === 'WarmerPurgesQueue') continue;
      expect(routed[type]).toBeUndefined();
      routed[type] = target;
    }
  }
  expect(routed).toEqual(TARGETS);
});

test('what a rule can not deliver is kept', () => {
  for (const [, { Properties }] of ofType('AWS::Events::Rule')) {
    expect(withoutHash(idOf(Properties.Targets[0].DeadLetterConfig.Arn))).toBe('PurgeUndelivered');
  }
});

test('the outbox is swept, and what was purged is probed, every minute', () => {
  const schedules = ofType('AWS::Events::Rule').filter(([, { Properties }]) => Properties.ScheduleExpression);
  expect(
    schedules.map(([, { Properties }]) => [Properties.ScheduleExpression, withoutHash(idOf(Properties.Targets[0].Arn))]),
  ).toEqual([
    ['rate(1 minute)', 'PurgeRelay'],
    ['rate(1 minute)', 'ProbeFunction'],
  ]);
});

test('a message is not given out again while its function may still be at it', () => {
  const mappings = ofType('AWS::Lambda::EventSourceMapping');
  expect(mappings).toHaveLength(4);
  for (const [, { Properties }] of mappings) {
    const queue = purge[idOf(Properties.EventSourceArn)]!.Properties;
    const worker = purge[idOf(Properties.FunctionName)]!.Properties;
    const window = Properties.MaximumBatchingWindowInSeconds ?? 0;
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * worker.Timeout + window);
    expect(queue.RedrivePolicy.maxReceiveCount).toBe(10);
    expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    expect(Properties.BatchSize).toBe(10);
  }
});

test('no step waits for others: the windows that save items are in the ledger', () => {
  const windows = Object.fromEntries(
    ofType('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => [
      withoutHash(idOf(Properties.EventSourceArn)),
      Properties.MaximumBatchingWindowInSeconds,
    ]),
  );
  expect(windows).toEqual({ PurgeRelayKicksQueue: 0, PurgeSharedStepsQueue: 0, PurgeEdgeStepsQueue: 0, WarmerPurgesQueue: 2 });
});

test('the drain is what memory, tag versions and a read in flight can take together', () => {
  const invalidator = ofType('AWS::Lambda::Function').find(([id]) => id.startsWith('PurgeInvalidator'))![1].Properties;
  const reader = [...stage.resources('AWS::Lambda::Function')].find(([id]) => id.startsWith('api/FunctionsReader'))![1]
    .Properties;
  // Memory keeps a value of the sample for 1 s, a function a tag's version for 1 s.
  expect(Number(invalidator.Environment.Variables.DRAIN_SECONDS)).toBe(1 + 1 + reader.Timeout);
});

test('every queue of dead letters has an alarm', () => {
  const deadLetters = ofType('AWS::SQS::Queue').filter(([, { Properties }]) => !Properties.RedrivePolicy);
  const alarms = [...stage.resources('AWS::CloudWatch::Alarm').values()].filter(
    ({ Properties }) => Properties.MetricName === 'ApproximateNumberOfMessagesVisible',
  );
  expect(deadLetters.length).toBeGreaterThan(0);
  for (const [id] of deadLetters) {
    const watching = alarms.filter(({ Properties }) => JSON.stringify(Properties.Dimensions).includes(id));
    expect(watching).toHaveLength(1);
    expect(watching[0]!.Properties).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      Dimensions: [{ Name: 'QueueName' }],
    });
  }
});

test('the topology is reported on a schedule and when ElastiCache has something to say', () => {
  const operations = stage.template('operations');
  operations.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)' });
  operations.resourcePropertiesCountIs('AWS::SNS::Subscription', { Protocol: 'lambda' }, 1);
  stage.template('shared').hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    NotificationTopicArn: { Ref: Match.anyValue() },
  });
});
