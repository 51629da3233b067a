import { CrossStackReferences, Duration, Fn, ReferenceStrength, RemovalPolicy, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { PlatformFunction } from '../functions/platform-function';
import type { PlatformNetwork } from '../network/platform-network';
import { type ConnectionUser, connectionBudgetProblem } from './connection-budget';
import { DatabaseRole } from './database-role';

export interface ReplicatedDatabaseProps {
  readonly network: PlatformNetwork;

  /**
   * 17 or newer.
   * @default rds.PostgresEngineVersion.VER_17_9
   */
  readonly version?: rds.PostgresEngineVersion;

  /** @default - db.t4g.medium */
  readonly instanceType?: ec2.InstanceType;

  /**
   * How many read replicas stream from the primary, 0 to 15.
   * @default 1
   */
  readonly replicas?: number;

  /**
   * Whether the primary has a synchronous standby in another zone. Nothing reads from it.
   * @default true
   */
  readonly multiAz?: boolean;

  /**
   * Connections that each server accepts. The functions' pools are checked against it.
   * @default 200
   */
  readonly maxConnections?: number;

  /**
   * For how long automatic backups are kept. A primary with replicas can't be without.
   * @default Duration.days(7)
   */
  readonly backupRetention?: Duration;

  /** @default Size.gibibytes(20) */
  readonly allocatedStorage?: Size;

  /** @default true */
  readonly deletionProtection?: boolean;

  /** @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
}

export interface DatabaseClientOptions {
  readonly role: DatabaseRole;

  /**
   * Connections of one environment of the function to one server.
   * @default 1
   */
  readonly poolSize?: number;
}

/** RDS's limit for PostgreSQL. */
const MAX_REPLICAS = 15;

/** Not PostgreSQL's own, so that a scan for it finds nothing. */
const PORT = 5433;

/** What Security Hub asks for, and as often as the alarms look. */
const MONITORING_INTERVAL = Duration.minutes(1);

const DATABASE_NAME = 'cachement';

/** Where Lambda's Node runtimes have the certificate authorities of RDS; Node doesn't know them by itself. */
const RDS_CA_FILE = '/var/runtime/ca-cert.pem';

/**
 * The system of record: a PostgreSQL primary and the replicas that stream from it. TLS is forced; nobody outside of the network reaches it.
 *
 * @throws {RangeError} where the properties contradict each other or a limit of RDS.
 */
export class ReplicatedDatabase extends Construct implements ec2.IConnectable {
  readonly connections: ec2.Connections;
  readonly databaseName = DATABASE_NAME;
  readonly primary: rds.DatabaseInstance;
  readonly replicas: readonly rds.DatabaseInstanceReadReplica[];

  private readonly secrets: ReadonlyMap<DatabaseRole, secretsmanager.ISecret>;
  private readonly network: PlatformNetwork;
  private readonly users: ConnectionUser[] = [];

  constructor(scope: Construct, id: string, props: ReplicatedDatabaseProps) {
    super(scope, id);
    const replicas = props.replicas ?? 1;
    const backupRetention = props.backupRetention ?? Duration.days(7);
    const maxConnections = props.maxConnections ?? 200;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    checkProps(props, replicas, backupRetention);

    this.network = props.network;
    const { vpc } = props.network;
    const vpcSubnets: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    const engine = rds.DatabaseInstanceEngine.postgres({ version: props.version ?? rds.PostgresEngineVersion.VER_17_9 });
    const instanceType = props.instanceType ?? ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM);

    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Primary and replicas of the database',
      allowAllOutbound: false,
    });
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(PORT) });

    const subnetGroup = new rds.SubnetGroup(this, 'SubnetGroup', {
      vpc,
      vpcSubnets,
      description: 'Isolated subnets of the database',
      removalPolicy,
    });
    const parameterGroup = new rds.ParameterGroup(this, 'Parameters', {
      engine,
      description: 'Parameters of the primary and its replicas; a replica must accept as many connections as the primary',
      parameters: {
        'rds.force_ssl': '1',
        shared_preload_libraries: 'pg_stat_statements',
        max_connections: String(maxConnections),
      },
    });

    const monitoringRole = new iam.Role(this, 'MonitoringRole', {
      assumedBy: new iam.ServicePrincipal('monitoring.rds.amazonaws.com'),
      description: 'Writes the metrics of the operating systems of the database',
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonRDSEnhancedMonitoringRole')],
    });
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
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      caCertificate: rds.CaCertificate.RDS_CA_RSA2048_G1,
      deletionProtection: props.deletionProtection ?? true,
      removalPolicy,
    };
    const ownerSecret = this.addSecret('OwnerSecret', DatabaseRole.OWNER, removalPolicy);
    this.primary = new rds.DatabaseInstance(this, 'Primary', {
      ...shared,
      engine,
      credentials: rds.Credentials.fromSecret(ownerSecret, DatabaseRole.OWNER.username),
      databaseName: DATABASE_NAME,
      allocatedStorage: (props.allocatedStorage ?? Size.gibibytes(20)).toGibibytes(),
      storageEncrypted: true,
      multiAz: props.multiAz ?? true,
      backupRetention,
    });
    this.replicas = Array.from(
      { length: replicas },
      (_, index) =>
        // Encrypted as its source is; RDS refuses to be told.
        new rds.DatabaseInstanceReadReplica(this, `Replica${index + 1}`, { ...shared, sourceDatabaseInstance: this.primary }),
    );

    this.secrets = new Map<DatabaseRole, secretsmanager.ISecret>([
      [DatabaseRole.OWNER, this.primary.secret as secretsmanager.ISecret],
      [DatabaseRole.READER, this.addSecret('ReaderSecret', DatabaseRole.READER, removalPolicy)],
      [DatabaseRole.WRITER, this.addSecret('WriterSecret', DatabaseRole.WRITER, removalPolicy)],
    ]);

    for (const stateful of [this.primary, ...this.replicas, ownerSecret, ...this.secrets.values()]) {
      CrossStackReferences.of(stateful).produce(ReferenceStrength.STRONG);
    }
    this.node.addValidation({
      validate: () => {
        const problem = connectionBudgetProblem(this.users, maxConnections);
        return problem ? [problem] : [];
      },
    });
  }

  /** JSON with `username` and `password` of a role. */
  secretOf(role: DatabaseRole): secretsmanager.ISecret {
    return this.secrets.get(role) as secretsmanager.ISecret;
  }

  /** Gives a function what it needs to use the database as one role: the servers, the role's secret, and the way to both. */
  addClient(client: PlatformFunction, options: DatabaseClientOptions): void {
    const poolSize = options.poolSize ?? 1;
    const secret = this.secretOf(options.role);
    client.addEnvironment('DATABASE_WRITER', hostAndPort(this.primary));
    client.addEnvironment('DATABASE_READERS', this.replicas.map(hostAndPort).join(','));
    client.addEnvironment('DATABASE_NAME', DATABASE_NAME);
    client.addEnvironment('DATABASE_SECRET_ARN', secret.secretArn);
    client.addEnvironment('DATABASE_POOL_SIZE', String(poolSize));
    client.addEnvironment('NODE_EXTRA_CA_CERTS', RDS_CA_FILE);
    client.readSecret(secret);
    // From the client's side, or the client's stack and this one would need each other.
    client.connections.allowToDefaultPort(this, 'to the database');
    this.network.allowSecrets(client);
    this.users.push({ name: client.node.id, concurrency: client.concurrency, poolSize });
  }

  private addSecret(id: string, role: DatabaseRole, removalPolicy: RemovalPolicy): secretsmanager.Secret {
    return new secretsmanager.Secret(this, id, {
      description: `Database role ${role.username}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: role.username }),
        generateStringKey: 'password',
        passwordLength: 48,
        excludePunctuation: true,
      },
      removalPolicy,
    });
  }
}

const hostAndPort = (instance: rds.IDatabaseInstance): string =>
  Fn.join(':', [instance.dbInstanceEndpointAddress, instance.dbInstanceEndpointPort]);

function checkProps(props: ReplicatedDatabaseProps, replicas: number, backupRetention: Duration): void {
  const fail = (property: string, rule: string, got: unknown): never => {
    throw new RangeError(`replicated database: '${property}' ${rule}, got: ${JSON.stringify(got)}`);
  };
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > MAX_REPLICAS) {
    fail('replicas', `must be 0 to ${MAX_REPLICAS}`, replicas);
  }
  if (replicas > 0 && backupRetention.toDays() < 1) {
    fail(
      'backupRetention',
      'must be at least one day where there are replicas, which RDS makes from a backup',
      backupRetention.toDays(),
    );
  }
  const major = Number(props.version?.postgresMajorVersion ?? 17);
  if (major < 17) fail('version', 'must be PostgreSQL 17 or newer', props.version?.postgresFullVersion);
}
