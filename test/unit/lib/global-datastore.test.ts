import { Match, Template } from 'aws-cdk-lib/assertions';
import { CacheEngine } from '../../../lib/shared/cache-engine';
import { EvictionPolicy } from '../../../lib/shared/eviction-policy';
import { GlobalDatastore, type GlobalPrimaryAttributes } from '../../../lib/shared/global-datastore';
import { SharedCache, type SharedCacheProps } from '../../../lib/shared/shared-cache';
import { fnIn } from './failure-classes/scenes';
import { newNetwork } from './support';

const GROUP = 'AWS::ElastiCache::ReplicationGroup';
const GLOBAL = 'AWS::ElastiCache::GlobalReplicationGroup';

function member(globalDatastore: GlobalDatastore | undefined, props: Partial<SharedCacheProps> = {}) {
  const { stack, network } = newNetwork();
  const cache = new SharedCache(stack, 'Shared', { network, namespace: 'shop', globalDatastore, ...props });
  return { stack, network, cache, template: () => Template.fromStack(stack) };
}

const LARGE = { nodeType: 'cache.r7g.large' };
const primary = (props: Partial<SharedCacheProps> = {}) => member(GlobalDatastore.primary('shop'), { ...LARGE, ...props });
const secondary = (props: Partial<SharedCacheProps> = {}, of: Partial<GlobalPrimaryAttributes> = {}) =>
  member(GlobalDatastore.secondary({ globalReplicationGroupId: 'ldgnf-shop', ...of }), props);

test('a group becomes the primary of a global datastore, and stays as it is', () => {
  const { cache, stack, template } = primary();
  template().hasResource(GLOBAL, {
    Properties: {
      GlobalReplicationGroupIdSuffix: 'shop',
      Members: [
        {
          ReplicationGroupId: { Ref: stack.getLogicalId(cache.replicationGroup) },
          ReplicationGroupRegion: { Ref: 'AWS::Region' },
          Role: 'PRIMARY',
        },
      ],
    },
    DeletionPolicy: 'RetainExceptOnCreate',
  });
  const [alone, inDatastore] = [member(undefined, LARGE), primary()].map((each) => each.template().findResources(GROUP));
  expect(inDatastore).toEqual(alone);
  expect(stack.resolve(cache.globalReplicationGroupId)).toEqual({
    'Fn::GetAtt': [expect.stringMatching(/^SharedGlobalDatastore/), 'GlobalReplicationGroupId'],
  });
});

test('a secondary says what is its own, and nothing that it takes over from its primary', () => {
  const { cache, template } = secondary({ replicasPerShard: 2 });
  template().hasResourceProperties(GROUP, {
    GlobalReplicationGroupId: 'ldgnf-shop',
    ReplicasPerNodeGroup: 2,
    AutomaticFailoverEnabled: true,
    MultiAZEnabled: true,
    Port: 6380,
    UserGroupIds: Match.anyValue(),
    SecurityGroupIds: Match.anyValue(),
    SnapshotRetentionLimit: 1,
    ...Object.fromEntries(
      [
        'Engine',
        'EngineVersion',
        'CacheNodeType',
        'ClusterMode',
        'NumNodeGroups',
        'CacheParameterGroupName',
        'TransitEncryptionEnabled',
        'TransitEncryptionMode',
        'AtRestEncryptionEnabled',
      ].map((name) => [name, Match.absent()]),
    ),
  });
  template().resourceCountIs('AWS::ElastiCache::ParameterGroup', 0);
  template().resourceCountIs(GLOBAL, 0);
  expect(cache.globalReplicationGroupId).toBe('ldgnf-shop');
});

test('users, nodes and endpoint of a secondary follow from what its primary is like', () => {
  const cluster = secondary({}, { engine: CacheEngine.REDIS_7_1, shards: 2 });
  cluster.template().allResourcesProperties('AWS::ElastiCache::User', { Engine: 'redis' });
  expect(cluster.cache.nodes).toHaveLength(4);
  const single = secondary({}, { clusterMode: false });
  single.template().hasResourceProperties(GROUP, { NumCacheClusters: 2, ReplicasPerNodeGroup: Match.absent() });
  expect(JSON.stringify(single.stack.resolve(single.cache.endpoint))).toContain('PrimaryEndPoint.Address');
});

