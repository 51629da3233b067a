import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { IConstruct } from 'constructs';
import * as variables from '../contract/variables';
import { checkInNetwork } from '../functions/client-function';
import { allowReading } from '../functions/secret-access';
import type { IPlatformNetwork } from '../network/platform-network';

/** Node of a shared tier, by its name in CloudWatch. */
export interface CacheNode {
  /** Name on the dashboard and in alarms, such as `shard 1 node 2`. */
  readonly name: string;
  /** Value of the dimension `CacheClusterId` of its metrics. */
  readonly cacheClusterId: string;
}

/** Options of a client of a shared tier. */
export interface SharedClientOptions {
  /**
   * True for the variables of the tier for state, which `connectionFromEnvironment('state')` reads, beside those of the cache.
   * @default false
   */
  readonly state?: boolean;
}

/** A shared tier: a server of the Redis Cluster protocol over TLS. */
export interface ISharedCache extends IConstruct, ec2.IConnectable {
  /** Prefix of every key. */
  readonly namespace: string;

  /** `host:port` from which a client discovers the cluster; TLS always. */
  readonly endpoint: string;

  /** Secret of the client user: JSON with `username` and `password`; undefined where clients sign in by IAM. */
  readonly secret?: secretsmanager.ISecret;

  /** Nodes whose metrics are known; empty for a serverless cache, and for an imported one whose attributes name none. */
  readonly nodes: CacheNode[];

  /** Id of the replication group; undefined for a serverless cache. */
  readonly replicationGroupId?: string;

  /** Name of the serverless cache; undefined for a replication group. */
  readonly serverlessCacheName?: string;

  /** Topic of ElastiCache's events, such as a failover; undefined for a serverless cache. */
  readonly notifications?: sns.ITopic;

  /** Permissions on the shared tier. */
  readonly grants: SharedCacheGrants;

  /**
   * Gives a function what it needs to use this tier: the endpoint, permission to read the user's secret, and network access to
   * both.
   */
  addClient(client: lambda.Function, options?: SharedClientOptions): void;

  /**
   * Metric of one node, or of a serverless cache as a whole, such as `Evictions`; by default the average of five minutes.
   *
   * @param node node of the metric; not needed for a serverless cache.
   * @throws {RangeError} if no node is given for a tier that isn't serverless.
   */
  metric(metricName: string, node?: CacheNode, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** Common part of all shared tiers. */
export abstract class SharedCacheBase extends Resource implements ISharedCache {
  abstract readonly namespace: string;
  abstract readonly endpoint: string;
  abstract readonly secret?: secretsmanager.ISecret;
  abstract readonly connections: ec2.Connections;
  /** Topic of ElastiCache's events, such as a failover; undefined for a serverless cache. */
  abstract readonly notifications?: sns.ITopic;
  readonly grants: SharedCacheGrants = new SharedCacheGrants(this);

  /** Network with the endpoint through which clients read the secret. */
  protected abstract readonly network?: IPlatformNetwork;

  /** ARNs that `elasticache:Connect` must be allowed on: both the cache's and the user's. */
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

  /** @throws {RangeError} if no node is given for a tier that isn't serverless. */
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
      // Nodes and serverless caches have dimensions of different names.
      dimensionsMap: node ? { CacheClusterId: node.cacheClusterId } : { clusterId: serverlessCacheName as string },
      ...options,
    });
  }

  /**
   * @throws {RangeError} if clients sign in by IAM, which the platform's functions don't support, or the function is outside of
   * the network.
   */
  addClient(client: lambda.Function, options: SharedClientOptions = {}): void {
    if (!this.secret) {
      throw new RangeError(
        `shared cache: 'authentication' must be CacheAuthentication.PASSWORD for function '${client.node.id}', got: IAM; ` +
          "set it, or use 'grants.connect' and 'connections' for a client that signs in by itself",
      );
    }
    checkInNetwork(client);
    const { state = false } = options;
    client.addEnvironment(state ? variables.STATE_ENDPOINT : variables.SHARED_ENDPOINT, this.endpoint);
    client.addEnvironment(state ? variables.STATE_SECRET_ARN : variables.SHARED_SECRET_ARN, this.secret.secretArn);
    client.addEnvironment(state ? variables.STATE_NAMESPACE : variables.CACHE_NAMESPACE, this.namespace);
    allowReading(this.secret, client);
    // On the client's side: otherwise the client's stack and this one would depend on each other.
    client.connections.allowToDefaultPort(this, state ? 'to the tier for state' : 'to the shared tier');
    this.network?.allowSecrets(client);
  }

  /** ARN of a resource of ElastiCache, in this account and region. */
  protected arnOf(kind: string, name: string): string {
    return Stack.of(this).formatArn({
      service: 'elasticache',
      resource: kind,
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}

/** Permissions on a shared tier. */
export class SharedCacheGrants {
  readonly #cache: SharedCacheBase;

  constructor(cache: SharedCacheBase) {
    this.#cache = cache;
  }

  /** Lets a grantee sign in as the client user. Only where the tier's users sign in by IAM. */
  connect(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['elasticache:Connect'], resourceArns: this.#cache.connectArns });
  }

  /**
   * Lets a grantee read the password of the client user.
   *
   * @throws {RangeError} where clients sign in by IAM.
   */
  readSecret(grantee: iam.IGrantable): iam.Grant {
    if (this.#cache.secret) return allowReading(this.#cache.secret, grantee);
    throw new RangeError(
      "shared cache: 'authentication' must be CacheAuthentication.PASSWORD for 'grants.readSecret', got: IAM; use 'grants.connect'",
    );
  }
}
