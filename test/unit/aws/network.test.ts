import { Network, type NetworkOptions } from '../../../local/aws';
import { contains } from '../../../local/aws/cidr';
import type { GroupRule, SecurityGroup, VpcEndpoint } from '../../../local/aws/network';
import { parsePolicy } from '../../../local/aws/policy-document';

const IN_VPC = 'arn:aws:lambda:r:1:function:inside';

const tcp = (port: number, peer: Partial<GroupRule>): GroupRule => ({ protocol: 'tcp', fromPort: port, toPort: port, ...peer });
const ALL_OUT: GroupRule = { protocol: '-1', fromPort: 0, toPort: 65535, cidr: '0.0.0.0/0' };

const INTERFACE: VpcEndpoint = {
  id: 'vpce-1',
  vpc: 'vpc-1',
  service: 'com.amazonaws.r.events',
  kind: 'Interface',
  securityGroups: ['sg-endpoint'],
  subnets: ['subnet-a'],
  routeTables: [],
  privateDns: true,
};
const GATEWAY: VpcEndpoint = {
  ...INTERFACE,
  id: 'vpce-2',
  service: 'com.amazonaws.r.s3',
  kind: 'Gateway',
  securityGroups: [],
  subnets: [],
  routeTables: ['rtb-a', 'rtb-b'],
};

