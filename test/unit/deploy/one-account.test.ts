import type { App } from 'aws-cdk-lib';
import { APPS, stacksOf } from '../../deploy/apps';
import type { Json, StackArtifact } from '../../deploy/assembly';
import { neighbourProblems } from '../../deploy/deployment';
import { playDeploy, playTwoRegions } from '../../deploy/play';
import { presets } from '../../policies/presets';

const apps: Readonly<Record<string, ((app: App) => void) | undefined>> = {
  ...APPS,
  dev: presets(false).dev?.addTo,
  prod: presets(false).prod?.addTo,
};
const synthesized = new Map<string, StackArtifact[]>();

/** Stacks of an app, as copies that a test may change. */
function stacks(name: string): StackArtifact[] {
  const known = synthesized.get(name) ?? stacksOf(apps[name] as (app: App) => void);
  synthesized.set(name, known);
  return structuredClone(known);
}

const resources = (all: readonly StackArtifact[], type: string): Json[] =>
  all.flatMap(({ template }) => Object.values(template.Resources).filter(({ Type }) => Type === type));

const rules = (problems: readonly { readonly rule: string }[]): string[] => [...new Set(problems.map(({ rule }) => rule))];

describe('in one account', () => {
  test.each([
    'two platforms in two stacks',
    'two platforms in one stack',
    'dev',
    'prod',
  ])('%s take one name in two regions', (name) => {
    expect(playTwoRegions(stacks(name))).toEqual([]);
  });

  test.each(['two platforms in two stacks', 'one stack in two regions'])('of %s one goes, and the other is whole', (name) => {
    const [first, second] = stacks(name) as [StackArtifact, StackArtifact];
    expect(neighbourProblems([first], [second])).toEqual([]);
  });

  test('dev goes, and prod is whole', () => {
    expect(neighbourProblems(stacks('prod'), stacks('dev'))).toEqual([]);
  });

  test('two platforms of a stack have a role for their logs, and a name for the metrics of each API', () => {
    const both = stacks('two platforms in one stack');
    expect(resources(both, 'AWS::ApiGateway::Account')).toHaveLength(1);
    const names = resources(both, 'AWS::ApiGateway::RestApi').map(({ Properties }) => Properties.Name);
    expect(names[0]).toBe('shop');
    expect(new Set(names).size).toBe(2);
  });
});

describe('what two platforms take from each other is found', () => {
  test('a role that goes with a create that fails, though the account is set to it', () => {
    const [first, second] = stacks('two platforms in two stacks') as [StackArtifact, StackArtifact];
    for (const role of resources([second], 'AWS::IAM::Role')) role.DeletionPolicy = 'RetainExceptOnCreate';
    expect(neighbourProblems([first], [second]).map(({ text }) => text.split(':')[0])).toEqual(['failed create']);
  });

  test('a role that goes with its stack', () => {
    const [first, second] = stacks('two platforms in two stacks') as [StackArtifact, StackArtifact];
    for (const role of resources([second], 'AWS::IAM::Role')) role.DeletionPolicy = 'Delete';
    expect(rules(neighbourProblems([first], [second]))).toEqual(['account-setting-lost']);
  });

  test.each([
    ['AWS::Logs::LogGroup', 'LogGroupName'],
    ['AWS::SecretsManager::Secret', 'Name'],
    ['AWS::CloudWatch::Dashboard', 'DashboardName'],
    ['AWS::SNS::Topic', 'TopicName'],
    ['AWS::IAM::Role', 'RoleName'],
    ['AWS::ElastiCache::UserGroup', 'UserGroupId'],
    ['AWS::CloudFront::Function', 'Name'],
  ])('a fixed name of %s', (type, property) => {
    const [first, second] = stacks('two platforms in two stacks') as [StackArtifact, StackArtifact];
    for (const stack of [first, second]) {
      const [one] = resources([stack], type);
      if (!one) {
        (stack.template.Resources as Record<string, Json>).Fixed = { Type: type, Properties: { [property]: 'fixed' } };
      } else {
        one.Properties ??= {};
        one.Properties[property] = 'fixed';
      }
    }
    expect(rules(neighbourProblems([first], [second]))).toContain('name-taken');
  });

  test('a name of an account that holds no region', () => {
    const both = stacks('one stack in two regions');
    for (const { Properties } of resources(both, 'AWS::CloudFront::OriginRequestPolicy')) {
      Properties.OriginRequestPolicyConfig.Name = 'fixed';
    }
    expect(rules(playDeploy(both))).toContain('name-taken');
  });

  test('two APIs of a stack whose metrics would be added up', () => {
    const both = stacks('two platforms in one stack');
    for (const { Properties } of resources(both, 'AWS::ApiGateway::RestApi')) Properties.Name = 'shop';
    expect(rules(playDeploy(both))).toContain('name-taken');
  });
});
