import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PlatformNetwork } from '../../lib/network/platform-network';
import { CacheDurability } from '../../lib/shared/cache-durability';
import { CacheEngine } from '../../lib/shared/cache-engine';
import { SharedCache } from '../../lib/shared/shared-cache';

/** Points of `verify:aws` that this case asserts. */
export const points: string[] = [];

export const app = new App();
const stack = new Stack(app, 'cachement-integ-shared');
const network = new PlatformNetwork(stack, 'Network', { removalPolicy: RemovalPolicy.DESTROY });
const small = { network, shards: 1, removalPolicy: RemovalPolicy.DESTROY };
const shared = new SharedCache(stack, 'Shared', { ...small, namespace: 'integ-shared' });
const durable = new SharedCache(stack, 'Durable', {
  ...small,
  namespace: 'integ-durable',
  engine: CacheEngine.VALKEY_9_0,
  nodeType: 'cache.m7g.large',
  durability: CacheDurability.SYNC,
});

const { assertions } = new IntegTest(app, 'Shared', { testCases: [stack] });
const groupIs = (cache: SharedCache, expected: object) =>
  assertions.awsApiCall('ElastiCache', 'describeReplicationGroups', { ReplicationGroupId: cache.replicationGroupId }).expect(
    ExpectedResult.objectLike({
      ReplicationGroups: [{ Status: 'available', ClusterEnabled: true, MultiAZ: 'enabled', ...expected }],
    }),
  );
groupIs(shared, { TransitEncryptionEnabled: true, AtRestEncryptionEnabled: true });
groupIs(durable, { EffectiveDurability: 'sync' });

app.synth();
