import { RemovalPolicy, Size, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import {
  CacheEngine,
  MultiAzDatabaseCluster,
  type MultiAzDatabaseClusterProps,
  PlatformNetwork,
  ReplicatedDatabase,
  type ReplicatedDatabaseProps,
  ServerlessSharedCache,
  type ServerlessSharedCacheProps,
  SharedCache,
  type SharedCacheProps,
} from '../../../lib';
import { newStack } from './support';

const networkIn = (stack: Stack) =>
  new PlatformNetwork(stack, 'Network', { availabilityZones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'] });
const template = (make: (stack: Stack, network: PlatformNetwork) => void): Template => {
  const stack = newStack();
  make(stack, networkIn(stack));
  return Template.fromStack(stack);
};
const database = (props: Partial<ReplicatedDatabaseProps>) =>
  template((stack, network) => new ReplicatedDatabase(stack, 'Database', { network, ...props }));
const cluster = (props: Partial<MultiAzDatabaseClusterProps>) =>
  template((stack, network) => new MultiAzDatabaseCluster(stack, 'Database', { network, ...props }));
const shared = (props: Partial<SharedCacheProps>) =>
  template((stack, network) => new SharedCache(stack, 'Shared', { network, namespace: 'shop', ...props }));
const serverless = (props: Partial<ServerlessSharedCacheProps>) =>
  template((stack, network) => new ServerlessSharedCache(stack, 'Shared', { network, namespace: 'shop', ...props }));

const policiesOf = (made: Template, type: string) =>
  Object.values(made.findResources(type)).map(({ DeletionPolicy, UpdateReplacePolicy }) => [DeletionPolicy, UpdateReplacePolicy]);

describe('a removal policy that takes a snapshot', () => {
  const removalPolicy = RemovalPolicy.SNAPSHOT;
  const kept = ['RetainExceptOnCreate', 'Retain'];

  test('takes one of the primary, none of its replicas, and keeps the secrets that open it', () => {
    const made = database({ removalPolicy });
    expect(policiesOf(made, 'AWS::RDS::DBInstance')).toEqual([
      ['Snapshot', 'Snapshot'],
      ['Delete', 'Delete'],
    ]);
    expect(policiesOf(made, 'AWS::SecretsManager::Secret')).toEqual([kept, kept, kept, kept]);
    expect(policiesOf(made, 'AWS::RDS::DBSubnetGroup')).toEqual([['Delete', 'Delete']]);
  });

  test('takes one of a cluster, and of a replication group', () => {
    expect(policiesOf(cluster({ removalPolicy }), 'AWS::RDS::DBCluster')).toEqual([['Snapshot', 'Snapshot']]);
    const made = shared({ removalPolicy });
    expect(policiesOf(made, 'AWS::ElastiCache::ReplicationGroup')).toEqual([['Snapshot', 'Snapshot']]);
    expect(policiesOf(made, 'AWS::SecretsManager::Secret')).toEqual([kept]);
  });

  test('is refused of a serverless cache, which CloudFormation takes none of', () => {
    expect(() => serverless({ removalPolicy })).toThrow(
      "serverless shared cache: 'removalPolicy' must be RETAIN or DESTROY, since CloudFormation takes no final snapshot of one",
    );
  });
});

describe('data is made from a snapshot', () => {
  test('a primary, which says nothing that comes from it, and sets its own password', () => {
    const made = database({ snapshotIdentifier: 'shop-2026' });
    const [primary] = Object.values(made.findResources('AWS::RDS::DBInstance'));
    expect(primary?.Properties).toMatchObject({ DBSnapshotIdentifier: 'shop-2026', MasterUserPassword: expect.anything() });
    for (const name of ['MasterUsername', 'DBName', 'StorageEncrypted', 'KmsKeyId'])
      expect(primary?.Properties).not.toHaveProperty(name);
  });

  test('a cluster', () => {
    const [made] = Object.values(cluster({ snapshotIdentifier: 'shop-2026' }).findResources('AWS::RDS::DBCluster'));
    expect(made?.Properties).toMatchObject({ SnapshotIdentifier: 'shop-2026' });
    for (const name of ['MasterUsername', 'DatabaseName', 'StorageEncrypted']) expect(made?.Properties).not.toHaveProperty(name);
  });

  test('a replication group, and a serverless cache', () => {
    shared({ snapshotName: 'shop-2026' }).hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      SnapshotName: 'shop-2026',
    });
    const snapshotArn = 'arn:aws:elasticache:eu-central-1:111111111111:serverlesscachesnapshot:shop';
    serverless({ snapshotArn }).hasResourceProperties('AWS::ElastiCache::ServerlessCache', {
      SnapshotArnsToRestore: [snapshotArn],
    });
  });

  test('but not with another key than the one of the snapshot', () => {
    const both = (stack: Stack, network: PlatformNetwork) =>
      new ReplicatedDatabase(stack, 'Database', { network, snapshotIdentifier: 'a', encryptionKey: new kms.Key(stack, 'Key') });
    expect(() => template(both)).toThrow(
      /'encryptionKey' must be left out with 'snapshotIdentifier'.*copy the snapshot with that key/,
    );
  });
});

test('disks have a key of their own, and grow', () => {
  const made = template(
    (stack, network) =>
      new ReplicatedDatabase(stack, 'Database', {
        network,
        encryptionKey: new kms.Key(stack, 'Key'),
        maxAllocatedStorage: Size.gibibytes(100),
      }),
  );
  made.hasResourceProperties('AWS::RDS::DBInstance', {
    KmsKeyId: Match.anyValue(),
    MaxAllocatedStorage: 100,
    AllocatedStorage: '20',
  });
  made.hasResourceProperties('AWS::RDS::DBInstance', {
    SourceDBInstanceIdentifier: Match.anyValue(),
    MaxAllocatedStorage: 100,
    KmsKeyId: Match.absent(),
  });
  template(
    (stack, network) => new MultiAzDatabaseCluster(stack, 'Database', { network, encryptionKey: new kms.Key(stack, 'Key') }),
  ).hasResourceProperties('AWS::RDS::DBCluster', { KmsKeyId: Match.anyValue() });
  expect(() => database({ maxAllocatedStorage: Size.gibibytes(21) })).toThrow(
    "replicated database: 'maxAllocatedStorage' must be a tenth more than 'allocatedStorage' (20 GiB), got: 21; raise it",
  );
});

describe('windows', () => {
  const windows = { backupWindow: '01:00-02:00', maintenanceWindow: 'sun:03:00-sun:04:00' };

  test('of a database, its replicas and a cluster are those that are given', () => {
    const made = database(windows);
    made.resourcePropertiesCountIs('AWS::RDS::DBInstance', { PreferredMaintenanceWindow: 'sun:03:00-sun:04:00' }, 2);
    made.hasResourceProperties('AWS::RDS::DBInstance', { PreferredBackupWindow: '01:00-02:00' });
    cluster(windows).hasResourceProperties('AWS::RDS::DBCluster', {
      PreferredMaintenanceWindow: 'sun:03:00-sun:04:00',
      PreferredBackupWindow: '01:00-02:00',
    });
  });

  test('of a shared tier too', () => {
    shared({ snapshotWindow: '23:30-00:30', maintenanceWindow: 'sat:22:00-sat:23:30' }).hasResourceProperties(
      'AWS::ElastiCache::ReplicationGroup',
      { SnapshotWindow: '23:30-00:30', PreferredMaintenanceWindow: 'sat:22:00-sat:23:30' },
    );
  });

  test.each([
    [{ ...windows, maintenanceWindow: 'sunday 3:00' }, /'maintenanceWindow' must be such as 'sun:04:30-sun:05:30', in UTC/],
    [{ ...windows, backupWindow: '25:00-26:00' }, /'backupWindow' must be such as '03:00-04:00', in UTC/],
    [{ ...windows, backupWindow: '01:00-01:10' }, /'backupWindow' must be 30 minutes or longer/],
    [
      { ...windows, maintenanceWindow: 'sun:01:30-sun:02:30' },
      /'maintenanceWindow' must not overlap 'backupWindow' \(01:00-02:00\)/,
    ],
    [{ backupWindow: '23:30-00:30', maintenanceWindow: 'mon:00:00-mon:01:00' }, /must not overlap/],
    [{ backupWindow: '00:10-00:50', maintenanceWindow: 'sat:23:00-sun:01:00' }, /must not overlap/],
  ])('%j are refused', (props, message) => {
    expect(() => database(props)).toThrow(message);
  });

  test('of a shared tier are an hour or longer', () => {
    expect(() => shared({ snapshotWindow: '03:00-03:30' })).toThrow(/'snapshotWindow' must be 60 minutes or longer/);
    expect(() => shared({ maintenanceWindow: 'sun:03:30-sun:04:30' })).toThrow(
      /'maintenanceWindow' must not overlap 'snapshotWindow'/,
    );
  });
});

test('users of Redis OSS and of Valkey have other ids, since CloudFormation makes the one before it deletes the other', () => {
  const ids = (engine: CacheEngine) =>
    Object.values(shared({ engine }).findResources('AWS::ElastiCache::UserGroup')).map(({ Properties }) =>
      JSON.stringify(Properties.UserGroupId),
    );
  expect(ids(CacheEngine.REDIS_7_1)).not.toEqual(ids(CacheEngine.VALKEY_8_0));
});
