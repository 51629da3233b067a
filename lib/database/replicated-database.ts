import { Duration, Fn, RemovalPolicy, SecretValue, Size } from 'aws-cdk-lib';
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
import {
  type DatabaseProps,
  type DatabaseServer,
  type IReplicatedDatabase,
  ReplicatedDatabaseBase,
} from './replicated-database-base';

/** Properties of a ReplicatedDatabase. */
export interface ReplicatedDatabaseProps extends DatabaseProps {
  /**
   * Class of the primary, and of each replica.
   * @default - db.t4g.medium
   */
  readonly instanceType?: ec2.InstanceType;

  /**
   * Number of read replicas that stream from the primary, 0 to 15.
   * @default 1
   */
  readonly replicas?: number;

  /**
   * Version of PostgreSQL of the replicas. For a minor upgrade raise it first and deploy, then `version`: RDS refuses to upgrade
   * a primary while a replica of it is older, and CloudFormation updates the primary first. A major upgrade of the primary takes
   * the replicas of its region with it.
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MinorVersion.html
   * @default - `version`
   */
  readonly replicaVersion?: rds.PostgresEngineVersion;

  /**
   * True if a change of `version` may be one of a major version.
   * @default false
   */
  readonly allowMajorVersionUpgrade?: boolean;

  /**
   * True if the primary has a synchronous standby in another zone. Nothing reads from it.
   * @default true
   */
  readonly multiAz?: boolean;

  /**
   * Size of each server's disk.
   * @default Size.gibibytes(20)
   */
  readonly allocatedStorage?: Size;

  /**
   * Size up to which RDS enlarges the disk of the primary, and of each replica, by itself when it is nearly full.
   * @default - none; disks stay as they are, and an alarm says when they are nearly full
   */
  readonly maxAllocatedStorage?: Size;
}

/** Attributes of an imported database: PostgreSQL with forced TLS. */
export interface ReplicatedDatabaseAttributes {
  /** Network with the endpoint through which clients read their secrets. */
  readonly network: IPlatformNetwork;
  /** Security group of the servers, which admits clients. */
  readonly securityGroup: ec2.ISecurityGroup;
  /** Host of the primary. */
  readonly writerAddress: string;
  /** Hosts of the replicas, from which the runtime chooses by the replay position of each. */
  readonly readerAddresses: string[];
  /** Port of every server. */
  readonly port: number;
  /** Name of the database that clients use. */
  readonly databaseName: string;
  /** Connections that each server accepts. The functions' pools are checked against it. */
  readonly maxConnections: number;
  /** JSON with `username` and `password` of the role that reads. */
  readonly readerSecret: secretsmanager.ISecret;
  /** JSON with `username` and `password` of the role that writes. */
  readonly writerSecret: secretsmanager.ISecret;
  /**
   * JSON with `username` and `password` of the role of the purge path.
   * @default - none; the database has neither a purge path nor a migration here
   */
  readonly keeperSecret?: secretsmanager.ISecret;
  /**
   * JSON with `username` and `password` of the role that owns the schema.
   * @default - none; the schema is migrated elsewhere
   */
  readonly ownerSecret?: secretsmanager.ISecret;
  /**
   * The primary, then the replicas, by their names in RDS. Needed to watch them, and for `grants.connect`.
   * @default - none
   */
  readonly servers?: DatabaseServer[];
}

/** RDS's largest number of replicas for PostgreSQL. */
const MAX_REPLICAS = 15;

/** Interval of Enhanced Monitoring: Security Hub asks for it, and alarms evaluate as often. */
const MONITORING_INTERVAL = Duration.minutes(1);

/**
 * The system of record: a PostgreSQL primary and the replicas that stream from it. TLS is forced; the servers are reachable from
 * their network only.
 *
 * @throws {RangeError} where the properties contradict each other or a limit of RDS.
 */
export class ReplicatedDatabase extends ReplicatedDatabaseBase implements ec2.IConnectable {
  /** Imports a database whose roles exist already, or are created by a migration. */
  static fromReplicatedDatabaseAttributes(
    scope: Construct,
    id: string,
    attributes: ReplicatedDatabaseAttributes,
  ): IReplicatedDatabase {
    return new ImportedDatabase(scope, id, attributes);
  }

  readonly connections: ec2.Connections;
  readonly databaseName: string = DATABASE_NAME;
  readonly maxConnections: number;
  /** The only server that is written to. */
  readonly primary: rds.DatabaseInstance;
  /** The servers that stream from the primary. */
  readonly replicas: rds.DatabaseInstanceReadReplica[];

  /** Proxy in front of the primary, for writers. */
  readonly proxy?: rds.DatabaseProxy;

  protected readonly network: IPlatformNetwork;
  readonly #secrets: ReadonlyMap<DatabaseRole, secretsmanager.ISecret>;

