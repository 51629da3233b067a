import { Match, Template } from 'aws-cdk-lib/assertions';
import { CacheEngine } from '../../../lib/shared/cache-engine';
import { SharedCache, type SharedCacheProps } from '../../../lib/shared/shared-cache';
import { newNetwork } from './support';

function shared(props: Partial<SharedCacheProps> = {}): Template {
  const { stack, network } = newNetwork();
  new SharedCache(stack, 'Shared', { network, namespace: 'shop-dev', ...props });
  return Template.fromStack(stack);
}

test('is a cluster with replicas, failover and TLS', () => {
  shared().hasResource('AWS::ElastiCache::ReplicationGroup', {
    Properties: {
      ClusterMode: 'enabled',
      NumNodeGroups: 3,
      ReplicasPerNodeGroup: 1,
      AutomaticFailoverEnabled: true,
      MultiAZEnabled: true,
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: 'required',
      AtRestEncryptionEnabled: true,
      Port: 6380,
    },
    UpdatePolicy: { UseOnlineResharding: true },
    DeletionPolicy: 'RetainExceptOnCreate',
  });
});

test.each([
  ['redis', CacheEngine.REDIS_7_1, '7.1', 'redis7'],
  ['valkey', CacheEngine.VALKEY_7_2, '7.2', 'valkey7'],
  ['valkey', CacheEngine.VALKEY_8_1, '8.1', 'valkey8'],
  ['valkey', CacheEngine.VALKEY_9_0, '9.0', 'valkey9'],
] as const)('engine %s has group, users and parameters of the same kind (%#)', (type, engine, version, family) => {
  const template = shared({ engine });
  template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { Engine: type, EngineVersion: version });
  template.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
    CacheParameterGroupFamily: family,
    Properties: { 'cluster-enabled': 'yes', 'maxmemory-policy': 'allkeys-lru' },
  });
  template.allResourcesProperties('AWS::ElastiCache::User', { Engine: type });
  template.allResourcesProperties('AWS::ElastiCache::UserGroup', { Engine: type });
});

test('a group of Redis OSS has a disabled default user, and one of Valkey none, whose users must have a password', () => {
  shared({ engine: CacheEngine.REDIS_7_1 }).hasResourceProperties('AWS::ElastiCache::User', {
    UserName: 'default',
    AccessString: 'off -@all',
  });
  const template = shared();
  template.resourceCountIs('AWS::ElastiCache::User', 1);
  template.hasResourceProperties('AWS::ElastiCache::User', { AuthenticationMode: { Type: 'password' } });
});

test('the client signs in by a name that is new with each stack, and a password that is not in the template', () => {
  shared().hasResourceProperties('AWS::ElastiCache::User', {
    UserId: { 'Fn::Join': ['', ['shop-dev-', Match.objectLike({ 'Fn::Select': [0, Match.anyValue()] })]] },
    AuthenticationMode: {
      Type: 'password',
      Passwords: [{ 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('^\\{\\{resolve:secretsmanager:$')])] }],
    },
  });
});

test('the client may not look at all keys or change the server', () => {
  shared().hasResourceProperties('AWS::ElastiCache::User', {
    AccessString: Match.stringLikeRegexp('^on ~\\* &\\* \\+@all -@admin -@dangerous '),
  });
});

test('fails when there is no replica to fail over to', () => {
  expect(() => shared({ replicasPerShard: 0 })).toThrow(
    "shared cache: 'automaticFailover' needs a replica to fail over to, got: true; set 'replicasPerShard' to at least 1",
  );
});

test('fails when a cluster of more than one shard is to be without failover', () => {
  expect(() => shared({ automaticFailover: false })).toThrow(
    "'automaticFailover' must be on in cluster mode with 3 shards, got: false",
  );
  expect(() => shared({ automaticFailover: false, shards: 1, replicasPerShard: 0 })).not.toThrow();
});

test.each([
  [{ replicasPerShard: 6 }, "'replicasPerShard' must be 0 to 5, got: 6"],
  [{ shards: 0 }, "'shards' must be 1 to 500, got: 0"],
  [{ nodeType: 't4g.small' }, "'nodeType' must be a node type such as 'cache.r7g.large', got: \"t4g.small\""],
  [{ nodeType: 'cache.t4g.banana' }, 'must be a node type'],
  [{ snapshotRetentionDays: 36 }, "'snapshotRetentionDays' must be 0 to 35, got: 36"],
  [{ namespace: 'Shop' }, "'namespace' must be at most 30 lower case letters, digits and single dashes"],
  [{ namespace: 'a--b' }, "'namespace' must be"],
  [{ namespace: 'shop-' }, "'namespace' must be"],
  [{ namespace: 'x'.repeat(31) }, "'namespace' must be"],
] as const)('fails when a property is out of its limits: %j', (props, message) => {
  expect(() => shared(props)).toThrow(message);
});
