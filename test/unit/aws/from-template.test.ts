import { awsFromTemplate, types } from '../../../local/aws';
import { accessKeyId } from '../../../local/identity';
import type { Model, Resource } from '../../../local/types';
import { plainModel, productContext } from '../../support/product-context';

const context = productContext();
afterAll(() => context.cleanUp());

const TRUST = { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } } };
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:Stack-F';
const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:q';
const ROLE = 'arn:aws:iam::000000000000:role/Stack-Role';

type Resources = Record<string, { type: string; properties: Resource['properties'] }>;

/** A model that resolves `Ref` and attributes by the product's own tables. */
function model(change: Resources = {}): Model {
  const environment = context.environment;
  const resources: Resources = {
    Role: { type: 'AWS::IAM::Role', properties: { AssumeRolePolicyDocument: TRUST } },
    F: { type: 'AWS::Lambda::Function', properties: { Role: ROLE } },
    ...change,
  };
  const others: Record<string, string> = { 'AWS::Lambda::Function': FUNCTION, 'AWS::SQS::Queue': QUEUE };
  const plain = plainModel(resources, environment);
  const attribute = (resource: Resource, name: string) =>
    others[resource.type] ?? types[resource.type]!.attributes![name]!(resource, environment);
  const ref = (resource: Resource) => others[resource.type] ?? types[resource.type]!.ref(resource, environment);
  return {
    ...plain,
    attribute,
    ref,
    find: (type, reference) =>
      plain
        .resources(type)
        .find(
          (each) =>
            ref(each) === reference ||
            others[type] === reference ||
            Object.keys(types[type]?.attributes ?? {}).some((name) => attribute(each, name) === reference),
        ),
  };
}

const allowed = (change: Resources, action = 'sqs:SendMessage', resource = QUEUE) =>
  awsFromTemplate(model(change)).policies.authorize({ caller: { roleArn: ROLE, functionArn: FUNCTION }, action, resource })
    .allowed;

const grant = (Action = 'sqs:SendMessage') => ({ Statement: [{ Effect: 'Allow', Action, Resource: QUEUE }] });
const role = (properties: object) => ({
  Role: { type: 'AWS::IAM::Role', properties: { AssumeRolePolicyDocument: TRUST, ...properties } },
});

describe('the policies of a role', () => {
  test.each<[string, Resources, boolean]>([
    ['none', {}, false],
    ['inline', role({ Policies: [{ PolicyName: 'p', PolicyDocument: grant() }] }), true],
    [
      'a policy that names the role',
      { P: { type: 'AWS::IAM::Policy', properties: { PolicyName: 'p', PolicyDocument: grant(), Roles: ['Stack-Role'] } } },
      true,
    ],
    [
      'a policy that names another role',
      { P: { type: 'AWS::IAM::Policy', properties: { PolicyName: 'p', PolicyDocument: grant(), Roles: ['Other'] } } },
      false,
    ],
    [
      'a role policy',
      { P: { type: 'AWS::IAM::RolePolicy', properties: { PolicyName: 'p', PolicyDocument: grant(), RoleName: 'Stack-Role' } } },
      true,
    ],
    [
      'a managed policy of the template, by ARN',
      {
        ...role({ ManagedPolicyArns: ['arn:aws:iam::000000000000:policy/Stack-P'] }),
        P: { type: 'AWS::IAM::ManagedPolicy', properties: { PolicyDocument: grant() } },
      },
      true,
    ],
    [
      'a managed policy of AWS',
      role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole'] }),
      false,
    ],
    [
      'the policy of the queue',
      {
        Q: { type: 'AWS::SQS::Queue', properties: {} },
        P: {
          type: 'AWS::SQS::QueuePolicy',
          properties: {
            Queues: [QUEUE],
            PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: QUEUE, Principal: { AWS: ROLE } }] },
          },
        },
      },
      true,
    ],
  ])('%s', (_, change, expected) => {
    expect(allowed(change)).toBe(expected);
  });

  test('of AWS allow what AWS says', () => {
    const change = role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'] });
    expect(allowed(change, 'logs:PutLogEvents', 'arn:aws:logs:x')).toBe(true);
    expect(allowed(change, 'ec2:CreateNetworkInterface', '*')).toBe(false);
  });
});

