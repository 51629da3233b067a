import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { type CacheNode, SharedCacheBase } from './shared-cache-base';

/** Attributes of an imported shared tier. */
export interface SharedCacheAttributes {
  /** Prefix of every key. */
  readonly namespace: string;
  /** Configuration endpoint, without a port. */
  readonly endpointAddress: string;
  /** Port of the endpoint. */
  readonly endpointPort: number;
  /** Security group of the nodes, which admits clients. */
  readonly securityGroup: ec2.ISecurityGroup;
  /**
   * Secret of the client user: JSON with `username` and `password`.
   * @default - clients sign in by IAM
   */
  readonly secret?: secretsmanager.ISecret;
  /**
   * Network with the endpoint through which clients read the secret.
   * @default - clients reach Secrets Manager by themselves
   */
  readonly network?: IPlatformNetwork;
  /**
   * Id of the replication group. Needed for `grants.connect`, and to report its topology.
   * @default - none
   */
  readonly replicationGroupId?: string;
  /**
   * Id of the client user. Needed for `grants.connect`.
   * @default - none
   */
  readonly userId?: string;
  /**
   * Nodes to watch.
   * @default - none, nothing is watched
   */
  readonly nodes?: CacheNode[];
  /**
   * Topic of ElastiCache's events.
   * @default - unknown; the topology is reported by schedule only
   */
  readonly notifications?: sns.ITopic;
}

/** Attributes that every imported shared tier has. */
export type ImportedCacheAttributes = Pick<
  SharedCacheAttributes,
  'namespace' | 'endpointAddress' | 'endpointPort' | 'securityGroup' | 'secret' | 'network' | 'notifications'
>;

/** Members that every imported shared tier has in common. */
export abstract class ImportedCacheBase extends SharedCacheBase {
  readonly namespace: string;
  readonly endpoint: string;
  readonly secret?: secretsmanager.ISecret;
  readonly connections: ec2.Connections;
  readonly notifications?: sns.ITopic;
  protected readonly network?: IPlatformNetwork;

  constructor(scope: Construct, id: string, attributes: ImportedCacheAttributes) {
    super(scope, id);
    this.namespace = attributes.namespace;
    this.endpoint = `${attributes.endpointAddress}:${attributes.endpointPort}`;
    this.secret = attributes.secret;
    this.network = attributes.network;
    this.notifications = attributes.notifications;
    this.connections = new ec2.Connections({
      securityGroups: [attributes.securityGroup],
      defaultPort: ec2.Port.tcp(attributes.endpointPort),
    });
  }
}

/** An imported shared tier of nodes. */
export class ImportedSharedCache extends ImportedCacheBase {
  readonly #attributes: SharedCacheAttributes;

  constructor(scope: Construct, id: string, attributes: SharedCacheAttributes) {
    super(scope, id, attributes);
    this.#attributes = attributes;
  }

  override get nodes(): CacheNode[] {
    return [...(this.#attributes.nodes ?? [])];
  }

  override get replicationGroupId(): string | undefined {
    return this.#attributes.replicationGroupId;
  }

  get connectArns(): string[] {
    const { replicationGroupId, userId } = this.#attributes;
    if (!replicationGroupId || !userId) {
      throw new RangeError(
        `imported shared cache: 'replicationGroupId' and 'userId' must be given for 'grants.connect', got: ${JSON.stringify({ replicationGroupId, userId })}; name both when it is imported`,
      );
    }
    return [this.arnOf('replicationgroup', replicationGroupId), this.arnOf('user', userId)];
  }
}
