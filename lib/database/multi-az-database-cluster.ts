import { Duration, Fn, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { checkZones } from '../network/zones';
import { referStrongly } from '../references';
import { KEPT, keepWhatDataUses } from '../removal';
import { checkDatabaseProps, proxyProblems, rotationProblems } from './database-checks';
import {
  addMonitoringRole,
  addPlacement,
  addProxy,
  addRoleSecret,
  checkVersion,
  DATABASE_NAME,
  DEFAULT_VERSION,
  manageOwnerPassword,
  PORT,
  PROXIED,
  parametersFor,
  restoreFrom,
} from './database-parts';
import { DatabaseRole } from './database-role';
import { type DatabaseProps, type DatabaseServer, ReplicatedDatabaseBase } from './replicated-database-base';

/** Properties of a MultiAzDatabaseCluster. */
export interface MultiAzDatabaseClusterProps extends DatabaseProps {
  /**
   * Class of each of the three servers. It must have a local disk for the transaction log: the `d` in its name.
   * @default - db.m6gd.large
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Size of each server's disk (io1), 100 GiB to 64 TiB. It isn't scaled automatically.
   * @default Size.gibibytes(100)
   */
  readonly allocatedStorage?: Size;

  /**
   * Provisioned operations per second of each server's disk, 1000 to 256000, and half to 50 times its GiB.
   * @default 1000
   */
  readonly iops?: number;
}

/** Kind of database, which errors begin with. */
const KIND = 'multi-az database cluster';

/** Servers of a Multi-AZ DB cluster, which RDS creates in a zone each. */
const SERVERS = 3;

/** RDS's limits of io1 for PostgreSQL, in GiB and in operations per second. A cluster must name both. */
const MIN_STORAGE = 100;
const MAX_STORAGE = 65_536;
const MIN_IOPS = 1_000;
const MAX_IOPS = 256_000;

/** Interval of Enhanced Monitoring: Security Hub asks for it, and alarms evaluate as often. */
const MONITORING_INTERVAL = Duration.minutes(1);

/**
 * Families with a local disk; of their sizes, medium is in `c6gd` only (RDS, "Instance class availability for Multi-AZ DB
 * clusters").
 */
const INSTANCE_TYPE = /^(?:c6gd\.medium|[cmrx]\d[a-z]*dn?\.(?:large|\d*xlarge))$/;

/**
 * The system of record as a Multi-AZ DB cluster: PostgreSQL with one writer and two readable standbys, in three zones. A commit
 * waits for one of the two, and a failover usually takes less than 35 seconds. TLS is forced; the cluster is reachable from its
 * network only.
 *
 * @throws {RangeError} where the properties contradict each other or a limit of RDS.
 */
export class MultiAzDatabaseCluster extends ReplicatedDatabaseBase implements ec2.IConnectable {
  readonly connections: ec2.Connections;
  readonly databaseName: string = DATABASE_NAME;
  readonly maxConnections: number;
  /** The cluster itself. */
  readonly cluster: rds.CfnDBCluster;

  /** Proxy in front of the writer, for functions that write. */
  readonly proxy?: rds.DatabaseProxy;

  protected readonly network: IPlatformNetwork;
  readonly #secrets: ReadonlyMap<DatabaseRole, secretsmanager.ISecret>;

  constructor(scope: Construct, id: string, props: MultiAzDatabaseClusterProps) {
    super(scope, id);
    const version = props.version ?? DEFAULT_VERSION;
    const instanceType = props.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.M6GD, ec2.InstanceSize.LARGE);
    const storage = (props.allocatedStorage ?? Size.gibibytes(MIN_STORAGE)).toGibibytes();
    const iops = props.iops ?? MIN_IOPS;
    const backupRetention = props.backupRetention ?? Duration.days(7);
    const removalPolicy = props.removalPolicy ?? KEPT;
    checkVersion(KIND, props.version);
    checkDatabaseProps(KIND, props);
    checkSizes(instanceType.toString(), storage, iops, backupRetention.toDays());

    this.network = props.network;
    this.maxConnections = props.maxConnections ?? 200;
    const { vpc, vpcSubnets } = props.network;
    checkZones(KIND, props.network, SERVERS);

    const placement = { vpc, vpcSubnets, removalPolicy };
    const { securityGroup, connections, subnetGroup } = addPlacement(this, 'Servers of the database cluster', placement);
    this.connections = connections;
    const parameterGroup = new rds.CfnDBClusterParameterGroup(this, 'Parameters', {
      family: `postgres${version.postgresMajorVersion}`,
      description: 'Parameters of every server of the cluster',
      parameters: parametersFor(this.maxConnections),
    });

    const { OWNER, READER, WRITER, KEEPER } = DatabaseRole;
    const ownerSecret = props.managedOwnerPassword ? undefined : addRoleSecret(this, 'OwnerSecret', OWNER, removalPolicy);
    this.cluster = new rds.CfnDBCluster(this, 'Cluster', {
      engine: 'postgres',
      engineVersion: version.postgresFullVersion,
      dbClusterInstanceClass: `db.${instanceType.toString()}`,
      storageType: 'io1',
      iops,
      allocatedStorage: storage,
      storageEncrypted: true,
      kmsKeyId: props.encryptionKey?.keyArn,
      databaseName: DATABASE_NAME,
      masterUsername: OWNER.username,
      masterUserPassword: ownerSecret?.secretValueFromJson('password').unsafeUnwrap(),
      port: PORT,
      publiclyAccessible: false,
      dbSubnetGroupName: subnetGroup.subnetGroupName,
      vpcSecurityGroupIds: [securityGroup.securityGroupId],
      dbClusterParameterGroupName: parameterGroup.ref,
      enableIamDatabaseAuthentication: true,
      monitoringInterval: MONITORING_INTERVAL.toSeconds(),
      monitoringRoleArn: addMonitoringRole(this).roleArn,
      databaseInsightsMode: 'standard',
      performanceInsightsEnabled: true,
      enableCloudwatchLogsExports: ['postgresql', 'upgrade'],
      backupRetentionPeriod: backupRetention.toDays(),
      preferredBackupWindow: props.backupWindow,
      preferredMaintenanceWindow: props.maintenanceWindow,
      copyTagsToSnapshot: true,
      autoMinorVersionUpgrade: true,
      deletionProtection: props.deletionProtection ?? false,
    });
    if (props.snapshotIdentifier !== undefined) restoreFrom(this.cluster, { snapshotIdentifier: props.snapshotIdentifier });
    this.cluster.applyRemovalPolicy(removalPolicy);
    keepWhatDataUses(this, removalPolicy);
    this.#secrets = new Map<DatabaseRole, secretsmanager.ISecret>([
      [OWNER, ownerSecret ?? manageOwnerPassword(this, this.cluster)],
      [READER, addRoleSecret(this, 'ReaderSecret', READER, removalPolicy)],
      [WRITER, addRoleSecret(this, 'WriterSecret', WRITER, removalPolicy)],
      [KEEPER, addRoleSecret(this, 'KeeperSecret', KEEPER, removalPolicy)],
    ]);

    for (const stateful of [this.cluster, ...this.#secrets.values()]) {
      // The cluster owns the secret of a managed password.
      if (stateful === this.cluster || stateful.node.defaultChild) referStrongly(stateful);
    }
    if (props.proxy) this.proxy = this.#addProxy(version, vpc, vpcSubnets);
    this.node.addValidation({
      validate: () => [...proxyProblems(this.proxy, KIND), ...rotationProblems(this.#secrets.values(), KIND)],
    });
  }

  get writer(): string {
    return hostAndPort(this.cluster.attrEndpointAddress);
  }

  /**
   * The cluster's one reader endpoint: RDS has no stable name for each standby. A load reads the replay position and then the
   * rows in one transaction, and so from one server, whichever of the two its connection reaches.
   */
  get readers(): string[] {
    return [hostAndPort(this.cluster.attrReadEndpointAddress)];
  }

  /** Servers in the order of their names; any of them may be the writer. */
  get servers(): DatabaseServer[] {
    return Array.from({ length: SERVERS }, (_, index) => ({
      name: `server ${index + 1}`,
      instanceIdentifier: Fn.join('-', [this.cluster.ref, 'instance', String(index + 1)]),
      // The cluster's id, which IAM authentication uses for all of its servers.
      resourceId: this.cluster.attrDbClusterResourceId,
      mayLag: true,
    }));
  }

  /** JSON with `username` and `password` of a role. */
  secretOf(role: DatabaseRole): secretsmanager.ISecret {
    return this.#secrets.get(role) as secretsmanager.ISecret;
  }

  #addProxy(version: rds.PostgresEngineVersion, vpc: ec2.IVpc, vpcSubnets: ec2.SubnetSelection): rds.DatabaseProxy {
    const cluster = rds.DatabaseCluster.fromDatabaseClusterAttributes(this, 'Imported', {
      clusterIdentifier: this.cluster.ref,
      port: PORT,
      // The proxy takes only the engine family from it, which is PostgreSQL for both.
      engine: rds.DatabaseClusterEngine.auroraPostgres({
        version: rds.AuroraPostgresEngineVersion.of(version.postgresFullVersion, version.postgresMajorVersion),
      }),
    });
    const target = rds.ProxyTarget.fromCluster(cluster);
    const proxy = addProxy(this, { target, secrets: PROXIED.map((role) => this.secretOf(role)), vpc, vpcSubnets });
    proxy.node.addDependency(this.cluster);
    return proxy;
  }
}

