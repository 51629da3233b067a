import { ArnFormat, Resource, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import type { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';

/** A shared tier, made here or elsewhere: something that speaks the protocol of a Redis Cluster over TLS. */
export interface ISharedCache extends IConstruct, ec2.IConnectable {
  /** Prefix of every key. */
  readonly namespace: string;

  /** `host:port` that a cluster's client begins with; TLS always. */
  readonly endpoint: string;

  /** JSON with `username` and `password` of the client user; none where clients sign in by IAM. */
  readonly secret?: secretsmanager.ISecret;

  /** What others may be allowed to do with it. */
  readonly grants: SharedCacheGrants;

  /** Gives a function what it needs to use this tier: the endpoint, the user's secret, and the way to both. */
  addClient(client: PlatformFunction): void;
}

/** What every kind of shared tier has in common. */
export abstract class SharedCacheBase extends Resource implements ISharedCache {
  abstract readonly namespace: string;
  abstract readonly endpoint: string;
  abstract readonly secret?: secretsmanager.ISecret;
  abstract readonly connections: ec2.Connections;
  readonly grants: SharedCacheGrants = new SharedCacheGrants(this);

  /** The way to Secrets Manager, from where the clients are. */
  protected abstract readonly network?: IPlatformNetwork;

  /** ARNs that `elasticache:Connect` is allowed on: the cache and the user, both or it is refused. */
  abstract get connectArns(): string[];

  /** @throws {RangeError} where clients sign in by IAM, which the platform's functions don't. */
  addClient(client: PlatformFunction): void {
    if (!this.secret) {
      throw new RangeError(
        `shared cache: 'authentication' must be CacheAuthentication.PASSWORD for function '${client.node.id}', got: IAM; ` +
          "set it, or use 'grants.connect' and 'connections' for a client that signs in by itself",
      );
    }
    client.addEnvironment('SHARED_ENDPOINT', this.endpoint);
    client.addEnvironment('SHARED_SECRET_ARN', this.secret.secretArn);
    client.addEnvironment('CACHE_NAMESPACE', this.namespace);
    client.readSecret(this.secret);
    // From the client's side, or the client's stack and this one would need each other.
    client.connections.allowToDefaultPort(this, 'to the shared tier');
    this.network?.allowSecrets(client);
  }

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
}
