import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  MultiAzDatabaseCluster,
  PlatformNetwork,
  PurgeBus,
  ReplicatedDatabase,
  SchemaMigration,
  SharedCache,
} from '../../../lib';
import { fnIn } from './failure-classes/scenes';
import { newStack } from './support';

const HERE = { account: '111111111111', region: 'eu-central-1' };

/** Statements of the policy of an endpoint. */
const statementsOf = (stack: Stack, service: string) => {
  const endpoints = Template.fromStack(stack).findResources('AWS::EC2::VPCEndpoint');
  const endpoint = Object.values(endpoints).find(({ Properties }) => JSON.stringify(Properties.ServiceName).includes(service));
  return endpoint?.Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown; Condition: unknown }[];
};

describe('the endpoints of a network', () => {
  test('let a function rotate secrets only once one is to', () => {
    const stack = newStack();
    const network = new PlatformNetwork(stack, 'Network');
    const rotation = fnIn(stack, network, 'Rotation');
    expect(statementsOf(stack, 'secretsmanager')).toHaveLength(1);
    const again = newStack();
    const other = new PlatformNetwork(again, 'Network');
    for (const id of ['Reader', 'Writer']) other.allowSecretRotation(fnIn(again, other, id));
    expect(rotation).toBeDefined();
    const statements = statementsOf(again, 'secretsmanager');
    expect(statements).toHaveLength(2);
    expect(statements[1]).toMatchObject({
      Action: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetRandomPassword',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  test("let a function reach a bucket that is named, and no other one's", () => {
    const stack = newStack();
    const network = new PlatformNetwork(stack, 'Network');
    const bucket = new s3.Bucket(stack, 'Bucket');
    network.allowBucket(fnIn(stack, network, 'Handler'), bucket);
    const arn = { 'Fn::GetAtt': [stack.getLogicalId(bucket.node.defaultChild as s3.CfnBucket), 'Arn'] };
    expect(statementsOf(stack, '.s3')[1]).toMatchObject({
      Action: expect.arrayContaining(['s3:GetObject*', 's3:PutObject*']),
      Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }],
    });
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: Match.arrayWith([Match.objectLike({ CidrIp: '0.0.0.0/0', FromPort: 443 })]),
    });
  });
});

test('a network has the addresses that it is given', () => {
  const stack = newStack();
  new PlatformNetwork(stack, 'Network', { ipAddresses: ec2.IpAddresses.cidr('10.40.0.0/16') });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.40.0.0/16' });
  template.hasResourceProperties('AWS::EC2::Subnet', { CidrBlock: '10.40.0.0/20' });
});

describe('a VPC from elsewhere', () => {
  const looked = () => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Test', { env: HERE });
    return { stack, vpc: ec2.Vpc.fromLookup(stack, 'Vpc', { vpcName: 'shop' }) };
  };

  test('is accepted before it is looked up, by what needs three zones too', () => {
    const { stack, vpc } = looked();
    const network = PlatformNetwork.fromPlatformNetworkAttributes({ vpc, egress: true });
    new MultiAzDatabaseCluster(stack, 'Database', { network });
    Template.fromStack(stack).resourceCountIs('AWS::RDS::DBCluster', 1);
  });

  const withEgress = (stack: Stack) =>
    ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-a', 'subnet-b'],
    });

  test('is refused without isolated subnets, and says what to name', () => {
    expect(() => PlatformNetwork.fromPlatformNetworkAttributes({ vpc: withEgress(newStack()) })).toThrow(
      "imported network: 'vpc' must have isolated subnets, got: none; name others by 'vpcSubnets', with 'egress' where they have a NAT gateway",
    );
  });

  test('that has egress subnets holds engines and functions there, which reach AWS by the internet', () => {
    const stack = newStack();
    const network = PlatformNetwork.fromPlatformNetworkAttributes({
      vpc: withEgress(stack),
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      egress: true,
    });
    const database = new ReplicatedDatabase(stack, 'Database', { network });
    new SchemaMigration(stack, 'Migration', { network, database });
    new SharedCache(stack, 'Shared', { network, namespace: 'shop' });
    new PurgeBus(stack, 'Bus').addPublisher(fnIn(stack, network, 'Handler'), network);
    const template = Template.fromStack(stack);
    const subnets = ['subnet-a', 'subnet-b'];
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', { SubnetIds: subnets });
    template.hasResourceProperties('AWS::ElastiCache::SubnetGroup', { SubnetIds: subnets });
    template.hasResourceProperties('AWS::Lambda::Function', { VpcConfig: Match.objectLike({ SubnetIds: subnets }) });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupEgress: Match.arrayWith([Match.objectLike({ Description: 'to Secrets Manager by the internet' })]),
    });
  });
});
