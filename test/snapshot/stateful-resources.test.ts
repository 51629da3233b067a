import { App } from 'aws-cdk-lib';
import cdkJson from '../../cdk.json';
import { places } from '../../examples/places';
import { addCachement } from '../../lib/stacks/app';
import { stageConfig } from '../../lib/stacks/stage';
import { STATEFUL } from '../replacements/stateful';
import { SynthesizedStage } from './synthesized';

/**
 * Another logical id is another resource: CloudFormation would make a new one and delete this one, with what is in it. Ids follow
 * from the ids of constructs, which are therefore part of the API.
 */
const LOGICAL_IDS = [
  'api/GatewayApi4EDF2151',
  'bus/PurgesBus9A96130F',
  'database/DatabaseKeeperSecretA23DC2F4',
  'database/DatabaseOwnerSecret7C6B5709',
  'database/DatabasePrimaryEDE0B3D0',
  'database/DatabaseReaderSecretE0C0B0A4',
  'database/DatabaseReplica1ED560A1F',
  'database/DatabaseReplica2035311FF',
  'database/DatabaseWriterSecretC8C5DB50',
  'edge/EdgeDistribution0060737B',
  'edge/EdgeLogsA4EA23EB',
  'network/Key9BCD29C7',
  'shared/SharedReplicationGroupA7F92104',
  'shared/SharedSecret8523A111',
];

/** Resource of prod alone: the key that encrypts the log of the edge's web ACL. */
const ONLY_IN_PROD = ['us-east-1/Key9BCD29C7'];

const prod = new SynthesizedStage('prod');
const dev = new SynthesizedStage('dev');
const idsOf = (stage: SynthesizedStage) => STATEFUL.flatMap((type) => [...stage.resources(type).keys()]).sort();

test('stateful resources keep their logical ids', () => {
  expect(idsOf(prod)).toEqual([...LOGICAL_IDS, ...ONLY_IN_PROD]);
});

test('their logical ids are the same in every stage', () => {
  const replicas = /Replica\d/;
  for (const stage of [new SynthesizedStage('local'), dev]) {
    expect(idsOf(stage).filter((id) => !replicas.test(id))).toEqual(LOGICAL_IDS.filter((id) => !replicas.test(id)));
  }
});

test('prod keeps its data when a stack goes, and dev leaves nothing', () => {
  const policies = (stage: SynthesizedStage) =>
    new Set(
      [
        'AWS::RDS::DBInstance',
        'AWS::ElastiCache::ReplicationGroup',
        'AWS::SecretsManager::Secret',
        'AWS::Logs::LogGroup',
        'AWS::KMS::Key',
        'AWS::S3::Bucket',
      ].flatMap((type) =>
        [...stage.resources(type).values()].flatMap((resource) => [resource.DeletionPolicy, resource.UpdateReplacePolicy]),
      ),
    );
  expect(policies(prod)).toEqual(new Set(['RetainExceptOnCreate', 'Retain']));
  expect(policies(dev)).toEqual(new Set(['Delete']));
});

test('the stacks of prod can not be deleted by accident once the stage is protected, which a first deployment must not be', () => {
  for (const stack of prod.stacks.values()) expect(stack.terminationProtection).toBe(false);
  const app = new App({ context: cdkJson.context, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stacks = addCachement(app, { ...places, config: { ...stageConfig('prod'), protected: true } });
  for (const stack of stacks) expect(stack.terminationProtection).toBe(true);
});

test('stateful resources are referred to by exports, so that none is replaced while another stack uses it', () => {
  for (const part of ['api', 'edge', 'purge', 'operations']) {
    const text = JSON.stringify(prod.template(part).toJSON());
    const weak = [...text.matchAll(/"OutputName":"PublishOutput(\w+)"/g)].map((match) => match[1] as string);
    expect(
      weak.filter((name) => /Primary|Replica|Secret(?!s)|ReplicationGroup|Distribution|RefGatewayApi4|PurgesBus/.test(name)),
    ).toEqual([]);
  }
});

test('the number of shards changes without a replacement', () => {
  for (const group of prod.resources('AWS::ElastiCache::ReplicationGroup').values()) {
    expect(group.UpdatePolicy).toEqual({ UseOnlineResharding: true });
  }
});