test('a permission of a function lets a service in, for its source', () => {
  const permission = {
    FunctionName: FUNCTION,
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: 'arn:aws:events:r:1:rule/x',
  };
  const { policies } = awsFromTemplate(model({ P: { type: 'AWS::Lambda::Permission', properties: permission } }));
  const ask = (sourceArn: string) =>
    policies.authorizeResource({
      principal: 'events.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resource: FUNCTION,
      sourceArn,
    }).allowed;
  expect(ask('arn:aws:events:r:1:rule/x')).toBe(true);
  expect(ask('arn:aws:events:r:1:rule/y')).toBe(false);
});

test('the policy of a bus lets a principal put events', () => {
  const policy = {
    EventBusName: 'bus',
    StatementId: 's',
    Statement: { Effect: 'Allow', Action: 'events:PutEvents', Resource: '*', Principal: { AWS: ROLE } },
  };
  const bus = 'arn:aws:events:eu-west-1:000000000000:event-bus/bus';
  expect(allowed({ P: { type: 'AWS::Events::EventBusPolicy', properties: policy } }, 'events:PutEvents', bus)).toBe(true);
  expect(allowed({}, 'events:PutEvents', bus)).toBe(false);
});

test('a function is known by its access key', () => {
  expect(awsFromTemplate(model()).callers.get(accessKeyId(FUNCTION))).toEqual({ functionArn: FUNCTION, roleArn: ROLE });
});

describe('a destination or dead-letter queue of a function', () => {
  const deadLetter = { F: { type: 'AWS::Lambda::Function', properties: { Role: ROLE, DeadLetterConfig: { TargetArn: QUEUE } } } };
  const destination = (on: string, Destination: string) => ({
    C: {
      type: 'AWS::Lambda::EventInvokeConfig',
      properties: { FunctionName: FUNCTION, DestinationConfig: { [on]: { Destination } } },
    },
  });
  const granted = role({ Policies: [{ PolicyName: 'p', PolicyDocument: grant() }] });

  test.each<[string, Resources, RegExp]>([
    ['a dead-letter queue', deadLetter, /Stack\/F: the function's role must allow sqs:SendMessage on arn:aws:sqs:/],
    [
      'a queue on failure',
      destination('OnFailure', QUEUE),
      /Stack\/C: the function's role must allow sqs:SendMessage on arn:aws:sqs:/,
    ],
    [
      'a queue on success',
      destination('OnSuccess', QUEUE),
      /Stack\/C: the function's role must allow sqs:SendMessage on arn:aws:sqs:/,
    ],
    [
      'a function on failure',
      { ...granted, ...destination('OnFailure', FUNCTION) },
      /Stack\/C: the function's role must allow lambda:InvokeFunction on arn:aws:lambda:/,
    ],
  ])('%s needs leave from the role', (_, change, message) => {
    expect(() => awsFromTemplate(model(change))).toThrow(message);
  });

  test('is taken where the role lets the function send', () => {
    for (const change of [deadLetter, destination('OnFailure', QUEUE), destination('OnSuccess', QUEUE)]) {
      expect(() => awsFromTemplate(model({ ...granted, ...change }))).not.toThrow();
    }
  });
});

describe('a template is refused', () => {
  test.each<[string, Resources, RegExp]>([
    [
      'with a managed policy that is not known',
      role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
      /managed policy 'arn:aws:iam::aws:policy\/AdministratorAccess' is not known here/,
    ],
    [
      'with a role that Lambda may not assume',
      {
        Role: {
          type: 'AWS::IAM::Role',
          properties: {
            AssumeRolePolicyDocument: {
              Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } },
            },
          },
        },
      },
      /can't be assumed by Lambda/,
    ],
    [
      'with a role of somewhere else',
      { F: { type: 'AWS::Lambda::Function', properties: { Role: 'arn:aws:iam::1:role/x' } } },
      /'Role' must be a role of the template/,
    ],
    [
      'with a mapping whose role may not receive',
      { M: { type: 'AWS::Lambda::EventSourceMapping', properties: { FunctionName: FUNCTION, EventSourceArn: QUEUE } } },
      /Stack\/M: the function's role must allow sqs:ReceiveMessage on/,
    ],
    [
      'with a gateway load balancer endpoint',
      { E: { type: 'AWS::EC2::VPCEndpoint', properties: { VpcEndpointType: 'GatewayLoadBalancer' } } },
      /'VpcEndpointType' must be Interface or Gateway/,
    ],
    [
      'with a rule about a prefix list that is not known',
      {
        G: {
          type: 'AWS::EC2::SecurityGroup',
          properties: { SecurityGroupEgress: [{ IpProtocol: '-1', DestinationPrefixListId: 'pl-1' }] },
        },
      },
      /Stack\/G: prefix list 'pl-1' is not known here; name an AWS::EC2::PrefixList of the template/,
    ],
    [
      'with a rule about nobody',
      { G: { type: 'AWS::EC2::SecurityGroup', properties: { SecurityGroupIngress: [{ IpProtocol: '-1' }] } } },
      /a rule must name exactly one of a CIDR range of IPv4 or IPv6, a security group and a prefix list, got: \{\}/,
    ],
  ])('%s', (_, change, message) => {
    expect(() => awsFromTemplate(model(change))).toThrow(message);
  });
});

