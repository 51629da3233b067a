import { Policies } from '../../../local/aws';
import { AWS_MANAGED_POLICIES } from '../../../local/aws/managed-policies';
import { parsePolicy, type Statement } from '../../../local/aws/policy-document';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;
const FUNCTION = `arn:aws:lambda:r:${ACCOUNT}:function:worker`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/worker`;
const QUEUE = `arn:aws:sqs:r:${ACCOUNT}:queue`;

const statements = (...list: object[]): Statement[] => parsePolicy({ Statement: list }, 'policy');
const allow = (Action: unknown, Resource: unknown = '*', Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});

function policies(
  identity: Statement[],
  { resource = [] as Statement[], boundary }: { resource?: Statement[]; boundary?: Statement[] } = {},
) {
  return new Policies({
    account: ACCOUNT,
    region: 'r',
    roles: new Map([[ROLE, { name: 'worker', identity, ...(boundary && { boundary }) }]]),
    resources: new Map([[QUEUE, resource]]),
  });
}

const ask = (subject: Policies, action: string, resource: string, more: object = {}) =>
  subject.authorize({ caller: { roleArn: ROLE, functionArn: FUNCTION }, action, resource, ...more });

describe('identity policies', () => {
  const table: [name: string, statements: object[], action: string, resource: string, allowed: boolean][] = [
    ['an exact grant', [allow('sqs:SendMessage', QUEUE)], 'sqs:SendMessage', QUEUE, true],
    ['silence', [], 'sqs:SendMessage', QUEUE, false],
    ['another action', [allow('sqs:SendMessage', QUEUE)], 'sqs:ReceiveMessage', QUEUE, false],
    ['another resource', [allow('sqs:SendMessage', QUEUE)], 'sqs:SendMessage', `${QUEUE}2`, false],
    ['an action in another case', [allow('SQS:sendmessage', QUEUE)], 'sqs:SendMessage', QUEUE, true],
    ['a wildcard action', [allow('sqs:Send*', QUEUE)], 'sqs:SendMessage', QUEUE, true],
    ['a question mark', [allow('sqs:*', `${QUEUE.slice(0, -1)}?`)], 'sqs:SendMessage', QUEUE, true],
    ['a dot that is a dot', [allow('sqs:*', 'arn.aws:*')], 'sqs:SendMessage', QUEUE, false],
    ['one of several actions and resources', [allow(['a:B', 'sqs:*'], ['x', QUEUE])], 'sqs:SendMessage', QUEUE, true],
    ['a deny over an allow', [allow('*'), { Effect: 'Deny', Action: 'sqs:*', Resource: '*' }], 'sqs:SendMessage', QUEUE, false],
    ['NotAction', [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }], 'sqs:SendMessage', QUEUE, true],
    ['NotAction of the action', [{ Effect: 'Allow', NotAction: 'sqs:*', Resource: '*' }], 'sqs:SendMessage', QUEUE, false],
    ['NotResource', [{ Effect: 'Allow', Action: '*', NotResource: QUEUE }], 'sqs:SendMessage', QUEUE, false],
    ['a variable', [allow('sqs:*', 'arn:aws:sqs:r:${aws:PrincipalAccount}:queue')], 'sqs:SendMessage', QUEUE, true],
    ['a variable without a value', [allow('sqs:*', '${aws:username}*')], 'sqs:SendMessage', QUEUE, false],
    [
      'a condition that holds',
      [allow('sqs:*', '*', { StringEquals: { 'aws:RequestedRegion': 'r' } })],
      'sqs:SendMessage',
      QUEUE,
      true,
    ],
    [
      'a condition that does not',
      [allow('sqs:*', '*', { StringEquals: { 'aws:RequestedRegion': 'x' } })],
      'sqs:SendMessage',
      QUEUE,
      false,
    ],
  ];
  test.each(table)('%s', (_, list, action, resource, allowed) => {
    expect(ask(policies(statements(...list)), action, resource).allowed).toBe(allowed);
  });

  test('deny with the sentence that AWS answers', () => {
    expect(ask(policies([]), 'events:PutEvents', 'bus').reason).toBe(
      `User: ${SESSION} is not authorized to perform: events:PutEvents on resource: bus because no identity-based policy allows the events:PutEvents action`,
    );
    const denied = policies(statements(allow('*'), { Effect: 'Deny', Action: '*', Resource: '*' }));
    expect(ask(denied, 'sqs:SendMessage', QUEUE).reason).toBe(
      `User: ${SESSION} is not authorized to perform: sqs:sendmessage on resource: ${QUEUE} with an explicit deny in an identity-based policy`,
    );
  });

  test('allow nothing to a role that is not in the template, and everything to a person at this machine', () => {
    const subject = policies(statements(allow('*')));
    expect(subject.authorize({ caller: { roleArn: 'other' }, action: 'a:B', resource: '*' }).allowed).toBe(false);
    expect(subject.authorize({ caller: {}, action: 'a:B', resource: '*' }).allowed).toBe(true);
  });

  test('allow no more than the permissions boundary', () => {
    const subject = policies(statements(allow('*')), { boundary: statements(allow('sqs:*')) });
    expect(ask(subject, 'sqs:SendMessage', QUEUE).allowed).toBe(true);
    expect(ask(subject, 'events:PutEvents', 'bus').reason).toContain(
      'because no permissions boundary allows the events:PutEvents action',
    );
  });

  test('see the condition keys of the operation', () => {
    const subject = policies(
      statements(allow('events:PutEvents', '*', { 'ForAllValues:StringEquals': { 'events:source': ['app'] } })),
    );
    expect(ask(subject, 'events:PutEvents', 'bus', { keys: { 'events:source': ['app'] } }).allowed).toBe(true);
    expect(ask(subject, 'events:PutEvents', 'bus', { keys: { 'events:source': ['app', 'other'] } }).allowed).toBe(false);
  });
});

describe('a resource policy', () => {
  const of = (statement: object, identity: Statement[] = []) =>
    ask(policies(identity, { resource: statements(statement) }), 'sqs:SendMessage', QUEUE);
  const send = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE };

  test.each([
    ['the role', { AWS: ROLE }, true],
    ['the session', { AWS: SESSION }, true],
    ['anybody', '*', true],
    ['another role', { AWS: 'arn:aws:iam::1:role/x' }, false],
    ['a service', { Service: 'events.amazonaws.com' }, false],
    // Leave for identity policies to allow, and there is none.
    ['the account', { AWS: `arn:aws:iam::${ACCOUNT}:root` }, false],
  ])('that allows %s', (_, Principal, allowed) => {
    expect(of({ ...send, Principal }).allowed).toBe(allowed);
  });

  test('that denies wins over an identity policy', () => {
    const decision = of({ ...send, Effect: 'Deny', Principal: '*' }, statements(allow('*')));
    expect(decision.reason).toContain('with an explicit deny in a resource-based policy');
  });

  test('that denies what comes without TLS denies nothing', () => {
    const insecure = {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Resource: QUEUE,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    expect(of(insecure, statements(allow('*'))).allowed).toBe(true);
  });
});

describe('a service', () => {
  const RULE = 'arn:aws:events:r:1:rule/bus/rule';
  const request = { principal: 'events.amazonaws.com', action: 'sqs:SendMessage', resource: QUEUE, sourceArn: RULE };
  const admits = (condition: object, principal: unknown = { Service: 'events.amazonaws.com' }) =>
    policies([], {
      resource: statements({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: QUEUE,
        Principal: principal,
        Condition: condition,
      }),
    }).authorizeResource(request);

  test('is let in for the source that the policy names', () => {
    expect(admits({ ArnEquals: { 'aws:SourceArn': RULE } }).allowed).toBe(true);
    expect(admits({ ArnLike: { 'aws:SourceArn': 'arn:aws:events:*:*:rule/bus/*' } }).allowed).toBe(true);
    expect(admits({ StringEquals: { 'aws:SourceAccount': ACCOUNT } }).allowed).toBe(true);
  });

  test('is not let in for another source, or as another service, or without a policy', () => {
    expect(admits({ ArnEquals: { 'aws:SourceArn': `${RULE}2` } }).allowed).toBe(false);
    expect(admits({}, { Service: 'sns.amazonaws.com' }).allowed).toBe(false);
    const { allowed, reason } = policies([]).authorizeResource(request);
    expect(allowed).toBe(false);
    expect(reason).toContain('because no resource-based policy allows the sqs:sendmessage action');
    expect(reason).toContain(RULE);
  });
});

describe('the policy of a VPC endpoint', () => {
  const through = (endpoint: object) =>
    ask(policies(statements(allow('*'))), 'events:PutEvents', 'bus', { endpointPolicy: statements(endpoint) });

  test('must allow what the identity policy allows', () => {
    expect(through({ ...allow('events:PutEvents'), Principal: '*' }).allowed).toBe(true);
    expect(through({ ...allow('events:PutEvents'), Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }).allowed).toBe(true);
    expect(through({ ...allow('events:DescribeRule'), Principal: '*' }).reason).toContain(
      'because no VPC endpoint policy allows the events:PutEvents action',
    );
    expect(through({ Effect: 'Deny', Action: '*', Resource: '*', Principal: '*' }).reason).toContain(
      'with an explicit deny in a VPC endpoint policy',
    );
  });

  test('grants nothing by itself', () => {
    const endpointPolicy = statements({ ...allow('*'), Principal: '*' });
    expect(ask(policies([]), 'events:PutEvents', 'bus', { endpointPolicy }).allowed).toBe(false);
  });
});

describe('a policy document is refused', () => {
  test.each([
    [
      'with an unknown operator',
      allow('*', '*', { StringSounds: { a: 'b' } }),
      /condition operator 'StringSounds' is not evaluated here/,
    ],
    [
      'with an unknown member',
      { ...allow('*'), NotPrincipal: '*' },
      /'NotPrincipal' of a policy statement is not evaluated here/,
    ],
    [
      'with another effect',
      { ...allow('*'), Effect: 'Maybe' },
      /'Effect' of a policy statement must be Allow or Deny, got: "Maybe"/,
    ],
    ['without an action', { Effect: 'Allow', Resource: '*' }, /needs 'Action' or 'NotAction'/],
  ])('%s', (_, statement, message) => {
    expect(() => parsePolicy({ Statement: statement }, 'Stack/Policy')).toThrow(message);
  });
});

test('every managed policy that is known parses', () => {
  for (const [name, document] of Object.entries(AWS_MANAGED_POLICIES)) expect(parsePolicy(document, name)).toHaveLength(1);
});
