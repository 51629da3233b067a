import { ArnFormat, type Duration, type RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import * as variables from '../contract/variables';
import { checkInNetwork, concurrencyOf } from '../functions/client-function';
import { allowReading } from '../functions/secret-access';
import type { IPlatformNetwork } from '../network/platform-network';
import { type ConnectionUser, connectionBudgetProblem } from './connection-budget';
import { PROXIED, PROXY_PORT } from './database-parts';
import type { DatabaseRole } from './database-role';

/** Properties of every database of the platform. */
export interface DatabaseProps {
  /** Network of the servers, which are in its isolated subnets. */
  readonly network: IPlatformNetwork;

  /**
   * Version of PostgreSQL, 17 or newer.
   * @default rds.PostgresEngineVersion.VER_17_9
   */
  readonly version?: rds.PostgresEngineVersion;

  /**
   * Connections that each server accepts. The functions' pools are checked against it.
   * @default 200
   */
  readonly maxConnections?: number;

  /**
   * Retention of automatic backups, 1 to 35 days; 0 turns them off where there are neither replicas nor a cluster.
   * @default Duration.days(7)
   */
  readonly backupRetention?: Duration;

  /**
   * Daily window of automatic backups, in UTC, 30 minutes or longer, such as `01:00-02:00`.
   * @default - one that RDS chooses
   */
  readonly backupWindow?: string;

  /**
   * Weekly window of maintenance, in UTC, 30 minutes or longer, such as `sun:03:00-sun:04:00`. It must not overlap the window of
   * backups.
   * @default - one that RDS chooses
   */
  readonly maintenanceWindow?: string;

  /**
   * Key that encrypts disks and backups. RDS replaces the database when it changes.
   * @default - RDS's own key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Name or ARN of the snapshot that the database is made from. It has the snapshot's key. RDS replaces the database when it
   * changes or is added later; once it is there, leave it in.
   * @default - none; an empty database
   */
  readonly snapshotIdentifier?: string;

  /**
   * True if writers connect through RDS Proxy, which keeps connections open through a failover and shares them. Replicas can't
   * have one: its read-only endpoints are for Aurora clusters.
   * @default false
   */
  readonly proxy?: boolean;

  /**
   * True if RDS generates the password of the owner, keeps it in a secret of its own and rotates it every seven days, without a
   * function or an endpoint in the network. The migration reads it there. The secret is encrypted by Secrets Manager's key, and
   * is deleted with the database. RDS supports it for a cluster, and for a primary without replicas.
   * @default false - a generated password that is not rotated
   */
  readonly managedOwnerPassword?: boolean;

  /**
   * True if RDS refuses to delete the database until this is turned off. Set it once the first deployment has succeeded: a
   * deployment that fails before can't delete what it made otherwise, and so can't be repeated. Data is kept by `removalPolicy`
   * all the same.
   * @default false
   */
  readonly deletionProtection?: boolean;

  /**
   * Removal policy of the database and its secrets. `SNAPSHOT` takes a final snapshot of the server that is written to, and keeps
   * the secrets, by which a restored one is opened.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Options of a client of the database. */
export interface DatabaseClientOptions {
  /** Role that the function logs in as. */
  readonly role: DatabaseRole;

  /**
   * Connections of one environment of the function to one server.
   * @default 1
   */
  readonly poolSize?: number;

  /**
   * Execution environments that the function may have at once.
   * @default - its reserved concurrency; required for a function that reserves none
   */
  readonly concurrency?: number;
}

/** Server of a database, by its names in RDS. */
export interface DatabaseServer {
  /** Name on the dashboard and in alarms: `primary`, or such as `replica 1`. */
  readonly name: string;
  /** Value of the dimension `DBInstanceIdentifier` of its metrics. */
  readonly instanceIdentifier: string;
  /**
   * Resource id that IAM authentication is granted on.
   * @default - unknown; `grants.connect` fails
   */
  readonly resourceId?: string;
  /**
   * True if the server streams from another, so that its replication lag is watched.
   * @default - all but the first do
   */
  readonly mayLag?: boolean;
}

/** The system of record, made here or elsewhere: PostgreSQL, a primary and the replicas that stream from it, with forced TLS. */
export interface IReplicatedDatabase extends IConstruct, ec2.IConnectable {
  /** Name of the database that clients use. */
  readonly databaseName: string;

  /** `host:port` of the primary. */
  readonly writer: string;

  /** `host:port` of each replica. The runtime reads from one that has replayed far enough, and so needs the address of each. */
  readonly readers: string[];

  /** The primary, then the replicas; empty for an imported database whose attributes name none. */
  readonly servers: DatabaseServer[];

  /** Permissions on the database. */
  readonly grants: ReplicatedDatabaseGrants;

  /** JSON with `username` and `password` of a role. */
  secretOf(role: DatabaseRole): secretsmanager.ISecret;

  /**
   * Gives a function what it needs to use the database as one role: addresses, permission to read the role's secret, and network
   * access to both.
   */
  addClient(client: lambda.Function, options: DatabaseClientOptions): void;

  /** Metric of one server, such as `CPUUtilization`; by default the average of five minutes. */
  metric(metricName: string, server: DatabaseServer, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** File in which Lambda's Node runtimes have the certificate authorities of RDS; Node doesn't trust them by default. */
const RDS_CA_FILE = '/var/runtime/ca-cert.pem';

/** Common part of all databases. Synthesis fails if the servers don't accept the pools of all clients. */
export abstract class ReplicatedDatabaseBase extends Resource implements IReplicatedDatabase {
  abstract readonly connections: ec2.Connections;
  abstract readonly databaseName: string;
  /** Connections that each server accepts. */
  abstract readonly maxConnections: number;
  /** Proxy in front of the server that is written to, for writers; undefined where there is none. */
  abstract readonly proxy?: rds.DatabaseProxy;
  readonly grants: ReplicatedDatabaseGrants = new ReplicatedDatabaseGrants(this);
  abstract get writer(): string;
  abstract get readers(): string[];
  abstract get servers(): DatabaseServer[];
  abstract secretOf(role: DatabaseRole): secretsmanager.ISecret;

  /** Network with the endpoint through which clients read their secrets. */
  protected abstract readonly network: IPlatformNetwork;
  /** Clients by path: a function that is added twice has one pool. */
  readonly #users = new Map<string, ConnectionUser>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () => {
        const problem = connectionBudgetProblem([...this.#users.values()], this.maxConnections);
        return problem ? [problem] : [];
      },
    });
  }

  /** @throws {RangeError} if the function is outside of the network, or has neither `concurrency` nor a reserved concurrency. */
  addClient(client: lambda.Function, options: DatabaseClientOptions): void {
    checkInNetwork(client);
    const concurrency = concurrencyOf(client, options.concurrency);
    const poolSize = options.poolSize ?? 1;
    const secret = this.secretOf(options.role);
    client.addEnvironment(variables.DATABASE_WRITER, this.writer);
    client.addEnvironment(variables.DATABASE_READERS, this.readers.join(','));
    client.addEnvironment(variables.DATABASE_NAME, this.databaseName);
    client.addEnvironment(variables.DATABASE_SECRET_ARN, secret.secretArn);
    client.addEnvironment(variables.DATABASE_POOL_SIZE, String(poolSize));
    client.addEnvironment('NODE_EXTRA_CA_CERTS', RDS_CA_FILE);
    allowReading(secret, client);
    // On the client's side: otherwise the client's stack and this one would depend on each other.
    client.connections.allowToDefaultPort(this, 'to the database');
    this.network.allowSecrets(client);
    this.#users.set(client.node.path, { name: client.node.id, concurrency, poolSize });
    if (!this.proxy || !PROXIED.includes(options.role)) return;
    client.addEnvironment(variables.DATABASE_WRITER, `${this.proxy.endpoint}:${PROXY_PORT}`);
    client.connections.allowTo(this.proxy, ec2.Port.tcp(PROXY_PORT), 'to the proxy of the database');
  }

  metric(metricName: string, server: DatabaseServer, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/RDS',
      metricName,
      dimensionsMap: { DBInstanceIdentifier: server.instanceIdentifier },
      ...options,
    });
  }
}

