import { createHash } from 'node:crypto';
import type { Resource, ResourceTypes } from '../../types';
import { instanceArn, instanceIdentifier, portName } from './names';

const BACKUPS = 'the data live as long as the platform';
const MONITORING = 'nothing reads CloudWatch metrics of a local server';
const HARDWARE = 'the server shares this machine';
const MAINTENANCE = 'there is no maintenance';
const NETWORK = 'functions reach a server by its address in the VPC alone';
const LIFECYCLE = 'resources are not updated in place';
const PEOPLE = 'text for people';

const lowerCased = (resource: Resource, property: string): string =>
  String(resource.properties[property] ?? `${resource.stack}-${resource.logicalId}`).toLowerCase();

export const types: ResourceTypes = {
  'AWS::RDS::DBInstance': {
    honours: [
      'DBInstanceIdentifier',
      'DBName',
      'DBParameterGroupName',
      'DBSubnetGroupName',
      'Engine',
      'MasterUserPassword',
      'MasterUsername',
      // What rules of security groups call the port; the server's own is one of this machine.
      'Port',
      'SourceDBInstanceIdentifier',
      // Who may connect is read from there by the network's rules.
      'VPCSecurityGroups',
    ],
    ignores: {
      AllocatedStorage: HARDWARE,
      AllowMajorVersionUpgrade: LIFECYCLE,
      ApplyImmediately: LIFECYCLE,
      AutoMinorVersionUpgrade: MAINTENANCE,
      AvailabilityZone: HARDWARE,
      BackupRetentionPeriod: BACKUPS,
      BackupTarget: BACKUPS,
      CACertificateIdentifier: "certificates come from this machine's own authority",
      CertificateRotationRestart: MAINTENANCE,
      CopyTagsToSnapshot: BACKUPS,
      DBInstanceClass: HARDWARE,
      DatabaseInsightsMode: MONITORING,
      DedicatedLogVolume: HARDWARE,
      DeleteAutomatedBackups: BACKUPS,
      DeletionProtection: LIFECYCLE,
      EnableCloudwatchLogsExports: "a server's log is a file in the state folder",
      EnableIAMDatabaseAuthentication: 'there is no IAM that a local server could ask; roles have passwords',
      EnablePerformanceInsights: MONITORING,
      EngineLifecycleSupport: MAINTENANCE,
      EngineVersion: 'the server is the one of the installed package',
      Iops: HARDWARE,
      KmsKeyId: 'local files are not encrypted',
      LicenseModel: 'PostgreSQL has one licence',
      MaxAllocatedStorage: HARDWARE,
      MonitoringInterval: MONITORING,
      MonitoringRoleArn: MONITORING,
      MultiAZ: 'the standby of another zone serves nobody until a failover, which RDS does by itself',
      NetworkType: NETWORK,
      PerformanceInsightsKMSKeyId: MONITORING,
      PerformanceInsightsRetentionPeriod: MONITORING,
      PreferredBackupWindow: BACKUPS,
      PreferredMaintenanceWindow: MAINTENANCE,
      ProcessorFeatures: HARDWARE,
      PromotionTier: LIFECYCLE,
      PubliclyAccessible: NETWORK,
      SourceRegion: 'all regions are this machine',
      StorageEncrypted: 'local files are not encrypted',
      StorageThroughput: HARDWARE,
      StorageType: HARDWARE,
      Tags: PEOPLE,
      UseDefaultProcessorFeatures: HARDWARE,
    },
    ref: instanceIdentifier,
    attributes: {
      DBInstanceArn: instanceArn,
      DbiResourceId: (resource) =>
        `db-${createHash('sha256').update(instanceIdentifier(resource)).digest('hex').slice(0, 26).toUpperCase()}`,
      'Endpoint.Address': () => 'localhost',
      'Endpoint.Port': (resource, environment) => String(environment.port(portName(resource))),
    },
  },
  'AWS::RDS::DBParameterGroup': {
    honours: ['DBParameterGroupName', 'Parameters'],
    ignores: { Description: PEOPLE, Family: 'the server is the one of the installed package', Tags: PEOPLE },
    ref: (resource) => lowerCased(resource, 'DBParameterGroupName'),
    attributes: { DBParameterGroupName: (resource) => lowerCased(resource, 'DBParameterGroupName') },
  },
  'AWS::RDS::DBSubnetGroup': {
    // Where a server is, and so what reaches it, is read from there by the network's rules.
    honours: ['DBSubnetGroupName', 'SubnetIds'],
    ignores: { DBSubnetGroupDescription: PEOPLE, Tags: PEOPLE },
    ref: (resource) => lowerCased(resource, 'DBSubnetGroupName'),
  },
};
