import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  DatabaseRole,
  DeploymentSource,
  EventSource,
  FailoverSource,
  type ISharedCache,
  OutboxSource,
  PurgeBus,
  type PurgePipeline,
  ScheduleSource,
} from '../../../lib';
import {
  EDGE_EVENTS,
  EXECUTOR_PUBLISHES,
  KEEPER_PUBLISHES,
  RELAY_EVENTS,
  REPORTER_PUBLISHES,
  SHARED_EVENTS,
  SUBMITTED_EVENTS,
  WARMER_EVENTS,
  WRITER_PUBLISHES,
} from '../../../lib/contract/events';
import { compileInput } from '../../../local/events/target-input';

/** As much of a pipeline as a source needs. */
function pipeline(): { stack: Stack; pipeline: PurgePipeline } {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
  const scope = new Construct(stack, 'Purge');
  const queue = new sqs.Queue(scope, 'Queue');
  const submissionTarget = (message: events.RuleTargetInput) => new targets.SqsQueue(queue, { message });
  return { stack, pipeline: Object.assign(scope, { submissionTarget }) as unknown as PurgePipeline };
}

const ruleOf = (stack: Stack) => Object.values(Template.fromStack(stack).findResources('AWS::Events::Rule'))[0]?.Properties;

test('an event becomes a purge with its own id, and fields of it become tags', () => {
  const { stack, pipeline: purge } = pipeline();
  new EventSource({
    eventPattern: { source: ['shop'] },
    tags: ['place:{detail.id}', 'all'],
    expire: true,
  }).bind(purge, 'Shop');
  const rule = ruleOf(stack);
  expect(rule.EventPattern).toEqual({ source: ['shop'] });
  const input = compileInput(rule.Targets[0], 'test');
  const event = { id: 'e1', source: 'shop', detail: { id: 7 } } as never;
  expect(JSON.parse(input(event, { name: 'r', arn: 'a' }))).toEqual({
    source: 'cachement',
    'detail-type': 'PurgeSubmitted',
    detail: { purgeId: 'e1', tags: ['place:7', 'all'], mode: 'expire', prompt: false, urgent: false },
  });
});

test('a schedule and a deployment ask for purges too', () => {
  const { stack, pipeline: purge } = pipeline();
  new ScheduleSource({ schedule: events.Schedule.cron({ hour: '3', minute: '0' }), tags: ['all'] }).bind(purge, 'Nightly');
  new DeploymentSource({ stack, tags: ['all'] }).bind(purge, 'Deployment');
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'cron(0 3 * * ? *)' });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: Match.objectLike({ 'detail-type': ['CloudFormation Stack Status Change'] }),
  });
});

test("a failover of the shared tier has its topology reported, by ElastiCache's events and a schedule", () => {
  const { stack, pipeline: purge } = pipeline();
  const notifications = new sns.Topic(stack, 'Notifications');
  const shared = { replicationGroupId: 'group', notifications } as unknown as ISharedCache;
  const source = new FailoverSource({ shared });
  source.bind(Object.assign(purge, { bus: new PurgeBus(stack, 'Bus') }), 'Failover');
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { source: ['aws.elasticache'] } });
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(5 minutes)' });
  template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'lambda' });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { REPLICATION_GROUP_ID: 'group', BUS_NAME: Match.anyValue() } },
  });
  expect(source.deadLetters).toBeDefined();
});

test('fails when it is of a shared tier that shows no nodes', () => {
  const { stack, pipeline: purge } = pipeline();
  const source = new FailoverSource({ shared: {} as ISharedCache });
  expect(() => source.bind(Object.assign(purge, { bus: new PurgeBus(stack, 'Bus') }), 'Failover')).toThrow(
    "'shared' must be a replication group",
  );
});

test('a writer may write to the outbox, and kick the relay', () => {
  const { pipeline: purge } = pipeline();
  const calls: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void calls.push([name, ...args]);
  const writer = { functionName: 'writer' } as never;
  const parts = { database: { addClient: note('database') }, bus: { addPublisher: note('bus') }, network: 'network' };
  new OutboxSource(writer).bind(Object.assign(purge, parts) as never, 'Writer');
  expect(calls).toEqual([
    ['database', writer, { role: DatabaseRole.WRITER }],
    ['bus', writer, 'network'],
  ]);
});

test.each(['A', 'a,b', '#a', 'a*', 'place:{detail.id', 'place:{}', ''])('fails when a template gives no tag: %j', (tag) => {
  const { pipeline: purge } = pipeline();
  expect(() => new EventSource({ eventPattern: { source: ['s'] }, tags: [tag] }).bind(purge, 'Shop')).toThrow(/'tags' must be/);
});

test('a grant names who may ask for purges, and for nothing else', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
  const role = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
  new PurgeBus(stack, 'Bus').grants.purge(role);
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        Match.objectLike({
          Action: 'events:PutEvents',
          Condition: {
            StringEquals: { 'events:source': 'cachement' },
            'ForAllValues:StringEquals': { 'events:detail-type': ['PurgeSubmitted', 'ReplayRequested'] },
          },
        }),
      ],
    },
  });
});

describe('each event of the platform', () => {
  const PUBLISHERS: (readonly string[])[] = [
    WRITER_PUBLISHES,
    KEEPER_PUBLISHES,
    EXECUTOR_PUBLISHES,
    REPORTER_PUBLISHES,
    SUBMITTED_EVENTS,
  ];
  const heard: readonly string[] = [...RELAY_EVENTS, ...SHARED_EVENTS, ...EDGE_EVENTS, ...WARMER_EVENTS];

  test('that somebody hears is published by somebody, and nothing else is', () => {
    expect([...new Set(PUBLISHERS.flat())].sort()).toEqual([...new Set(heard)].sort());
  });

  test('but a kick has one publisher: nobody can report what another step did', () => {
    const twice = PUBLISHERS.flat().filter((type, index, all) => all.indexOf(type) !== index);
    expect(twice).toEqual(['OutboxKicked']);
  });

  test('of a publisher is one that its role names, and a writer may kick alone', () => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
    const code = lambda.Code.fromInline('exports.handler = async () => {};');
    const fn = (id: string) =>
      new lambda.Function(stack, id, { runtime: lambda.Runtime.NODEJS_20_X, handler: 'index.handler', code });
    const bus = new PurgeBus(stack, 'Bus');
    bus.addPublisher(fn('Writer'));
    bus.addPublisher(fn('Executor'), undefined, [...EXECUTOR_PUBLISHES]);
    const allowed = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.map(({ Condition }: { Condition: unknown }) => Condition),
    );
    expect(allowed).toEqual(
      [WRITER_PUBLISHES, EXECUTOR_PUBLISHES].map((types) => ({
        StringEquals: { 'events:source': 'cachement' },
        'ForAllValues:StringEquals': { 'events:detail-type': types },
      })),
    );
  });
});
