import { types as aws, Network } from '../../../local/aws';
import { networkFromTemplate } from '../../../local/aws/template-network';
import { connectionRules } from '../../../local/connections';
import type { EngineTarget } from '../../../local/engines';
import { types as lambda } from '../../../local/lambda';
import type { Environment, Resource } from '../../../local/types';
import { modelOf } from '../../support/engines-model';

const place: Environment = { account: '1', region: 'r', endpointUrl: '', caFile: '', stateDir: '', port: () => 1 };
const types = { ...aws, ...lambda };
const idOf = (type: string, logicalId: string) =>
  types[type]!.ref({ stack: 'S', logicalId, type, properties: {}, asset: String } as Resource, place);
const [vpc, subnet, group] = [
  idOf('AWS::EC2::VPC', 'Vpc'),
  idOf('AWS::EC2::Subnet', 'Subnet'),
  idOf('AWS::EC2::SecurityGroup', 'Group'),
];

/** A function inside of a network, and one outside. */
function rules(engine: Partial<EngineTarget>, more: Parameters<typeof modelOf>[2] = {}) {
  const model = modelOf(types, place, {
    'S/Vpc': { type: 'AWS::EC2::VPC', properties: { CidrBlock: '10.0.0.0/16' } },
    'S/Subnet': { type: 'AWS::EC2::Subnet', properties: { VpcId: vpc, CidrBlock: '10.0.0.0/24' } },
    'S/Group': { type: 'AWS::EC2::SecurityGroup', properties: { VpcId: vpc } },
    'S/Inside': {
      type: 'AWS::Lambda::Function',
      properties: { FunctionName: 'inside', VpcConfig: { SubnetIds: [subnet], SecurityGroupIds: [group] } },
    },
    'S/Outside': { type: 'AWS::Lambda::Function', properties: { FunctionName: 'outside' } },
    ...more,
  });
  const engines = [{ name: 'redis:S/Cache', awsPort: 6379, ports: [101, 102], subnets: [subnet], securityGroups: [], ...engine }];
  const all = connectionRules(model, new Network(networkFromTemplate(model)), {
    engines,
    public: [{ name: 'the gateway', port: 201 }],
  });
  const of = (name: string) => all.get(`arn:aws:lambda:r:1:function:${name}`)!;
  return { inside: of('inside'), outside: of('outside') };
}

const letsIn = (properties: object) => ({
  'S/Rule': {
    type: 'AWS::EC2::SecurityGroupIngress',
    properties: { GroupId: group, IpProtocol: 'tcp', FromPort: 6379, ToPort: 6379, ...properties },
  },
});
const missing = ({ targets }: { targets: readonly { name: string; missing?: string }[] }, name: string) =>
  targets.filter((target) => target.name === name).map((target) => target.missing ?? 'open');

test('each node of a cluster is open to a function whose group is let in, and closed to one outside of the network', () => {
  const { inside, outside } = rules({ securityGroups: [group] }, letsIn({ SourceSecurityGroupId: group }));
  expect(inside.targets.filter(({ name }) => name === 'redis:S/Cache').map(({ port }) => port)).toEqual([101, 102]);
  expect(missing(inside, 'redis:S/Cache')).toEqual(['open', 'open']);
  expect(missing(outside, 'redis:S/Cache')).toEqual(Array(2).fill(expect.stringMatching(/the function is in no VPC/)));
});

test('an engine that names no group is in the default one, which lets in itself alone', () => {
  const { inside } = rules({});
  expect(missing(inside, 'redis:S/Cache')).toEqual(
    Array(2).fill(expect.stringMatching(/missing: ingress S\/Group -> the default group of S\/Vpc/)),
  );
});

test('servers with a public name, and other addresses, are open to what is outside of the network, and closed to isolated subnets', () => {
  const { inside, outside } = rules({});
  expect(missing(outside, 'the gateway')).toEqual(['open']);
  expect(missing(inside, 'the gateway')).toEqual([expect.stringMatching(/has no route to a NAT gateway/)]);
  expect(outside.elsewhere.ports).toEqual([[0, 65535]]);
  expect(inside.elsewhere).toEqual({ ports: [], missing: expect.stringMatching(/has no route to a NAT gateway/) });
});
