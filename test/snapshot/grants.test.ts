import { SynthesizedStage } from './synthesized';

const stage = new SynthesizedStage('prod');

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Permissions of each function's role, by bundle: action and resource, without those that Lambda itself needs. */
function grants(): Record<string, string[]> {
  const roles = new Map<string, { bundle: string; statements: Statement[] }>();
  for (const [id, { Properties }] of stage.resources('AWS::IAM::Role')) {
    const bundle = /^Role of ([a-z-]+):/.exec(Properties.Description ?? '')?.[1];
    if (bundle) roles.set(id, { bundle, statements: [] });
  }
  for (const [id, { Properties }] of stage.resources('AWS::IAM::Policy')) {
    const part = id.split('/')[0];
    for (const { Ref } of Properties.Roles) roles.get(`${part}/${Ref}`)?.statements.push(...Properties.PolicyDocument.Statement);
  }
  return Object.fromEntries(
    [...roles.values()].map(({ bundle, statements }) => [
      bundle,
      statements
        .flatMap(({ Effect, Action, Resource, Condition }) =>
          list(Action).flatMap((action) =>
            list(Resource).map((resource) => `${Effect} ${action} on ${nameOf(resource)}${conditionOf(Condition)}`),
          ),
        )
        .sort(),
    ]),
  );
}

/** Source and detail-types of the events that a statement is for. */
function conditionOf(condition: Statement['Condition'] = {}): string {
  const keys = Object.values(condition).flatMap((block) => Object.entries(block));
  const values = keys.filter(([key]) => key.startsWith('events:')).flatMap(([, value]) => value);
  return values.length > 0 ? ` for ${values.join(', ')}` : '';
}

/** A resource of a statement, as a person would call it. */
function nameOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  const known: [RegExp, string][] = [
    [/stages\/live\/cache\/data/, 'stage cache'],
    [/stages\/",\{"Ref":"\w*DeploymentStage/, 'stage'],
    [/execute-api.*GET\/\*/, 'every GET of the stage'],
    [/execute-api.*GET\/purged-keys"/, 'GET /purged-keys'],
    [/:distribution\//, 'distribution'],
    [/replicationgroup:/, 'replication group'],
    [/PurgesBus\w*Arn/, 'bus'],
    [/OwnerSecret|PrimarySecretAttachment/, 'owner secret'],
    [/ReaderSecret/, 'reader secret'],
    [/WriterSecret/, 'writer secret'],
    [/KeeperSecret/, 'keeper secret'],
    [/SharedSecret/, 'shared secret'],
    [/EdgeStepsQueue/, 'edge queue'],
    [/SharedStepsQueue/, 'shared queue'],
    [/WarmerPurgesQueue/, 'warming queue'],
    [/RelayKicksQueue/, 'kick queue'],
    [/Undelivered/, 'dead letters'],
    [/GetAttKey/, 'key'],
  ];
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? text;
}

/** Actions on a queue that Lambda takes in the function's name. */
const CONSUME = ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'];

test('each function may do exactly what it is for', () => {
  expect(grants()).toEqual({
    'read-api': [
      'Allow kms:Decrypt on key',
      'Allow secretsmanager:GetSecretValue on reader secret',
      'Allow secretsmanager:GetSecretValue on shared secret',
    ],
    'write-api': [
      'Allow events:PutEvents on bus for cachement, OutboxKicked',
      'Allow kms:Decrypt on key',
      'Allow secretsmanager:GetSecretValue on shared secret',
      'Allow secretsmanager:GetSecretValue on writer secret',
    ],
    relay: [
      'Allow events:PutEvents on bus for cachement, PurgeRequested, GatewayPurgeRequested, EdgePurgeRequested, WakeRequested, WarmRequested',
      'Allow kms:Decrypt on key',
      'Allow secretsmanager:GetSecretValue on keeper secret',
      ...CONSUME.map((action) => `Allow sqs:${action} on kick queue`),
      'Allow sqs:SendMessage on dead letters',
    ],
    invalidator: [
      'Allow events:PutEvents on bus for cachement, PurgeRequested, GatewayPurgeRequested, EdgePurgeRequested, WakeRequested, WarmRequested',
      'Allow kms:Decrypt on key',
      'Allow secretsmanager:GetSecretValue on keeper secret',
      'Allow secretsmanager:GetSecretValue on shared secret',
      ...CONSUME.map((action) => `Allow sqs:${action} on shared queue`),
    ],
    'stage-settings': ['Allow apigateway:PATCH on stage'],
    executor: [
      'Allow apigateway:DELETE on stage cache',
      'Allow cloudfront:CreateInvalidation on distribution',
      'Allow cloudfront:GetInvalidation on distribution',
      'Allow events:PutEvents on bus for cachement, GatewayPurged, EdgePurgeAccepted, EdgePurgeCompleted, OutboxKicked',
      'Allow execute-api:InvalidateCache on every GET of the stage',
      ...[...CONSUME, 'SendMessage'].map((action) => `Allow sqs:${action} on edge queue`),
    ],
    warmer: [
      'Allow kms:Decrypt on key',
      'Allow secretsmanager:GetSecretValue on reader secret',
      'Allow secretsmanager:GetSecretValue on shared secret',
      ...CONSUME.map((action) => `Allow sqs:${action} on warming queue`),
    ],
    probe: ['Allow execute-api:Invoke on GET /purged-keys'],
    topology: [
      'Allow elasticache:DescribeReplicationGroups on replication group',
      'Allow events:PutEvents on bus for cachement, TopologyReported',
      'Allow sqs:SendMessage on dead letters',
    ],
    migration: [
      'Allow kms:Decrypt on key',
      'Allow secretsmanager:GetSecretValue on keeper secret',
      'Allow secretsmanager:GetSecretValue on owner secret',
      'Allow secretsmanager:GetSecretValue on reader secret',
      'Allow secretsmanager:GetSecretValue on writer secret',
    ],
  });
});

test('no role of a function has a managed policy, and no policy allows every action', () => {
  for (const { Properties } of stage.resources('AWS::IAM::Role').values()) {
    if (!String(Properties.Description ?? '').startsWith('Role of ')) continue;
    expect(Properties.ManagedPolicyArns).toBeUndefined();
    for (const { PolicyDocument } of Properties.Policies) {
      for (const { Action } of PolicyDocument.Statement as Statement[]) expect(list(Action)).not.toContain('*');
    }
  }
});

test('the bus is open to its own account alone', () => {
  const policies = [...stage.resources('AWS::Events::EventBusPolicy').values()];
  expect(policies).toHaveLength(1);
  const { Statement: statement } = policies[0]!.Properties;
  expect(statement).toMatchObject({ Sid: 'cdk-OwnAccountOnly', Effect: 'Allow', Action: 'events:PutEvents' });
  expect(JSON.stringify(statement.Principal)).toContain(':root');
});

test('a queue takes no message without TLS, and is encrypted', () => {
  const queues = stage.resources('AWS::SQS::Queue');
  const policies = [...stage.resources('AWS::SQS::QueuePolicy').values()];
  expect(queues.size).toBe(10);
  expect(policies).toHaveLength(queues.size);
  for (const { Properties } of queues.values()) expect(Properties.SqsManagedSseEnabled).toBe(true);
  for (const { Properties } of policies) {
    expect(Properties.PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  }
});
