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
      ['subnet-far', { vpc: 'vpc-2', cidr: '10.9.0.0/24', nat: false }],
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
    prefixLists: new Map([
      ['pl-s3', { service: 'com.amazonaws.r.s3' }],
      ['pl-other', { service: 'com.amazonaws.r.dynamodb' }],
      ['pl-own', { cidrs: ['10.0.0.0/24', '10.0.1.0/24'] }],
    ]),
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

  test.each([
    ['pl-s3', 'reachable'],
    ['pl-other', /out to the prefix list of vpce-2/],
    ['pl-own', /out to the prefix list of vpce-2/],
  ])('let out to the list %s: S3 is %s', (prefixList, expected) => {
    const groups = { 'sg-function': { ingress: [], egress: [tcp(443, { prefixList })] } };
    expect(why(network({ groups }), 's3')).toMatch(expected);
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

describe('a server in the VPC', () => {
  const server = { name: 'postgres:S/Db', subnets: ['subnet-a'], securityGroups: ['sg-db'], ports: [5432, 12_345] };
  const letsIn = (...ingress: GroupRule[]) => ({ 'sg-db': { name: 'S/Group', ingress, egress: [] } });
  const reach = (groups: Record<string, SecurityGroup>, target = server) => {
    const answer = network({ groups }).reachInside(IN_VPC, target);
    return answer.reachable ? 'reachable' : answer.reason;
  };

  test.each<[string, Record<string, SecurityGroup>]>([
    ['the port', letsIn(tcp(5432, { group: 'sg-function' }))],
    ['a range of ports', letsIn({ protocol: 'tcp', fromPort: 5000, toPort: 6000, group: 'sg-function' })],
    ['the port as the template gets it here', letsIn(tcp(12_345, { group: 'sg-function' }))],
    ['all protocols', letsIn({ protocol: '-1', fromPort: 0, toPort: 0, group: 'sg-function' })],
    ['TCP by its number', letsIn({ ...tcp(5432, { group: 'sg-function' }), protocol: '6' })],
    ['the range of the VPC', letsIn(tcp(5432, { cidr: '10.0.0.0/16' }))],
    ['a list with the ranges of both subnets', letsIn(tcp(5432, { prefixList: 'pl-own' }))],
  ])('is reached where its group lets in %s', (_, groups) => {
    expect(reach(groups)).toBe('reachable');
  });

  test.each<[string, Record<string, SecurityGroup>, RegExp]>([
    ['lets nobody in', letsIn(), /of postgres:S\/Db lets TCP 5432 in .*\(missing: ingress sg-function -> S\/Group\)/],
    ['lets in another port', letsIn(tcp(5433, { group: 'sg-function' })), /lets TCP 5432 in/],
    [
      'has a range around the port of this machine',
      letsIn({ protocol: 'tcp', fromPort: 12_000, toPort: 13_000, group: 'sg-function' }),
      /5432 in/,
    ],
    ['lets in UDP', letsIn({ ...tcp(5432, { group: 'sg-function' }), protocol: 'udp' }), /5432 in/],
    ['lets in itself alone', letsIn(tcp(5432, { group: 'sg-db' })), /5432 in/],
    ['lets in IPv6 from everywhere', letsIn(tcp(5432, { cidrIpv6: '::/0' })), /5432 in/],
    ['lets in a list of a service', letsIn(tcp(5432, { prefixList: 'pl-s3' })), /5432 in/],
    [
      'is not let out to',
      { ...letsIn(tcp(5432, { group: 'sg-function' })), 'sg-function': { ingress: [], egress: [tcp(443, { group: 'sg-db' })] } },
      /of the function lets TCP 5432 out to postgres:S\/Db \(missing: egress sg-function -> S\/Group\)/,
    ],
  ])('is not reached where its group %s', (_, groups, reason) => {
    expect(reach(groups)).toMatch(reason);
  });

  test('is reached by what shares its group, where the group lets itself in', () => {
    const groups = { 'sg-function': { ingress: [tcp(5432, { group: 'sg-function' })], egress: [ALL_OUT] } };
    expect(reach(groups, { ...server, securityGroups: ['sg-function'] })).toBe('reachable');
  });

  test('is reached by no function outside of the VPC, or of another one, and nowhere without a subnet group', () => {
    const open = network({ groups: letsIn(tcp(5432, { cidr: '0.0.0.0/0' })) });
    expect(open.reachInside(IN_VPC, server)).toEqual({ reachable: true });
    expect(open.reachInside('arn:outside', server)).toMatchObject({ reason: expect.stringMatching(/the function is in no VPC/) });
    expect(open.reachInside(IN_VPC, { ...server, subnets: ['subnet-far'] })).toMatchObject({
      reason: expect.stringMatching(/no route leads/),
    });
    expect(open.reachInside(IN_VPC, { ...server, subnets: [] })).toMatchObject({
      reason: expect.stringMatching(/names no subnet group/),
    });
  });
});

describe('a network that the template does not make', () => {
  const elsewhere = (egress: GroupRule[]) =>
    new Network({
      region: 'r',
      functions: new Map([[IN_VPC, { subnets: ['subnet-of-theirs'], securityGroups: ['sg-function'] }]]),
      subnets: new Map(),
      groups: new Map(
        Object.entries({
          'sg-function': { ingress: [], egress },
          'sg-server': { ingress: [tcp(5432, { group: 'sg-function' })], egress: [] },
        }),
      ),
      endpoints: [],
      prefixLists: new Map(),
    });

  test('has the endpoints that it is said to have, for a function that is let out', () => {
    expect(elsewhere([tcp(443, { group: 'sg-of-theirs' })]).reach(IN_VPC, 'events')).toEqual({ reachable: true });
    expect(elsewhere([tcp(5432, { group: 'sg-server' })]).reach(IN_VPC, 'events')).toEqual({
      reachable: false,
      reason: 'no security group of the function lets TCP 443 out',
    });
  });

  test('has no endpoint of a service that has none, and no way to the internet', () => {
    expect(elsewhere([ALL_OUT]).reach(IN_VPC, 'cloudfront')).toMatchObject({ reachable: false });
    expect(elsewhere([ALL_OUT]).reachInternet(IN_VPC)).toMatchObject({ ports: [] });
  });

  test('lets a function reach a server as the groups of both say', () => {
    const server = { name: 'postgres:S/Primary', ports: [5432], subnets: ['subnet-of-data'], securityGroups: ['sg-server'] };
    expect(elsewhere([tcp(5432, { group: 'sg-server' })]).reachInside(IN_VPC, server)).toEqual({ reachable: true });
    expect(elsewhere([tcp(443, { group: 'sg-server' })]).reachInside(IN_VPC, server)).toMatchObject({ reachable: false });
  });
});

describe('the internet', () => {
  test('is open to a function outside of a VPC, closed to isolated subnets, and has the ports that groups let out behind a NAT gateway', () => {
    expect(network().reachInternet('arn:outside').ports).toEqual([[0, 65535]]);
    expect(network().reachInternet(IN_VPC)).toEqual({ ports: [], reason: 'subnet subnet-a has no route to a NAT gateway' });
    const egress = [tcp(443, { cidr: '0.0.0.0/0' }), tcp(5432, { cidr: '10.0.0.0/8' }), tcp(80, { cidrIpv6: '::/0' })];
    const groups = { 'sg-function': { ingress: [], egress } };
    expect(network({ nat: true, groups }).reachInternet(IN_VPC).ports).toEqual([[443, 443]]);
  });
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
