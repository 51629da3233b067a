import type { Environment, Resource, ResourceTypes } from '../../types';
import { groupId, named, portName, serverlessCacheName } from './names';

const BACKUPS = 'a cache is empty at each start';
const HARDWARE = 'the nodes share this machine';
const MAINTENANCE = 'there is no maintenance';
const PEOPLE = 'text for people';

const arn = (kind: string, id: string, { region, account }: Environment) =>
  `arn:aws:elasticache:${region}:${account}:${kind}:${id}`;

const portOf = (resource: Resource, environment: Environment) => String(environment.port(portName(resource)));

const userId = (resource: Resource) => named(resource, 'UserId');
const userGroupId = (resource: Resource) => named(resource, 'UserGroupId');

export const types: ResourceTypes = {
  'AWS::ElastiCache::ReplicationGroup': {
    honours: [
      'AuthToken',
      'AutomaticFailoverEnabled',
      'CacheParameterGroupName',
      // Where nodes are and who may connect is read from these by the network's rules.
      'CacheSubnetGroupName',
      'ClusterMode',
      'NodeGroupConfiguration.NodeGroupId',
      'NodeGroupConfiguration.ReplicaCount',
      'NodeGroupConfiguration.Slots',
      'NumCacheClusters',
      'NumNodeGroups',
      // What rules of security groups call the port; each node's own is one of this machine.
      'Port',
      'ReplicasPerNodeGroup',
      'ReplicationGroupId',
      'SecurityGroupIds',
      'TransitEncryptionEnabled',
      'TransitEncryptionMode',
      'UserGroupIds',
    ],
    ignores: {
      AtRestEncryptionEnabled: 'local files are not encrypted',
      AutoMinorVersionUpgrade: MAINTENANCE,
      CacheNodeType: HARDWARE,
      Durability: "the log across zones isn't there; a failover may lose what it would without",
      Engine: 'Redis and Valkey speak the same protocol; the server is the one that the set-up found',
      EngineVersion: 'the server is the one that the set-up found',
      IpDiscovery: 'loopback has one kind of address',
      KmsKeyId: 'local files are not encrypted',
      LogDeliveryConfigurations: "a node's log is a file in the state folder",
      MultiAZEnabled: 'availability zones share this machine',
      NetworkType: 'loopback has one kind of address',
      'NodeGroupConfiguration.PrimaryAvailabilityZone': HARDWARE,
      'NodeGroupConfiguration.ReplicaAvailabilityZones': HARDWARE,
      NotificationTopicArn: 'there is no SNS',
      PreferredCacheClusterAZs: HARDWARE,
      PreferredMaintenanceWindow: MAINTENANCE,
      ReplicationGroupDescription: PEOPLE,
      SnapshotRetentionLimit: BACKUPS,
      SnapshotWindow: BACKUPS,
      Tags: PEOPLE,
    },
    ref: groupId,
    attributes: {
      'ConfigurationEndPoint.Address': () => 'localhost',
      'ConfigurationEndPoint.Port': portOf,
      'PrimaryEndPoint.Address': () => 'localhost',
      'PrimaryEndPoint.Port': portOf,
    },
  },
  'AWS::ElastiCache::ServerlessCache': {
    honours: ['Engine', 'SecurityGroupIds', 'ServerlessCacheName', 'SubnetIds', 'UserGroupId'],
    ignores: {
      CacheUsageLimits: HARDWARE,
      DailySnapshotTime: BACKUPS,
      Description: PEOPLE,
      FinalSnapshotName: BACKUPS,
      KmsKeyId: 'local files are not encrypted',
      MajorEngineVersion: 'the server is the one that the set-up found',
      NetworkType: 'loopback has one kind of address',
      SnapshotRetentionLimit: BACKUPS,
      Tags: PEOPLE,
    },
    ref: serverlessCacheName,
    attributes: {
      ARN: (resource, environment) => arn('serverlesscache', serverlessCacheName(resource), environment),
      'Endpoint.Address': () => 'localhost',
      'Endpoint.Port': portOf,
      Status: () => 'available',
    },
  },
  'AWS::ElastiCache::ParameterGroup': {
    honours: ['Properties'],
    ignores: {
      CacheParameterGroupFamily: 'a parameter that the server does not know stops its start',
      Description: PEOPLE,
      Tags: PEOPLE,
    },
    // The API has a name for it, the template doesn't.
    ref: (resource) => named(resource, 'CacheParameterGroupName'),
    attributes: { CacheParameterGroupName: (resource) => named(resource, 'CacheParameterGroupName') },
  },
  'AWS::ElastiCache::SubnetGroup': {
    honours: ['CacheSubnetGroupName', 'SubnetIds'],
    ignores: { Description: PEOPLE, Tags: PEOPLE },
    ref: (resource) => named(resource, 'CacheSubnetGroupName'),
  },
  'AWS::ElastiCache::User': {
    honours: ['AccessString', 'AuthenticationMode', 'NoPasswordRequired', 'Passwords', 'UserId', 'UserName'],
    ignores: { Engine: 'Redis and Valkey have the same rules', Tags: PEOPLE },
    ref: userId,
    attributes: {
      Arn: (resource, environment) => arn('user', userId(resource), environment),
      Status: () => 'active',
    },
  },
  'AWS::ElastiCache::UserGroup': {
    honours: ['UserGroupId', 'UserIds'],
    ignores: { Engine: 'Redis and Valkey have the same rules', Tags: PEOPLE },
    ref: userGroupId,
    attributes: {
      Arn: (resource, environment) => arn('usergroup', userGroupId(resource), environment),
      Status: () => 'active',
    },
  },
};
