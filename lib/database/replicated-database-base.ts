import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { checkInNetwork, concurrencyOf } from '../functions/client-function';
import { allowReading } from '../functions/secret-access';
import type { IPlatformNetwork } from '../network/platform-network';
import { type ConnectionUser, connectionBudgetProblem } from './connection-budget';
import type { DatabaseRole } from './database-role';

/** How a function uses the database. */
export interface DatabaseClientOptions {
  /** Which of the database's users it logs in as. */
  readonly role: DatabaseRole;

  /**
   * Connections of one environment of the function to one server.
   * @default 1
   */
  readonly poolSize?: number;

  /**
   * How many environments the function may have at once.
   * @default - what the function reserves; one that reserves nothing must say
   */
  readonly concurrency?: number;
}

/** One server, as RDS calls it. */
export interface DatabaseServer {
  /** `primary`, or such as `replica 1`. */
  readonly name: string;
  /** Dimension of its metrics. */
  readonly instanceIdentifier: string;
  /**
   * What IAM authentication is granted on.
   * @default - unknown; nobody can be granted it
   */
  readonly resourceId?: string;
  /**
   * Whether it streams from another, so that its lag is watched.
   * @default - all but the first do
   */
  readonly mayLag?: boolean;
}

/** The system of record, made here or elsewhere: PostgreSQL, a primary and the replicas that stream from it, with forced TLS. */
export interface IReplicatedDatabase extends IConstruct, ec2.IConnectable {
  /** The database that clients work with. */
  readonly databaseName: string;

  /** `host:port` of the primary. */
  readonly writer: string;

  /** `host:port` of each replica. The runtime reads from one that has replayed far enough, so it must know each by itself. */
  readonly readers: string[];

  /** The primary, then the replicas; none of a database that was made elsewhere and doesn't name them. */
  readonly servers: DatabaseServer[];

  /** What others may be allowed to do with it. */
  readonly grants: ReplicatedDatabaseGrants;

  /** JSON with `username` and `password` of a role. */
  secretOf(role: DatabaseRole): secretsmanager.ISecret;

  /** Gives a function what it needs to use the database as one role: the servers, the role's secret, and the way to both. */
  addClient(client: lambda.Function, options: DatabaseClientOptions): void;

  /** A metric of one server, such as `CPUUtilization`; by default the average of five minutes. */
  metric(metricName: string, server: DatabaseServer, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** Where Lambda's Node runtimes have the certificate authorities of RDS; Node doesn't know them by itself. */
const RDS_CA_FILE = '/var/runtime/ca-cert.pem';

/** What every kind of database has in common. Fails when the pools of its clients don't fit, when the app is synthesized. */
export abstract class ReplicatedDatabaseBase extends Resource implements IReplicatedDatabase {
  abstract readonly connections: ec2.Connections;
  abstract readonly databaseName: string;
  /** Connections that each server accepts. */
  abstract readonly maxConnections: number;
  readonly grants: ReplicatedDatabaseGrants = new ReplicatedDatabaseGrants(this);
  abstract get writer(): string;
  abstract get readers(): string[];
  abstract get servers(): DatabaseServer[];
  abstract secretOf(role: DatabaseRole): secretsmanager.ISecret;

  /** The way from its clients to their secrets. */
  protected abstract readonly network: IPlatformNetwork;
  /** By path: a function that is added twice has one pool. */
  private readonly users = new Map<string, ConnectionUser>();

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () => {
        const problem = connectionBudgetProblem([...this.users.values()], this.maxConnections);
        return problem ? [problem] : [];
      },
    });
  }

  /** @throws {RangeError} where the function is outside of the network, or doesn't say how many environments it may have. */
  addClient(client: lambda.Function, options: DatabaseClientOptions): void {
    checkInNetwork(client);
    const concurrency = concurrencyOf(client, options.concurrency);
    const poolSize = options.poolSize ?? 1;
    const secret = this.secretOf(options.role);
    client.addEnvironment('DATABASE_WRITER', this.writer);
    client.addEnvironment('DATABASE_READERS', this.readers.join(','));
    client.addEnvironment('DATABASE_NAME', this.databaseName);
    client.addEnvironment('DATABASE_SECRET_ARN', secret.secretArn);
    client.addEnvironment('DATABASE_POOL_SIZE', String(poolSize));
    client.addEnvironment('NODE_EXTRA_CA_CERTS', RDS_CA_FILE);
    allowReading(secret, client);
    // From the client's side, or the client's stack and this one would need each other.
    client.connections.allowToDefaultPort(this, 'to the database');
    this.network.allowSecrets(client);
    this.users.set(client.node.path, { name: client.node.id, concurrency, poolSize });
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

/** What others may be allowed to do with a database. */
export class ReplicatedDatabaseGrants {
  constructor(private readonly database: IReplicatedDatabase) {}

  /** Lets a grantee read the password of a role. */
  readSecret(grantee: iam.IGrantable, role: DatabaseRole): iam.Grant {
    return allowReading(this.database.secretOf(role), grantee);
  }

  /**
   * Lets a grantee sign in by IAM, on every server, as a user to whom PostgreSQL's `rds_iam` was granted; the platform's own roles sign in by
   * password.
   *
   * @throws {RangeError} where the servers' resource ids aren't known.
   */
  connect(grantee: iam.IGrantable, username: string): iam.Grant {
    const { servers } = this.database;
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
        Stack.of(this.database).formatArn({
          service: 'rds-db',
          resource: 'dbuser',
          resourceName: `${resourceId}/${username}`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ),
    });
  }
}