/** A function in two isolated subnets, with an endpoint for events, and whatever is changed. */
function network(
  change: { endpoints?: VpcEndpoint[]; groups?: Record<string, SecurityGroup>; nat?: boolean; tables?: string[] } = {},
) {
  const [tableA, tableB] = change.tables ?? ['rtb-a', 'rtb-b'];
  const options: NetworkOptions = {
    region: 'r',
    functions: new Map([[IN_VPC, { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-function'] }]]),
    subnets: new Map([
      ['subnet-a', { vpc: 'vpc-1', cidr: '10.0.0.0/24', routeTable: tableA!, nat: change.nat ?? false }],
      ['subnet-b', { vpc: 'vpc-1', cidr: '10.0.1.0/24', routeTable: tableB!, nat: change.nat ?? false }],
    ]),
    groups: new Map(
      Object.entries({
        'sg-function': { ingress: [], egress: [ALL_OUT] },
        'sg-endpoint': { ingress: [tcp(443, { group: 'sg-function' })], egress: [] },
        ...change.groups,
      }),
    ),
    endpoints: change.endpoints ?? [INTERFACE, GATEWAY],
  };
  return new Network(options);
}

const why = (subject: Network, service: string) => {
  const reach = subject.reach(IN_VPC, service);
  return reach.reachable ? 'reachable' : reach.reason;
};

describe('a function outside a VPC', () => {
  test('reaches everything', () => {
    expect(network().reach('arn:other', 'cloudfront')).toEqual({ reachable: true });
    expect(network().reach(undefined, 'events')).toEqual({ reachable: true });
  });
});

describe('a function in isolated subnets', () => {
  test('reaches a service through its interface endpoint', () => {
    expect(network().reach(IN_VPC, 'events')).toEqual({ reachable: true, endpoint: INTERFACE });
  });

  test('reaches S3 through a gateway endpoint', () => {
    expect(network().reach(IN_VPC, 's3')).toEqual({ reachable: true, endpoint: GATEWAY });
  });

  test.each([
    [
      'there is no endpoint',
      {},
      'sqs',
      /the VPC has no endpoint 'com.amazonaws.r.sqs', and subnet subnet-a has no route to a NAT gateway/,
    ],
    ['the endpoint is in another VPC', { endpoints: [{ ...INTERFACE, vpc: 'vpc-2' }] }, 'events', /the VPC has no endpoint/],
    ['the service has none at all', {}, 'cloudfront', /cloudfront has no VPC endpoint: move the function out of the VPC/],
    ['the endpoint has no private DNS', { endpoints: [{ ...INTERFACE, privateDns: false }] }, 'events', /has no private DNS/],
    [
      'its group lets nothing out',
      { groups: { 'sg-function': { ingress: [], egress: [] } } },
      'events',
      /no security group of the function lets TCP 443 out to endpoint vpce-1/,
    ],
    [
      'its group lets out another port',
      { groups: { 'sg-function': { ingress: [], egress: [tcp(5432, { cidr: '0.0.0.0/0' })] } } },
      'events',
      /lets TCP 443 out/,
    ],
    [
      'the endpoint lets another group in',
      { groups: { 'sg-endpoint': { ingress: [tcp(443, { group: 'sg-other' })], egress: [] } } },
      'events',
      /no security group of endpoint vpce-1 lets TCP 443 in from the function/,
    ],
    [
      'the endpoint lets in one of its two subnets',
      { groups: { 'sg-endpoint': { ingress: [tcp(443, { cidr: '10.0.0.0/24' })], egress: [] } } },
      'events',
      /lets TCP 443 in/,
    ],
    [
      'a gateway endpoint misses the route table of one subnet',
      { tables: ['rtb-a', 'rtb-c'] },
      's3',
      /not in the route table of subnet subnet-b/,
    ],
    [
      'its group lets nothing out to the prefix list',
      { groups: { 'sg-function': { ingress: [], egress: [tcp(443, { group: 'sg-endpoint' })] } } },
      's3',
      /out to the prefix list of vpce-2/,
    ],
  ])('does not reach a service where %s', (_, change, service, reason) => {
    expect(why(network(change), service)).toMatch(reason);
  });

  test('is let in by the range of the VPC, and out to the group of the endpoint', () => {
    const groups = {
      'sg-function': { ingress: [], egress: [tcp(443, { group: 'sg-endpoint' })] },
      'sg-endpoint': { ingress: [tcp(443, { cidr: '10.0.0.0/16' })], egress: [] },
    };
    expect(why(network({ groups }), 'events')).toBe('reachable');
  });

  test('gives the policy of the endpoint along', () => {
    const policy = parsePolicy({ Statement: { Effect: 'Allow', Action: '*', Resource: '*', Principal: '*' } }, 'endpoint');
    const reach = network({ endpoints: [{ ...INTERFACE, policy }] }).reach(IN_VPC, 'events');
    expect(reach).toMatchObject({ reachable: true, endpoint: { policy } });
  });
});

describe('a function behind a NAT gateway', () => {
  test('reaches everything', () => {
    expect(why(network({ nat: true, endpoints: [] }), 'cloudfront')).toBe('reachable');
  });

  test('reaches nothing where its group lets nothing out', () => {
    const groups = { 'sg-function': { ingress: [], egress: [tcp(443, { cidr: '10.0.0.0/16' })] } };
    expect(why(network({ nat: true, endpoints: [], groups }), 'events')).toMatch(/out to 0.0.0.0\/0/);
  });
});

test('a target in the VPC is reached where both groups agree on the port', () => {
  const target = { subnets: ['subnet-a'], securityGroups: ['sg-db'] };
  const groups = { 'sg-db': { ingress: [tcp(5432, { group: 'sg-function' })], egress: [] } };
  expect(network({ groups }).reachInside(IN_VPC, target, 5432)).toEqual({ reachable: true });
  expect(network({ groups }).reachInside(IN_VPC, target, 6379)).toMatchObject({ reachable: false });
  expect(network({ groups }).reachInside('arn:outside', target, 5432)).toMatchObject({ reachable: false });
});

test.each([
  ['10.0.0.0/16', '10.0.3.0/24', true],
  ['10.0.3.0/24', '10.0.0.0/16', false],
  ['0.0.0.0/0', '192.168.0.0/16', true],
  ['10.0.0.0/16', '10.1.0.0/24', false],
  ['10.0.0.5/32', '10.0.0.5', true],
  ['192.0.0.0/2', '200.1.1.0/24', true],
  ['::/0', '10.0.0.0/8', false],
])('%s contains %s: %s', (outer, inner, expected) => {
  expect(contains(outer, inner)).toBe(expected);
});
