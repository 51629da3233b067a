import { Resource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import type { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';
import { type ConnectionUser, connectionBudgetProblem } from './connection-budget';
import type { DatabaseRole } from './database-role';

export interface DatabaseClientOptions {
  readonly role: DatabaseRole;

  /**
   * Connections of one environment of the function to one server.
   * @default 1
   */
  readonly poolSize?: number;
}

/** The system of record, made here or elsewhere: PostgreSQL, a primary and the replicas that stream from it, with forced TLS. */
export interface IReplicatedDatabase extends IConstruct, ec2.IConnectable {
  readonly databaseName: string;

  /** `host:port` of the primary. */
  readonly writer: string;

  /** `host:port` of each replica. The runtime reads from one that has replayed far enough, so it must know each by itself. */
  readonly readers: string[];

  /** JSON with `username` and `password` of a role. */
  secretOf(role: DatabaseRole): secretsmanager.ISecret;

  /** Gives a function what it needs to use the database as one role: the servers, the role's secret, and the way to both. */
  addClient(client: PlatformFunction, options: DatabaseClientOptions): void;
}

/** Where Lambda's Node runtimes have the certificate authorities of RDS; Node doesn't know them by itself. */
const RDS_CA_FILE = '/var/runtime/ca-cert.pem';

/** What every kind of database has in common. Fails when the pools of its clients don't fit, when the app is synthesized. */
export abstract class ReplicatedDatabaseBase extends Resource implements IReplicatedDatabase {
  abstract readonly connections: ec2.Connections;
  abstract readonly databaseName: string;
  abstract readonly maxConnections: number;
  abstract get writer(): string;
  abstract get readers(): string[];
  abstract secretOf(role: DatabaseRole): secretsmanager.ISecret;

  protected abstract readonly network: IPlatformNetwork;
  private readonly users: ConnectionUser[] = [];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () => {
        const problem = connectionBudgetProblem(this.users, this.maxConnections);
        return problem ? [problem] : [];
      },
    });
  }

  addClient(client: PlatformFunction, options: DatabaseClientOptions): void {
    const poolSize = options.poolSize ?? 1;
    const secret = this.secretOf(options.role);
    client.addEnvironment('DATABASE_WRITER', this.writer);
    client.addEnvironment('DATABASE_READERS', this.readers.join(','));
    client.addEnvironment('DATABASE_NAME', this.databaseName);
    client.addEnvironment('DATABASE_SECRET_ARN', secret.secretArn);
    client.addEnvironment('DATABASE_POOL_SIZE', String(poolSize));
    client.addEnvironment('NODE_EXTRA_CA_CERTS', RDS_CA_FILE);
    client.readSecret(secret);
    // From the client's side, or the client's stack and this one would need each other.
    client.connections.allowToDefaultPort(this, 'to the database');
    this.network.allowSecrets(client);
    this.users.push({ name: client.node.id, concurrency: client.concurrency, poolSize });
  }
}