const hostAndPort = (address: string): string => Fn.join(':', [address, String(PORT)]);

function checkSizes(instanceType: string, storage: number, iops: number, backupDays: number): void {
  const fail = (property: string, rule: string, got: unknown, fix: string): never => {
    throw new RangeError(`${KIND}: '${property}' ${rule}, got: ${JSON.stringify(got)}; ${fix}`);
  };
  if (!INSTANCE_TYPE.test(instanceType)) {
    fail(
      'instanceType',
      'must have a local disk, and be of size large or more, or c6gd.medium',
      instanceType,
      "set it to such as 'm6gd.large'",
    );
  }
  if (!Number.isInteger(storage) || storage < MIN_STORAGE || storage > MAX_STORAGE) {
    fail('allocatedStorage', `must be ${MIN_STORAGE} to ${MAX_STORAGE} GiB`, storage, 'choose a size in between');
  }
  if (!Number.isInteger(iops) || iops < MIN_IOPS || iops > MAX_IOPS || iops < storage / 2 || iops > storage * 50) {
    fail(
      'iops',
      `must be ${MIN_IOPS} to ${MAX_IOPS}, and half to 50 times the ${storage} GiB of 'allocatedStorage'`,
      iops,
      'change one of the two',
    );
  }
  if (backupDays < 1 || backupDays > 35) {
    fail('backupRetention', 'must be 1 to 35 days', backupDays, 'choose a number in between');
  }
}