  constructor(scope: Construct, id: string, props: ReplicatedDatabaseProps) {
    super(scope, id);
    const replicas = props.replicas ?? 1;
    const backupRetention = props.backupRetention ?? Duration.days(7);
    const maxConnections = props.maxConnections ?? 200;
    const removalPolicy = props.removalPolicy ?? KEPT;
    checkProps(props, replicas, backupRetention);
    checkDatabaseProps('replicated database', props);

    this.network = props.network;
    this.maxConnections = maxConnections;
    const { vpc, vpcSubnets } = props.network;
    // RDS refuses a subnet group in one zone, Multi-AZ or not.
    checkZones('replicated database', props.network);
    const version = props.version ?? DEFAULT_VERSION;
    const engine = rds.DatabaseInstanceEngine.postgres({ version });
    const instanceType = props.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM);

    const placement = { vpc, vpcSubnets, removalPolicy };
    const { securityGroup, connections, subnetGroup } = addPlacement(this, 'Primary and replicas of the database', placement);
    this.connections = connections;
    const parameterGroup = new rds.ParameterGroup(this, 'Parameters', {
      engine,
      description: 'Parameters of the primary and its replicas; a replica must accept as many connections as the primary',
      parameters: parametersFor(maxConnections),
    });

    const monitoringRole = addMonitoringRole(this);
    const shared = {
      vpc,
      vpcSubnets,
      subnetGroup,
      parameterGroup,
      securityGroups: [securityGroup],
      port: PORT,
      instanceType,
      storageType: rds.StorageType.GP3,
      iamAuthentication: true,
      monitoringInterval: MONITORING_INTERVAL,
      monitoringRole,
      databaseInsightsMode: rds.DatabaseInsightsMode.STANDARD,
      enablePerformanceInsights: true,
      copyTagsToSnapshot: true,
      publiclyAccessible: false,
      autoMinorVersionUpgrade: true,
      allowMajorVersionUpgrade: props.allowMajorVersionUpgrade,
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      preferredMaintenanceWindow: props.maintenanceWindow,
      maxAllocatedStorage: props.maxAllocatedStorage?.toGibibytes(),
      deletionProtection: props.deletionProtection ?? false,
      removalPolicy,
    };
    const ownerSecret = props.managedOwnerPassword
      ? undefined
      : addRoleSecret(this, 'OwnerSecret', DatabaseRole.OWNER, removalPolicy);
    this.primary = new rds.DatabaseInstance(this, 'Primary', {
      ...shared,
      engine,
      // The CDK has no managed password: `manageOwnerPassword` takes this placeholder out of the template again.
      credentials: ownerSecret
        ? rds.Credentials.fromSecret(ownerSecret, DatabaseRole.OWNER.username)
        : rds.Credentials.fromPassword(DatabaseRole.OWNER.username, SecretValue.unsafePlainText('managed')),
      databaseName: DATABASE_NAME,
      allocatedStorage: (props.allocatedStorage ?? Size.gibibytes(20)).toGibibytes(),
      storageEncrypted: true,
      storageEncryptionKey: props.encryptionKey,
      multiAz: props.multiAz ?? true,
      backupRetention,
      preferredBackupWindow: props.backupWindow,
    });
    if (props.snapshotIdentifier !== undefined) {
      restoreFrom(this.primary.node.defaultChild as rds.CfnDBInstance, { dbSnapshotIdentifier: props.snapshotIdentifier });
    }
    this.replicas = Array.from(
      { length: replicas },
      (_, index) =>
        // Encrypted like its source; RDS refuses the property for a replica, and a final snapshot of one:
        // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html
        new rds.DatabaseInstanceReadReplica(this, `Replica${index + 1}`, {
          ...shared,
          sourceDatabaseInstance: this.primary,
          removalPolicy: removalPolicy === RemovalPolicy.SNAPSHOT ? RemovalPolicy.DESTROY : removalPolicy,
        }),
    );
    for (const replica of this.replicas) {
      // RDS refuses a minor upgrade of a primary while a replica of it is older. The CDK has no property for it.
      (replica.node.defaultChild as rds.CfnDBInstance).engineVersion = (props.replicaVersion ?? version).postgresFullVersion;
    }

