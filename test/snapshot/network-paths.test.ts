import { SynthesizedStage } from './synthesized';

const stage = new SynthesizedStage('dev');

/** A security group as a person would call it, from its logical id or from the output that another stack reads it from. */
function groupOf(reference: unknown): string {
  const text = JSON.stringify(reference);
  const known: [RegExp, string][] = [
    [/MigrationFunctionSecurityGroup/, 'migration'],
    [/SampleDataFunctionSecurityGroup/, 'sample-data'],
    [/FunctionsReaderSecurityGroup/, 'read-api'],
    [/FunctionsWriterSecurityGroup/, 'write-api'],
    [/PurgeRelaySecurityGroup/, 'relay'],
    [/PurgeInvalidatorSecurityGroup/, 'invalidator'],
    [/WarmerFunctionSecurityGroup/, 'warmer'],
    [/NetworkEventsSecurityGroup/, 'events endpoint'],
    [/NetworkSecretsSecurityGroup/, 'secrets endpoint'],
    [/DatabaseSecurityGroup/, 'database'],
    [/SharedSecurityGroup/, 'shared'],
  ];
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? text;
}

const paths = (type: string, from: string, to: string): string[] =>
  [...stage.resources(type).values()]
    .map(({ Properties }) => {
      expect(Properties.FromPort).toBe(Properties.ToPort);
      return `${groupOf(Properties[from])} -> ${groupOf(Properties[to])}:${Properties.FromPort}`;
    })
    .sort();

const EXPECTED = [
  'invalidator -> database:5433',
  'invalidator -> events endpoint:443',
  'invalidator -> secrets endpoint:443',
  'invalidator -> shared:6380',
  'migration -> database:5433',
  'migration -> secrets endpoint:443',
  'read-api -> database:5433',
  'read-api -> secrets endpoint:443',
  'read-api -> shared:6380',
  'relay -> database:5433',
  'relay -> events endpoint:443',
  'relay -> secrets endpoint:443',
  'sample-data -> database:5433',
  'sample-data -> secrets endpoint:443',
  'warmer -> database:5433',
  'warmer -> secrets endpoint:443',
  'warmer -> shared:6380',
  'write-api -> database:5433',
  'write-api -> events endpoint:443',
  'write-api -> secrets endpoint:443',
  'write-api -> shared:6380',
];

test('each path from a function to what it uses is open at both ends, and no other', () => {
  expect(paths('AWS::EC2::SecurityGroupEgress', 'GroupId', 'DestinationSecurityGroupId')).toEqual(EXPECTED);
  expect(paths('AWS::EC2::SecurityGroupIngress', 'SourceSecurityGroupId', 'GroupId')).toEqual(EXPECTED);
});

test('no group takes anything from an address', () => {
  for (const { Properties } of stage.resources('AWS::EC2::SecurityGroup').values()) {
    expect(Properties.SecurityGroupIngress).toBeUndefined();
  }
});

test('only custom resources may reach an address outside, for their answer', () => {
  const outside = [...stage.resources('AWS::EC2::SecurityGroup')]
    .filter(([, { Properties }]) => JSON.stringify(Properties.SecurityGroupEgress ?? '').includes('0.0.0.0/0'))
    .map(([id]) => groupOf(id))
    .sort();
  expect(outside).toEqual(['migration', 'sample-data']);
});

test('the network has no way to the internet', () => {
  for (const type of [
    'AWS::EC2::InternetGateway',
    'AWS::EC2::NatGateway',
    'AWS::EC2::EgressOnlyInternetGateway',
    'AWS::EC2::Route',
  ]) {
    expect([...stage.resources(type).keys()]).toEqual([]);
  }
});

test('each endpoint has a policy, and those with an interface a group', () => {
  const endpoints = [...stage.resources('AWS::EC2::VPCEndpoint').values()];
  expect(endpoints).toHaveLength(3);
  for (const { Properties } of endpoints) {
    expect(Properties.PolicyDocument.Statement).toHaveLength(1);
    expect(Properties.PolicyDocument.Statement[0].Action).not.toBe('*');
    if (Properties.VpcEndpointType === 'Interface') expect(Properties.SecurityGroupIds).toHaveLength(1);
  }
});

test('functions that call what has no endpoint are outside of the network', () => {
  const outside = [...stage.resources('AWS::Lambda::Function')]
    .filter(([, { Properties }]) => !Properties.VpcConfig)
    .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''))
    .sort();
  expect(outside).toEqual([
    'api/GatewayRefreshAuthorizationFunction',
    'edge/CustomS3AutoDeleteObjectsCustomResourceProviderHandler',
    'network/CustomVpcRestrictDefaultSGCustomResourceProviderHandler',
    'operations/TopologyFunction',
    'purge/ProbeFunction',
    'purge/PurgeExecutor',
  ]);
});
