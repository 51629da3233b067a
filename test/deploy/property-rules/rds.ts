import { named, type PropertyRule } from './rule';

/** Rules of RDS. */
export const DATABASE_RULES: readonly PropertyRule[] = [
  {
    id: 'replica-follows-primary-version',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MinorVersion.html',
    problem: ({ SourceDBInstanceIdentifier, EngineVersion }, _, all) => {
      const primary = named(all, 'AWS::RDS::DBInstance', SourceDBInstanceIdentifier)[0];
      const wanted = primary?.properties.EngineVersion;
      return wanted !== undefined && EngineVersion !== wanted
        ? `'EngineVersion' must be the primary's '${wanted}', got: ${EngineVersion}; RDS upgrades replicas first, and refuses the primary's minor upgrade before`
        : undefined;
    },
  },
  {
    id: 'no-final-snapshot-of-a-replica',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html',
    problem: ({ SourceDBInstanceIdentifier }, { deletionPolicy }) =>
      SourceDBInstanceIdentifier !== undefined && deletionPolicy === 'Snapshot'
        ? "'DeletionPolicy' of a replica must not be 'Snapshot', of which RDS takes none, got: 'Snapshot', which may be the default; set it to Delete"
        : undefined,
  },
  {
    id: 'restored-from-snapshot',
    types: ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'],
    source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html',
    problem: (properties) => {
      if (properties.DBSnapshotIdentifier === undefined && properties.SnapshotIdentifier === undefined) return undefined;
      const given = ['DBName', 'DatabaseName', 'MasterUsername', 'StorageEncrypted'].filter(
        (name) => properties[name] !== undefined,
      );
      return given.length > 0
        ? `what is restored from a snapshot must not say what comes from it, got: ${given.join(', ')}; leave them out`
        : undefined;
    },
  },
  {
    id: 'replica-needs-backups',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Create.html',
    problem: ({ SourceDBInstanceIdentifier }, _, all) => {
      const primary = named(all, 'AWS::RDS::DBInstance', SourceDBInstanceIdentifier)[0];
      return primary && !(primary.properties.BackupRetentionPeriod > 0)
        ? `'BackupRetentionPeriod' of ${primary.address} must be at least 1 for a replica of it, got: ${primary.properties.BackupRetentionPeriod}`
        : undefined;
    },
  },
  {
    id: 'monitoring-needs-role',
    types: ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html',
    problem: ({ MonitoringInterval = 0, MonitoringRoleArn }) =>
      MonitoringInterval > 0 && !MonitoringRoleArn
        ? "'MonitoringRoleArn' must be given where 'MonitoringInterval' isn't 0; give a role"
        : undefined,
  },
  {
    id: 'storage-below-gp3-throughput',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html',
    problem: ({ StorageType, AllocatedStorage, Iops, StorageThroughput }) =>
      StorageType === 'gp3' && Number(AllocatedStorage ?? 400) < 400 && (Iops !== undefined || StorageThroughput !== undefined)
        ? `'Iops' and 'StorageThroughput' of gp3 must be left out below 400 GiB, got: ${Iops}, ${StorageThroughput} at ${AllocatedStorage} GiB`
        : undefined,
  },
  {
    id: 'subnet-groups-in-two-zones',
    types: ['AWS::RDS::DBSubnetGroup'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html',
    problem: ({ SubnetIds = [] }, _, all) => {
      const zones = new Set(
        named(all, 'AWS::EC2::Subnet', SubnetIds).map(({ properties }) => String(properties.AvailabilityZone)),
      );
      return zones.size === 1 ? `'SubnetIds' must be in two zones or more, got: ${[...zones].join()}` : undefined;
    },
  },
];
