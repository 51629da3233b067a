import { Stack } from 'aws-cdk-lib';
import { CacheEngine, PlatformNetwork, SharedCache } from '../../../lib';
import { stacksOf } from '../../deploy/apps';
import { readStacks, type StackArtifact } from '../../deploy/assembly';
import { RELEASED, releaseFile } from '../../deploy/keep-release';
import { updateProblems } from '../../deploy/updates';

// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of any shape
type Json = any;

const release = (name: string): StackArtifact[] => readStacks(releaseFile(name));

/** Changes the first resource of a type that fits. */
function change(stacks: readonly StackArtifact[], type: string, by: (resource: Json) => void, fits = (_: Json) => true): void {
  const found = stacks
    .flatMap(({ template }) => Object.values(template.Resources) as Json[])
    .find((resource) => resource.Type === type && fits(resource));
  if (!found) throw new Error(`there is no ${type} to change`);
  by(found);
}

const rules = (before: readonly StackArtifact[], after: readonly StackArtifact[]): string[] => [
  ...new Set(updateProblems(before, after).map(({ rule }) => rule)),
];

describe('an update', () => {
  test.each(RELEASED)('of %s to what it is already loses nothing', (name) => {
    expect(updateProblems(release(name), release(name))).toEqual([]);
  });

  test.each([
    ['AWS::RDS::DBInstance', 'StorageEncrypted', false],
    ['AWS::RDS::DBInstance', 'DBName', 'other'],
    ['AWS::ElastiCache::ReplicationGroup', 'ReplicasPerNodeGroup', 2],
    ['AWS::ElastiCache::ReplicationGroup', 'AtRestEncryptionEnabled', false],
    ['AWS::SecretsManager::Secret', 'Name', 'fixed'],
    ['AWS::Events::EventBus', 'Name', 'fixed'],
  ])('that replaces %s by its %s is found', (type, property, value) => {
    const after = release('prod');
    change(after, type, (resource) => {
      resource.Properties[property] = value;
    });
    expect(rules(release('prod'), after)).toContain('update-loses');
  });

  test('that names the logs of the edge anew, and so leaves the old ones behind, is found', () => {
    const after = release('prod');
    for (const { template } of after) {
      const resources = template.Resources as Record<string, Json>;
      const id = Object.keys(resources).find((key) => resources[key].Type === 'AWS::S3::Bucket');
      if (!id) continue;
      const text = JSON.stringify(resources).replaceAll(`"${id}"`, '"Renamed"');
      Object.assign(template, { Resources: JSON.parse(text) });
    }
    expect(rules(release('prod'), after)).toEqual(['update-loses']);
  });

  test('that replaces a role of a fixed name is found, as its successor would need the name', () => {
    const [before, after] = [release('platform'), release('platform')];
    for (const [stacks, path] of [
      [before, '/a/'],
      [after, '/b/'],
    ] as const) {
      change(stacks, 'AWS::IAM::Role', ({ Properties }) => Object.assign(Properties, { RoleName: 'fixed', Path: path }));
    }
    expect(rules(before, after)).toEqual(['replacement-of-named']);
  });

  test('that takes an export away which another stack imports is found', () => {
    const after = release('prod');
    for (const { template } of after) {
      const outputs = template.Outputs as Record<string, Json>;
      const id = Object.keys(outputs ?? {}).find((key) => outputs[key].Export);
      if (id) delete outputs[id].Export;
    }
    expect(() => updateProblems(release('prod'), after)).toThrow(/imports '.*', which no stack before it exports/);
  });

  test('from Redis OSS to Valkey replaces the group, and nothing that holds a name which its successor needs', () => {
    const withEngine = (engine: CacheEngine) =>
      stacksOf((app) => {
        const stack = new Stack(app, 'shop');
        new SharedCache(stack, 'Shared', { network: new PlatformNetwork(stack, 'Network'), namespace: 'shop', engine });
      });
    const [before, after] = [withEngine(CacheEngine.REDIS_7_1), withEngine(CacheEngine.VALKEY_8_0)];
    expect(rules(before, after)).toEqual(['update-loses']);
    // With the ids that it had before, CloudFormation would make a second user of one id.
    const sameIds = JSON.parse(JSON.stringify(after).replaceAll('"shop-"', '"shop-r"'));
    expect(rules(before, sameIds)).toContain('replacement-of-named');
  });

  test('that only writes a reference otherwise replaces nothing', () => {
    const [before, after] = [release('platform'), release('platform')];
    for (const stacks of [before, after]) {
      change(stacks, 'AWS::IAM::Role', ({ Properties }) => Object.assign(Properties, { RoleName: 'fixed', Path: '/a/' }));
    }
    change(
      after,
      'AWS::IAM::Role',
      ({ Properties }) => Object.assign(Properties, { Path: { 'Fn::Join': ['', ['/', 'a/']] } }),
      ({ Properties }) => Properties.RoleName === 'fixed',
    );
    expect(updateProblems(before, after)).toEqual([]);
  });
});