    this.#secrets = new Map<DatabaseRole, secretsmanager.ISecret>([
      [DatabaseRole.OWNER, this.primary.secret ?? manageOwnerPassword(this, this.primary.node.defaultChild as rds.CfnDBInstance)],
      [DatabaseRole.READER, addRoleSecret(this, 'ReaderSecret', DatabaseRole.READER, removalPolicy)],
      [DatabaseRole.WRITER, addRoleSecret(this, 'WriterSecret', DatabaseRole.WRITER, removalPolicy)],
      [DatabaseRole.KEEPER, addRoleSecret(this, 'KeeperSecret', DatabaseRole.KEEPER, removalPolicy)],
    ]);

    for (const stateful of [this.primary, ...this.replicas, ownerSecret, ...this.#secrets.values()]) {
      // The primary owns the secret of a managed password.
      if (stateful?.node.defaultChild) referStrongly(stateful);
    }
    keepWhatDataUses(this, removalPolicy);
    if (props.proxy) {
      const target = rds.ProxyTarget.fromInstance(this.primary);
      this.proxy = addProxy(this, { target, secrets: PROXIED.map((role) => this.secretOf(role)), vpc, vpcSubnets });
    }
    this.node.addValidation({ validate: () => [...proxyProblems(this.proxy), ...rotationProblems(this.#secrets.values())] });
  }

  get writer(): string {
    return hostAndPort(this.primary);
  }

  get readers(): string[] {
    return this.replicas.map(hostAndPort);
  }

  get servers(): DatabaseServer[] {
    return [this.primary, ...this.replicas].map((instance, index) => ({
      name: index === 0 ? 'primary' : `replica ${index}`,
      instanceIdentifier: instance.instanceIdentifier,
      resourceId: (instance.node.defaultChild as rds.CfnDBInstance).attrDbiResourceId,
    }));
  }

  /** JSON with `username` and `password` of a role. */
  secretOf(role: DatabaseRole): secretsmanager.ISecret {
    return this.#secrets.get(role) as secretsmanager.ISecret;
  }
}

const hostAndPort = (instance: rds.IDatabaseInstance): string =>
  Fn.join(':', [instance.dbInstanceEndpointAddress, instance.dbInstanceEndpointPort]);

function checkProps(props: ReplicatedDatabaseProps, replicas: number, backupRetention: Duration): void {
  const fail = (property: string, rule: string, got: unknown, fix: string): never => {
    throw new RangeError(`replicated database: '${property}' ${rule}, got: ${JSON.stringify(got)}; ${fix}`);
  };
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > MAX_REPLICAS) {
    fail('replicas', `must be 0 to ${MAX_REPLICAS}`, replicas, 'choose a number in between');
  }
  const { allocatedStorage = Size.gibibytes(20), maxAllocatedStorage } = props;
  // RDS asks for a tenth more, so that it can grow at all:
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
  if (maxAllocatedStorage && maxAllocatedStorage.toGibibytes() < allocatedStorage.toGibibytes() * 1.1) {
    fail(
      'maxAllocatedStorage',
      `must be a tenth more than 'allocatedStorage' (${allocatedStorage.toGibibytes()} GiB)`,
      maxAllocatedStorage.toGibibytes(),
      'raise it',
    );
  }
  if (replicas > 0 && backupRetention.toDays() < 1) {
    fail(
      'backupRetention',
      'must be at least one day where there are replicas, which RDS makes from a backup',
      backupRetention.toDays(),
      "lengthen it, or set 'replicas' to 0",
    );
  }
  if (props.managedOwnerPassword && replicas > 0) {
    fail(
      'managedOwnerPassword',
      "needs 'replicas' 0, since RDS makes no replica of a primary whose password it manages",
      replicas,
      "set it to 0, take a MultiAzDatabaseCluster, or rotate 'secretOf(DatabaseRole.OWNER)' by a function of the network",
    );
  }
  checkVersion('replicated database', props.version);
}

class ImportedDatabase extends ReplicatedDatabaseBase {
  readonly connections: ec2.Connections;
  readonly databaseName: string;
  readonly maxConnections: number;
  readonly proxy?: rds.DatabaseProxy;
  protected readonly network: IPlatformNetwork;

  readonly #attributes: ReplicatedDatabaseAttributes;

  constructor(scope: Construct, id: string, attributes: ReplicatedDatabaseAttributes) {
    super(scope, id);
    this.#attributes = attributes;
    const { securityGroup, port } = attributes;
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(port) });
    this.databaseName = attributes.databaseName;
    this.maxConnections = attributes.maxConnections;
    this.network = attributes.network;
  }

  get writer(): string {
    return `${this.#attributes.writerAddress}:${this.#attributes.port}`;
  }

  get readers(): string[] {
    return this.#attributes.readerAddresses.map((address) => `${address}:${this.#attributes.port}`);
  }

  get servers(): DatabaseServer[] {
    return [...(this.#attributes.servers ?? [])];
  }

  secretOf(role: DatabaseRole): secretsmanager.ISecret {
    const { readerSecret, writerSecret, keeperSecret, ownerSecret } = this.#attributes;
    if (role === DatabaseRole.READER) return readerSecret;
    if (role === DatabaseRole.WRITER) return writerSecret;
    const secret = role === DatabaseRole.KEEPER ? keeperSecret : ownerSecret;
    if (secret) return secret;
    throw new RangeError(
      role === DatabaseRole.KEEPER
        ? "imported database: 'keeperSecret' must be given for a purge path or a migration, got: undefined; name a secret with the username 'cachement_keeper'"
        : "imported database: 'ownerSecret' must be given for a migration, got: undefined; name it, or migrate elsewhere",
    );
  }
}
