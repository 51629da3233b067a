import * as path from 'node:path';
import { readStacks, type StackArtifact } from '../../deploy/assembly';
import { deploymentProblems, neighbourProblems } from '../../deploy/deployment';
import { playTwoRegions } from '../../deploy/play';
import type { Problem } from '../../deploy/problem';

/** Templates as they were before the faults that these tests name were mended. */
const faulty = (name: string): StackArtifact[] => readStacks(path.resolve(__dirname, `../../deploy/faulty/${name}.json.gz`));

const found = new Map<string, Problem[]>();

function problemsOf(name: string): Problem[] {
  const known = found.get(name) ?? deploymentProblems(faulty(name));
  found.set(name, known);
  return known;
}

const about = (problems: readonly Problem[], rule: string): Problem[] => problems.filter((problem) => problem.rule === rule);

describe('a deployment that AWS would refuse is found', () => {
  test.each(['prod', 'dev', 'platform', 'tiered-nodes'])('%s: a user of Valkey without a password', (name) => {
    expect(about(problemsOf(name), 'valkey-user-without-password')).toHaveLength(1);
  });

  test('the alarms of prod, none of which may publish', () => {
    const denied = about(problemsOf('prod'), 'delivery-denied');
    expect(denied).toHaveLength(69);
    expect(denied[0]?.text).toContain("doesn't let cloudwatch.amazonaws.com do sns:Publish");
  });

  test('methods that nobody declared, beside one that IAM authorizes', () => {
    expect(about(problemsOf('platform'), 'method-declared').map(({ address }) => address)).toEqual([
      expect.stringContaining('ANY'),
    ]);
    expect(about(problemsOf('prod'), 'method-declared').length).toBeGreaterThan(1);
  });

  test('stacks that are protected before they are there, so that their second try fails', () => {
    expect(about(problemsOf('prod'), 'termination-protection-first')).toHaveLength(9);
  });

  test('what stays and costs after a failed create', () => {
    const left = about(problemsOf('platform'), 'left-after-failed-create').map(({ text }) => text.split(' ')[0]);
    expect(new Set(left)).toEqual(
      new Set(['AWS::SecretsManager::Secret', 'AWS::KMS::Key', 'AWS::RDS::DBInstance', 'AWS::ElastiCache::ReplicationGroup']),
    );
  });

  test('a log group of a fixed name that its own second try meets', () => {
    expect(about(problemsOf('prod'), 'name-left-behind').map(({ address }) => address)).toEqual([
      'cachement-prod-api/FirewallLog4D407857',
      'cachement-prod-us-east-1/FirewallLog4D407857',
    ]);
  });

  test('groups that data which is kept still uses when the rest is destroyed', () => {
    const kinds = new Set(about(problemsOf('prod'), 'delete-blocked').map(({ text }) => text.split(' ')[1]));
    for (const kind of [
      'AWS::ElastiCache::UserGroup',
      'AWS::RDS::DBParameterGroup',
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::Subnet',
    ])
      expect(kinds).toContain(kind);
  });

  test("the account's role, which goes with the stage that was deployed last", () => {
    const lost = about(neighbourProblems(faulty('prod'), faulty('dev')), 'account-setting-lost');
    expect(lost.map(({ text }) => text.split(':')[0])).toEqual(['delete', 'failed create']);
  });

  test('more cache policies than an account has, and more patches than one call takes', () => {
    const texts = problemsOf('many-routes').map(({ text }) => text);
    expect(texts).toContainEqual(expect.stringContaining('40 cache policies of an account are needed'));
    expect(texts).toContainEqual(expect.stringContaining('82 patch operations'));
  });

  test('a custom resource whose function loses its endpoints before it has answered', () => {
    const needed = about(problemsOf('platform-destroy'), 'custom-resource-answer').map(({ text }) => text);
    expect(needed).toContainEqual(expect.stringContaining('AWS::EC2::VPCEndpoint'));
  });

  test('replicas that do not carry the version of their primary', () => {
    expect(about(problemsOf('prod'), 'replica-follows-primary-version')).toHaveLength(2);
  });

  test('a monitor that only a management account may have', () => {
    expect(about(problemsOf('platform'), 'anomaly-monitor-of-tag')).toHaveLength(1);
    expect(about(problemsOf('platform-destroy'), 'anomaly-monitor-of-tag')).toEqual([]);
  });

  test('what finds its network in another stack by a reference that plans replacement', () => {
    const kinds = about(problemsOf('prod'), 'weak-reference-replaces').map(({ text }) => text.split("'")[1]);
    expect(new Set(kinds)).toContain('AWS::EC2::SecurityGroup.VpcId');
    expect(new Set(kinds)).toContain('AWS::EC2::SecurityGroupIngress.GroupId');
  });

  test('nodes that need data tiering', () => {
    expect(about(problemsOf('tiered-nodes'), 'data-tiering-of-r6gd')).toHaveLength(1);
  });

  test('names of an account that one app takes in two regions', () => {
    const taken = about(playTwoRegions(faulty('platform')), 'name-taken');
    expect(taken.map(({ text }) => text)).toContainEqual(expect.stringContaining('deploy to eu-west-1'));
  });
});