describe('the network of a template', () => {
  const id = (type: string, logicalId: string) =>
    types[type]!.ref({ stack: 'Stack', logicalId, type, properties: {}, asset: String }, context.environment);
  const [vpc, subnet, table, group, nat] = [
    id('AWS::EC2::VPC', 'Vpc'),
    id('AWS::EC2::Subnet', 'Subnet'),
    id('AWS::EC2::RouteTable', 'Table'),
    id('AWS::EC2::SecurityGroup', 'Group'),
    id('AWS::EC2::NatGateway', 'Nat'),
  ];
  const base: Resources = {
    Vpc: { type: 'AWS::EC2::VPC', properties: { CidrBlock: '10.0.0.0/16', EnableDnsHostnames: true } },
    Subnet: { type: 'AWS::EC2::Subnet', properties: { VpcId: vpc, CidrBlock: '10.0.0.0/24' } },
    Table: { type: 'AWS::EC2::RouteTable', properties: { VpcId: vpc } },
    Association: { type: 'AWS::EC2::SubnetRouteTableAssociation', properties: { SubnetId: subnet, RouteTableId: table } },
    Group: { type: 'AWS::EC2::SecurityGroup', properties: { VpcId: vpc } },
    F: {
      type: 'AWS::Lambda::Function',
      properties: { Role: ROLE, VpcConfig: { SubnetIds: [subnet], SecurityGroupIds: [group] } },
    },
  };
  const endpoint = (properties: object) => ({ E: { type: 'AWS::EC2::VPCEndpoint', properties: { VpcId: vpc, ...properties } } });
  const events = endpoint({
    VpcEndpointType: 'Interface',
    ServiceName: 'com.amazonaws.eu-west-1.events',
    SecurityGroupIds: [group],
    SubnetIds: [subnet],
  });
  const ingress = {
    I: {
      type: 'AWS::EC2::SecurityGroupIngress',
      properties: { GroupId: group, IpProtocol: 'tcp', FromPort: 443, ToPort: 443, SourceSecurityGroupId: group },
    },
  };
  const route = (properties: object) => ({
    Route: { type: 'AWS::EC2::Route', properties: { RouteTableId: table, DestinationCidrBlock: '0.0.0.0/0', ...properties } },
  });
  const noEgress = {
    Group: {
      type: 'AWS::EC2::SecurityGroup',
      properties: {
        VpcId: vpc,
        SecurityGroupEgress: [{ IpProtocol: 'icmp', CidrIp: '255.255.255.255/32', FromPort: 252, ToPort: 86 }],
      },
    },
  };

  const nat443 = route({ NatGatewayId: nat });
  const egress = (range: string, property = 'CidrIp') => ({
    O: {
      type: 'AWS::EC2::SecurityGroupEgress',
      properties: { GroupId: group, IpProtocol: 'tcp', FromPort: 443, ToPort: 443, [property]: range },
    },
  });
  const defaultGroup = types['AWS::EC2::VPC']!.attributes!.DefaultSecurityGroup!(
    { stack: 'Stack', logicalId: 'Vpc', type: 'AWS::EC2::VPC', properties: {}, asset: String },
    context.environment,
  );
  /** Takes the named groups away from the endpoint, the function, or both. */
  const inDefaultGroup = (...ids: ('E' | 'F')[]): Resources => ({
    ...(ids.includes('E') && { E: { ...events.E, properties: { ...events.E.properties, SecurityGroupIds: undefined } } }),
    ...(ids.includes('F') && {
      F: { type: 'AWS::Lambda::Function', properties: { Role: ROLE, VpcConfig: { SubnetIds: [subnet] } } },
    }),
  });

  test.each<[string, Resources, string, boolean]>([
    ['isolated', {}, 'events', false],
    ['with an endpoint that lets nobody in', events, 'events', false],
    ['with an endpoint', { ...events, ...ingress }, 'events', true],
    ['with an endpoint of another service', { ...events, ...ingress }, 'sqs', false],
    [
      'without DNS host names',
      { ...events, ...ingress, Vpc: { type: 'AWS::EC2::VPC', properties: { CidrBlock: '10.0.0.0/16' } } },
      'events',
      false,
    ],
    ['with an endpoint, and no way out of the group', { ...events, ...ingress, ...noEgress }, 'events', false],
    ['with a route to a NAT gateway', route({ NatGatewayId: nat }), 'cloudfront', true],
    [
      'with a route to an internet gateway, which a function has no address for',
      route({ GatewayId: 'igw-1' }),
      'cloudfront',
      false,
    ],
    [
      'with a gateway endpoint in its route table',
      endpoint({ ServiceName: 'com.amazonaws.eu-west-1.s3', RouteTableIds: [table] }),
      's3',
      true,
    ],
    [
      'with an egress rule beside the group, which takes the place of the default one',
      { ...nat443, ...egress('10.0.0.0/16') },
      'sqs',
      false,
    ],
    ['with an egress rule beside the group, to everywhere', { ...nat443, ...egress('0.0.0.0/0') }, 'sqs', true],
    ['with an egress rule of IPv6 beside the group', { ...nat443, ...egress('::/0', 'CidrIpv6') }, 'sqs', false],
    ['with an egress rule in the group and one beside it', { ...nat443, ...noEgress, ...egress('0.0.0.0/0') }, 'sqs', true],
    ['with an endpoint in the default group, which lets itself in only', { ...events, ...inDefaultGroup('E') }, 'events', false],
    ['in the default group, with an endpoint there', { ...events, ...inDefaultGroup('E', 'F') }, 'events', true],
    [
      'in the default group, which was emptied',
      {
        ...events,
        ...inDefaultGroup('E', 'F'),
        R: { type: 'Custom::VpcRestrictDefaultSG', properties: { DefaultSecurityGroupId: defaultGroup } },
      },
      'events',
      false,
    ],
    ['with a gateway endpoint in no route table', endpoint({ ServiceName: 'com.amazonaws.eu-west-1.s3' }), 's3', false],
  ])('%s', (_, change, service, reachable) => {
    expect(awsFromTemplate(model({ ...base, ...change })).network.reach(FUNCTION, service).reachable).toBe(reachable);
  });
});
