import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import { checkInNetwork } from '../functions/client-function';
import { allowReading } from '../functions/secret-access';
import type { IPlatformNetwork } from '../network/platform-network';

/** One node, as CloudWatch calls it. */
export interface CacheNode {
  /** Such as `shard 1 node 2`. */
  readonly name: string;
  /** Dimension of its metrics. */
  readonly cacheClusterId: string;
}

/** A shared tier, made here or elsewhere: something that speaks the protocol of a Redis Cluster over TLS. */
export interface ISharedCache extends IConstruct, ec2.IConnectable {
  /** Prefix of every key. */
  readonly namespace: string;

  /** `host:port` that a cluster's client begins with; TLS always. */
  readonly endpoint: string;

  /** JSON with `username` and `password` of the client user; none where clients sign in by IAM. */
  readonly secret?: secretsmanager.ISecret;

  /** Nodes whose metrics are known; none of a serverless cache, nor of one that was made elsewhere and doesn't name them. */
  readonly nodes: CacheNode[];

  /** Id of the replication group, where it is one. */
  readonly replicationGroupId?: string;

  /** Name of the serverless cache, where it is one. */
  readonly serverlessCacheName?: string;

  /** Where ElastiCache says what happens to the nodes, such as a failover; none of a serverless cache. */
  readonly notifications?: sns.ITopic;

  /** What others may be allowed to do with it. */
  readonly grants: SharedCacheGrants;

  /** Gives a function what it needs to use this tier: the endpoint, the user's secret, and the way to both. */
  addClient(client: lambda.Function): void;

  /**
   * A metric of one node, or of a serverless cache as a whole, such as `Evictions`; by default the average of five minutes.
   *
   * @param node which one; not needed where it is serverless.
   * @throws {RangeError} where it isn't serverless, and no node is named.
   */
  metric(metricName: string, node?: CacheNode, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** What every kind of shared tier has in common. */
export abstract class SharedCacheBase extends Resource implements ISharedCache {
  abstract readonly namespace: string;
  abstract readonly endpoint: string;
  abstract readonly secret?: secretsmanager.ISecret;
  abstract readonly connections: ec2.Connections;
  /** Where ElastiCache says what happens to the nodes, such as a failover; none of a serverless cache. */
  abstract readonly notifications?: sns.ITopic;
  readonly grants: SharedCacheGrants = new SharedCacheGrants(this);

  /** The way to Secrets Manager, from where the clients are. */
  protected abstract readonly network?: IPlatformNetwork;

  /** ARNs that `elasticache:Connect` is allowed on: the cache and the user, both or it is refused. */
  abstract get connectArns(): string[];

  get nodes(): CacheNode[] {
    return [];
  }

  get replicationGroupId(): string | undefined {
    return undefined;
  }

  get serverlessCacheName(): string | undefined {
    return undefined;
  }

  /** @throws {RangeError} where it isn't serverless, and no node is named. */
  metric(metricName: string, node?: CacheNode, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { serverlessCacheName } = this;
    if (!node && serverlessCacheName === undefined) {
      throw new RangeError(
        `shared cache: 'node' must be given for metric '${metricName}', since ElastiCache measures each node by itself, got: undefined; take one of 'nodes'`,
      );
    }
    return new cloudwatch.Metric({
      namespace: 'AWS/ElastiCache',
      metricName,
      // Two names for what it is of: a node, and a serverless cache.
      dimensionsMap: node ? { CacheClusterId: node.cacheClusterId } : { clusterId: serverlessCacheName as string },
      ...options,
    });
  }

  /** @throws {RangeError} where clients sign in by IAM, which the platform's functions don't, or the function is outside of the network. */
  addClient(client: lambda.Function): void {
    if (!this.secret) {
      throw new RangeError(
        `shared cache: 'authentication' must be CacheAuthentication.PASSWORD for function '${client.node.id}', got: IAM; ` +
          "set it, or use 'grants.connect' and 'connections' for a client that signs in by itself",
      );
    }
    checkInNetwork(client);
    client.addEnvironment('SHARED_ENDPOINT', this.endpoint);
    client.addEnvironment('SHARED_SECRET_ARN', this.secret.secretArn);
    client.addEnvironment('CACHE_NAMESPACE', this.namespace);
    allowReading(this.secret, client);
    // From the client's side, or the client's stack and this one would need each other.
    client.connections.allowToDefaultPort(this, 'to the shared tier');
    this.network?.allowSecrets(client);
  }

  /** ARN of something of ElastiCache, in this account and region. */
  protected arnOf(kind: string, name: string): string {
    return Stack.of(this).formatArn({
      service: 'elasticache',
      resource: kind,
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}

/** What others may be allowed to do with a shared tier. */
export class SharedCacheGrants {
  constructor(private readonly cache: SharedCacheBase) {}

  /** Lets a grantee sign in as the client user. Only where the tier's users sign in by IAM. */
  connect(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['elasticache:Connect'], resourceArns: this.cache.connectArns });
  }

  /**
   * Lets a grantee read the password of the client user.
   *
   * @throws {RangeError} where clients sign in by IAM.
   */
  readSecret(grantee: iam.IGrantable): iam.Grant {
    if (this.cache.secret) return allowReading(this.cache.secret, grantee);
    throw new RangeError(
      "shared cache: 'authentication' must be CacheAuthentication.PASSWORD for 'grants.readSecret', got: IAM; use 'grants.connect'",
    );
  }
}