test('fails when a function is to write to a secondary, which can only be read', () => {
  const { stack, network, cache } = secondary();
  const fn = fnIn(stack, network);
  expect(() => cache.addClient(fn)).toThrow(
    "shared cache: 'globalDatastore' must not be a secondary for function 'Function', which writes entries, leases and fences, got: a secondary, which can only be read; give the region a shared tier of its own",
  );
});

test('a function may be a client of a primary', () => {
  const { stack, network, cache, template } = primary();
  cache.addClient(fnIn(stack, network));
  template().hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ SHARED_ENDPOINT: Match.anyValue() }) },
  });
});

test.each([
  ['engine', { engine: CacheEngine.VALKEY_8_1 }],
  ['nodeType', LARGE],
  ['clusterMode', { clusterMode: true }],
  ['shards', { shards: 3 }],
  ['evictionPolicy', { evictionPolicy: EvictionPolicy.ALLKEYS_LRU }],
  ['reservedMemoryPercent', { reservedMemoryPercent: 25 }],
  ['automaticFailover', { automaticFailover: true }],
  ['multiAz', { multiAz: true }],
] as const)("fails when a secondary is told '%s', which it takes over", (name, props) => {
  expect(() => secondary(props)).toThrow(
    `shared cache: '${name}' must be left out of a secondary, which takes it over from its primary, got: `,
  );
});

test('fails when a secondary has no replica to fail over to', () => {
  expect(() => secondary({ replicasPerShard: 0 })).toThrow(
    "'replicasPerShard' must be at least 1 of a secondary, which fails over as its primary does, got: 0; raise it",
  );
});

test.each([
  [
    { engine: CacheEngine.of('redis', '5.0', 'redis5') },
    "'engine' must be redis 6.0 or newer with 'globalDatastore', got: \"redis 5.0\"",
  ],
  [{ engine: CacheEngine.of('valkey', '7.0', 'valkey7') }, "'engine' must be valkey 7.2 or newer"],
  [{ nodeType: 'cache.m7g.medium' }, "'nodeType' must be of size large or more, of M5, R5 or later"],
  [{ nodeType: 'cache.r4.large' }, "'nodeType' must be of size large or more, of M5, R5 or later"],
  [{ automaticFailover: false, shards: 1 }, "'automaticFailover' must be on with 'globalDatastore', got: false; leave it out"],
  [{ multiAz: false }, "'multiAz' must be on with 'globalDatastore', got: false"],
] as const)('fails when a primary can not be one: %j', (props, message) => {
  expect(() => primary(props)).toThrow(message);
});

test.each([
  'cache.r6gd.xlarge',
  'cache.m5.large',
  'cache.c7gn.16xlarge',
  'cache.r7g.12xlarge',
])('%s may be in one', (nodeType) => {
  expect(() => primary({ nodeType })).not.toThrow();
});

test('fails when names are none that ElastiCache gives or takes', () => {
  for (const suffix of ['Shop', 'a--b', 'shop-', '', 'x'.repeat(35)]) {
    expect(() => GlobalDatastore.primary(suffix)).toThrow(
      `global datastore: 'suffix' must be at most 34 lower case letters, digits and single dashes, a letter first, got: '${suffix}'; rename it`,
    );
  }
  expect(() => secondary({}, { globalReplicationGroupId: 'shop' })).toThrow(
    "global datastore: 'globalReplicationGroupId' must be five letters or digits of ElastiCache's, a dash and the suffix, got: 'shop'; take the primary's",
  );
  expect(() => secondary({}, { shards: 0 })).toThrow("global datastore: 'shards' must be those of the primary, 1 or more");
  expect(() => secondary({}, { shards: 2, clusterMode: false })).toThrow('and 1 without cluster mode, got: 2');
  expect(() => secondary({}, { engine: CacheEngine.of('valkey', '7.0', 'valkey7') })).toThrow("'engine' must be valkey 7.2");
});

test('fails when a secondary is to scale by itself', () => {
  expect(() => secondary().cache.autoscaleReplicas({ min: 1, max: 2 })).toThrow(
    "'autoscaleReplicas' can't be with 'globalDatastore', whose members scale together, got: \"a secondary\"; leave one of them out",
  );
});
