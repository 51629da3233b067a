import { App, Size, Stage } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { places } from '../../../examples/places';
import { addCachement } from '../../../lib/stacks/app';
import { defineStage, type StageConfig, stageConfig } from '../../../lib/stacks/stage';

const dev = stageConfig('dev');

/** Templates of a stage, by the part that each is. */
function stage(changes: Partial<StageConfig>, scope: Construct = new App({ builtinCloudFormationValidation: false })) {
  const config = defineStage({ ...dev, ...changes });
  const stacks = addCachement(scope, { ...places, config });
  return (part: string) =>
    Template.fromStack(stacks.find(({ stackName }) => stackName.endsWith(`-${part}`)) as (typeof stacks)[0]);
}

test('a stage passes on what may differ of its edge, its network and its data', () => {
  const part = stage({
    edge: { priceClass: cloudfront.PriceClass.PRICE_CLASS_100 },
    ipAddresses: ec2.IpAddresses.cidr('10.40.0.0/16'),
    database: { ...dev.database, maxAllocatedStorage: Size.gibibytes(100), maintenanceWindow: 'sun:03:00-sun:04:00' },
    shared: { ...dev.shared, maintenanceWindow: 'sat:22:00-sat:23:30' },
  });
  part('edge').hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({ PriceClass: 'PriceClass_100' }),
  });
  part('network').hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.40.0.0/16' });
  part('database').hasResourceProperties('AWS::RDS::DBInstance', {
    MaxAllocatedStorage: 100,
    PreferredMaintenanceWindow: 'sun:03:00-sun:04:00',
  });
  part('shared').hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    PreferredMaintenanceWindow: 'sat:22:00-sat:23:30',
  });
});

test('each name of a stage is in its certificate, and has records', () => {
  const part = stage({
    environment: { account: '111111111111', region: 'eu-central-1', availabilityZones: ['eu-central-1a', 'eu-central-1b'] },
    domain: { name: 'www.example.com', aliases: ['example.com'], zoneName: 'example.com', hostedZoneId: 'Z1' },
  });
  part('us-east-1').hasResourceProperties('AWS::CertificateManager::Certificate', {
    DomainName: 'www.example.com',
    SubjectAlternativeNames: ['example.com'],
  });
  for (const Type of ['A', 'AAAA']) part('edge').hasResourceProperties('AWS::Route53::RecordSet', { Name: 'example.com.', Type });
});

test('a stage is added to a stage of a pipeline, under its own names', () => {
  const app = new App({ builtinCloudFormationValidation: false });
  const pipeline = new Stage(app, 'Deploy', { env: { account: '111111111111', region: 'eu-central-1' } });
  const part = stage({}, pipeline);
  part('edge').resourceCountIs('AWS::CloudFront::Distribution', 1);
  const { stacks } = app.synth().getNestedAssembly('assembly-Deploy');
  expect(stacks.map(({ stackName }) => stackName)).toContain('cachement-dev-network');
});

describe('a request to try', () => {
  const outputs = (changes: Partial<StageConfig> = {}) =>
    Object.values(stage(changes)('edge').toJSON().Outputs as Record<string, { Description?: string; Value: unknown }>).filter(
      ({ Description }) => Description?.startsWith('try: '),
    );
  const tries = outputs();
  const text = (what: string) => JSON.stringify(tries.find(({ Description }) => Description?.includes(what))?.Value);

  test('is a URL of the edge where anybody may read', () => {
    expect(text('a place; ask twice')).toMatch(/https:\/\/.*DomainName.*\/places\/2950159/);
    expect(text('a place; ask twice')).not.toContain('curl');
  });

  test.each(['a change', 'what a purge did'])('is signed for the API itself where that needs authorisation: %s', (what) => {
    expect(text(what)).toContain('--aws-sigv4 aws:amz:');
    expect(text(what)).toContain('.execute-api.');
    expect(text(what)).toContain('x-amz-security-token: $AWS_SESSION_TOKEN');
    expect(text(what)).not.toContain('DomainName');
  });

  test('is never signed in an open stage', () => {
    const { name: _, ...local } = stageConfig('local');
    expect(JSON.stringify(outputs({ ...local, name: 'local' }))).not.toContain('sigv4');
  });
});
