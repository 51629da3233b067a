import { replacements, type Template } from '../../replacements/compare';

const GROUP = 'AWS::ElastiCache::ReplicationGroup';
const FIX = '; take the change back, or move what it holds first (docs/how-to/roll-back-and-restore.md)';
const one = (resources: Template, outputs: Template = {}) =>
  new Map([['app-shared', { Resources: resources, Outputs: outputs }]]);
const group = (properties: Template, policy = true) => ({
  Type: GROUP,
  Properties: { ReplicationGroupDescription: 'x', ...properties },
  ...(policy && { UpdatePolicy: { UseOnlineResharding: true } }),
});

test('a change that is made in place passes', () => {
  const change = (description: string) => one({ Group: group({ ReplicationGroupDescription: description }) });
  expect(replacements(change('a'), change('b'))).toEqual([]);
});

test('fails when the number of replicas changes, which replaces the group', () => {
  const change = (replicas: number) => one({ Group: group({ ReplicasPerNodeGroup: replicas }) });
  expect(replacements(change(1), change(2))).toEqual([
    `app-shared/Group (${GROUP}) is replaced: ReplicasPerNodeGroup 1 -> 2${FIX}`,
  ]);
});

test('the number of shards may change only where they are changed online', () => {
  const change = (shards: number, policy: boolean) => one({ Group: group({ NumNodeGroups: shards }, policy) });
  expect(replacements(change(3, true), change(4, true))).toEqual([]);
  expect(replacements(change(3, false), change(4, false))).toEqual([
    `app-shared/Group (${GROUP}) may be replaced: NumNodeGroups 3 -> 4${FIX}`,
  ]);
});

test('fails when a logical id changes, and names who must be deployed after', () => {
  const outputs = { Endpoint: { Value: { 'Fn::GetAtt': ['Group', 'Address'] }, Export: { Name: 'app-shared:Endpoint' } } };
  const user = {
    Resources: { Fn: { Type: 'AWS::Lambda::Function', Properties: { X: { 'Fn::ImportValue': 'app-shared:Endpoint' } } } },
  };
  const base = new Map<string, Template>([...one({ Group: group({}) }, outputs), ['app-api', user]]);
  expect(replacements(base, one({ Renamed: group({}) }, outputs))).toEqual([
    `app-shared/Group (${GROUP}) is destroyed; deploy after it: app-api${FIX}`,
  ]);
});

test('fails when an export goes that another stack imports', () => {
  const outputs = { Endpoint: { Value: 'x', Export: { Name: 'app-shared:Endpoint' } } };
  const user = {
    Resources: { Fn: { Type: 'AWS::Lambda::Function', Properties: { X: { 'Fn::ImportValue': 'app-shared:Endpoint' } } } },
  };
  const base = new Map<string, Template>([...one({}, outputs), ['app-api', user]]);
  expect(replacements(base, new Map<string, Template>([...one({}), ['app-api', user]]))).toEqual([
    'app-shared no longer exports app-shared:Endpoint, which app-api imports; deploy that first, then take the export away',
  ]);
});

test('fails when a stack goes with what is in it', () => {
  expect(replacements(one({ Group: group({}) }), new Map())).toEqual([`app-shared/Group is gone with its stack${FIX}`]);
});
