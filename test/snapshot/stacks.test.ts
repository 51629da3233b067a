import { SynthesizedStage, withoutAssetHashes } from './synthesized';

const STAGES = ['local', 'dev', 'prod'];

/** Dependencies that each stack may have; any other would be a cycle, or could become one. */
const EVERYWHERE: Record<string, string[]> = {
  network: [],
  bus: [],
  database: ['network'],
  shared: ['network'],
  api: ['network', 'database', 'shared', 'bus'],
  edge: ['api'],
  purge: ['network', 'database', 'shared', 'bus', 'api', 'edge'],
  operations: ['network', 'database', 'shared', 'bus', 'api', 'edge', 'purge'],
};

/** The rules of the edge are in a region of their own. */
const dependenciesOf = (name: string): Record<string, string[]> =>
  name === 'prod' ? { ...EVERYWHERE, 'us-east-1': [], edge: ['api', 'us-east-1'] } : EVERYWHERE;

describe.each(STAGES)('stage %s', (name) => {
  const stage = new SynthesizedStage(name);
  const dependencies = dependenciesOf(name);

  test.each(Object.keys(dependencies))('stack %s is as it was', (part) => {
    expect(withoutAssetHashes(stage.template(part).toJSON())).toMatchSnapshot();
  });

  test('has no stack but these, and each needs only what comes before it', () => {
    const needed = Object.fromEntries(
      [...stage.stacks].map(([part, stack]) => [
        part,
        stack.dependencies.map((other) => other.stackName.replace(`cachement-${name}-`, '')).sort(),
      ]),
    );
    expect(needed).toEqual(Object.fromEntries(Object.entries(dependencies).map(([part, others]) => [part, [...others].sort()])));
  });

  test('stays within what a stack may have', () => {
    for (const part of stage.parts) {
      const template = stage.template(part).toJSON();
      expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(400);
      expect(JSON.stringify(template).length).toBeLessThanOrEqual(800_000);
    }
  });
});

test('rules of the edge are before the edge of prod, whatever account and region it is deployed to', () => {
  const prod = new SynthesizedStage('prod');
  prod.template('us-east-1').hasResourceProperties('AWS::WAFv2::WebACL', { Scope: 'CLOUDFRONT' });
  expect(prod.template('us-east-1').toJSON().Outputs).toHaveProperty('WebAclArn');
  const webAcl = { StackName: 'cachement-prod-us-east-1', OutputName: 'WebAclArn', Region: 'us-east-1' };
  prod.template('edge').hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: { WebACLId: { 'Fn::GetStackOutput': webAcl } },
  });
  expect(prod.stacks.get('us-east-1')?.region).toBe('us-east-1');
});

test('a template is the same when it is made again', () => {
  const [first, second] = [new SynthesizedStage('prod'), new SynthesizedStage('prod')];
  for (const part of first.parts) expect(second.template(part).toJSON()).toEqual(first.template(part).toJSON());
});

test('a snapshot does not change with the hash of an asset', () => {
  const template = (hash: string) => ({ Code: { S3Key: `${hash}.zip` }, Other: 'abc' });
  expect(withoutAssetHashes(template('0'.repeat(64)))).toEqual(withoutAssetHashes(template('f'.repeat(64))));
  expect(withoutAssetHashes(template('0'.repeat(64)))).toEqual({ Code: { S3Key: '<ASSET_HASH>.zip' }, Other: 'abc' });
});

test('two stages in one account share no name', () => {
  const names = (name: string) =>
    [...new SynthesizedStage(name).resources().values()].flatMap(({ Type, Properties = {} }) =>
      ['Name', 'UserId', 'UserGroupId', 'EventBusName', 'FunctionName', 'QueueName']
        .filter((property) => typeof Properties[property] === 'string')
        .map((property) => `${Type} ${Properties[property]}`),
    );
  const prod = new Set(names('prod'));
  expect(prod.size).toBeGreaterThan(0);
  expect(names('dev').filter((name) => prod.has(name))).toEqual([]);
});
