import * as fs from 'node:fs';
import * as path from 'node:path';
import { retainedResources } from '../../bin/retained-resources';
import { SynthesizedStage } from './synthesized';

const retainedOf = (stage: SynthesizedStage) =>
  stage.parts.flatMap((part) => retainedResources(part, stage.template(part).toJSON().Resources ?? {}));

test("a destroyed dev leaves nothing but the account's role for the logs of API Gateway, which the APIs of other stacks use too", () => {
  expect(retainedOf(new SynthesizedStage('dev')).map(({ stack, type }) => `${stack} ${type}`)).toEqual([
    'api AWS::IAM::Role',
    'api AWS::ApiGateway::Account',
  ]);
});

test('a destroyed prod leaves these kinds, and the page for operators names every stack of them', () => {
  const retained = retainedOf(new SynthesizedStage('prod'));
  const kinds = [...new Set(retained.map(({ stack, type }) => `${stack} ${type}`))].sort();
  // The stack in us-east-1 is there where the stage has something to be made there.
  const inUsEast1 = kinds.filter((kind) => kind.startsWith('us-east-1 '));
  expect(['us-east-1 AWS::KMS::Key', 'us-east-1 AWS::Logs::LogGroup']).toEqual(expect.arrayContaining(inUsEast1));
  expect(kinds.filter((kind) => !inUsEast1.includes(kind))).toEqual([
    'api AWS::ApiGateway::Account',
    'api AWS::IAM::Role',
    'api AWS::Logs::LogGroup',
    'database AWS::EC2::SecurityGroup',
    'database AWS::IAM::Role',
    'database AWS::Logs::LogGroup',
    'database AWS::RDS::DBInstance',
    'database AWS::RDS::DBParameterGroup',
    'database AWS::RDS::DBSubnetGroup',
    'database AWS::SecretsManager::Secret',
    'edge AWS::S3::Bucket',
    'network AWS::EC2::Subnet',
    'network AWS::EC2::VPC',
    'network AWS::KMS::Key',
    'network AWS::Logs::LogGroup',
    'operations AWS::Logs::LogGroup',
    'purge AWS::Logs::LogGroup',
    'shared AWS::EC2::SecurityGroup',
    'shared AWS::ElastiCache::ParameterGroup',
    'shared AWS::ElastiCache::ReplicationGroup',
    'shared AWS::ElastiCache::SubnetGroup',
    'shared AWS::ElastiCache::User',
    'shared AWS::ElastiCache::UserGroup',
    'shared AWS::Logs::LogGroup',
    'shared AWS::SecretsManager::Secret',
  ]);
  const page = fs.readFileSync(path.resolve(__dirname, '../../docs/how-to/destroy.md'), 'utf8');
  const table = page.slice(page.indexOf('| stack | what stays |')).split('\n\n')[0]!;
  for (const { stack } of retained) expect(table).toMatch(new RegExp(`^\\| ([a-z0-9-]+, )*${stack}(, [a-z]+)* \\|`, 'm'));
});

test('a database that says nothing leaves a snapshot, and so is found', () => {
  const resources = {
    Db: { Type: 'AWS::RDS::DBInstance' },
    Replica: { Type: 'AWS::RDS::DBInstance', Properties: { SourceDBInstanceIdentifier: 'db' } },
    Queue: { Type: 'AWS::SQS::Queue' },
    Kept: { Type: 'AWS::SQS::Queue', DeletionPolicy: 'RetainExceptOnCreate' },
    Gone: { Type: 'AWS::RDS::DBInstance', DeletionPolicy: 'Delete' },
  };
  expect(retainedResources('s', resources).map(({ logicalId, policy }) => `${logicalId} ${policy}`)).toEqual([
    'Db Snapshot',
    'Kept Retain',
  ]);
});
