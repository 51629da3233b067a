import { Match, Template } from 'aws-cdk-lib/assertions';
import { CacheDurability } from '../../../lib/shared/cache-durability';
import { CacheEngine } from '../../../lib/shared/cache-engine';
import { GlobalDatastore } from '../../../lib/shared/global-datastore';
import { SharedCache, type SharedCacheProps } from '../../../lib/shared/shared-cache';
import { newNetwork } from './support';

const DURABLE = {
  engine: CacheEngine.VALKEY_9_0,
  nodeType: 'cache.r7g.large',
  durability: CacheDurability.SYNC,
} satisfies Partial<SharedCacheProps>;

function shared(props: Partial<SharedCacheProps>): Template {
  const { stack, network } = newNetwork();
  new SharedCache(stack, 'Shared', { network, namespace: 'shop-dev', ...props });
  return Template.fromStack(stack);
}

test.each([
  [CacheDurability.SYNC, CacheEngine.VALKEY_9_0, 'sync'],
  [CacheDurability.ASYNC, CacheEngine.VALKEY_9_1, 'async'],
  [CacheDurability.ASYNC, CacheEngine.of('valkey', '10.0', 'valkey10'), 'async'],
] as const)('durability %# is that of the group, with what it needs', (durability, engine, value) => {
  shared({ ...DURABLE, engine, durability }).hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    Durability: value,
    EngineVersion: engine.version,
    ClusterMode: 'enabled',
    MultiAZEnabled: true,
    ReplicasPerNodeGroup: 1,
    TransitEncryptionEnabled: true,
    AtRestEncryptionEnabled: true,
  });
});

test('a group of any engine is without it by default', () => {
  for (const engine of [CacheEngine.VALKEY_8_0, CacheEngine.VALKEY_9_0]) {
    shared({ engine }).hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { Durability: Match.absent() });
  }
});

test('durability that is off asks nothing of nodes and replicas', () => {
  const template = shared({
    engine: CacheEngine.VALKEY_9_0,
    durability: CacheDurability.DISABLED,
    clusterMode: false,
    automaticFailover: false,
    replicasPerShard: 0,
  });
  template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
    Durability: 'disabled',
    CacheNodeType: 'cache.t4g.small',
  });
});

test.each<[Partial<SharedCacheProps>, string]>([
  [{ engine: CacheEngine.VALKEY_8_2 }, "'engine' must be valkey 9.0 or newer with 'durability: sync', got: \"valkey 8.2\""],
  [{ engine: CacheEngine.REDIS_7_1 }, "'engine' must be valkey 9.0 or newer with 'durability: sync', got: \"redis 7.1\""],
  [
    { engine: CacheEngine.VALKEY_8_0, durability: CacheDurability.DISABLED },
    "'engine' must be valkey 9.0 or newer with 'durability: disabled'",
  ],
  [{ clusterMode: false }, "'clusterMode' must be on with 'durability: sync', got: false"],
  [{ shards: 1, automaticFailover: false, replicasPerShard: 0 }, "'replicasPerShard' must be at least 1"],
  [{ multiAz: false }, "'multiAz' must be on with 'durability: sync', got: false"],
  [{ nodeType: 'cache.t4g.small' }, "'nodeType' must be of R7g, R6g, M7g, M6g or C7gn with 'durability: sync'"],
  // Data tiering, which these nodes can't be without.
  [{ nodeType: 'cache.r6gd.xlarge' }, "'nodeType' must be of R7g"],
  [{ globalDatastore: GlobalDatastore.primary('shop') }, "'globalDatastore' can't be with 'durability: sync', got: \"shop\""],
])('fails when ElastiCache would refuse it: %#', (props, message) => {
  expect(() => shared({ ...DURABLE, ...props })).toThrow(message);
});