/** Permissions on a database. */
export class ReplicatedDatabaseGrants {
  readonly #database: IReplicatedDatabase;

  constructor(database: IReplicatedDatabase) {
    this.#database = database;
  }

  /** Lets a grantee read the password of a role. */
  readSecret(grantee: iam.IGrantable, role: DatabaseRole): iam.Grant {
    return allowReading(this.#database.secretOf(role), grantee);
  }

  /**
   * Lets a grantee sign in by IAM, on every server, as a user to whom PostgreSQL's `rds_iam` was granted; the platform's own
   * roles sign in by password.
   *
   * @throws {RangeError} where the servers' resource ids aren't known.
   */
  connect(grantee: iam.IGrantable, username: string): iam.Grant {
    const { servers } = this.#database;
    const resourceIds = servers.map(({ resourceId }) => resourceId).filter((id) => id !== undefined);
    if (resourceIds.length < Math.max(1, servers.length)) {
      throw new RangeError(
        `database: 'servers' must have a 'resourceId' each for 'grants.connect', got: ${resourceIds.length} of ${servers.length}; name them when it is imported`,
      );
    }
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['rds-db:connect'],
      // A replica has an id of its own; the servers of a cluster have the cluster's.
      resourceArns: [...new Set(resourceIds)].map((resourceId) =>
        Stack.of(this.#database).formatArn({
          service: 'rds-db',
          resource: 'dbuser',
          resourceName: `${resourceId}/${username}`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ),
    });
  }
}
