import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { type CacheNode, SharedCacheBase } from './shared-cache-base';

/** A shared tier that was made elsewhere. */
export interface SharedCacheAttributes {
  /** Prefix of every key. */
  readonly namespace: string;
  /** Configuration endpoint, without a port. */
  readonly endpointAddress: string;
  /** Port of the endpoint. */
  readonly endpointPort: number;
  /** Of the nodes; clients are let in by it. */
  readonly securityGroup: ec2.ISecurityGroup;
  /**
   * JSON with `username` and `password`.
   * @default - clients sign in by IAM
   */
  readonly secret?: secretsmanager.ISecret;
  /**
   * The way to the secret.
   * @default - clients have one
   */
  readonly network?: IPlatformNetwork;
  /**
   * Needed for `grants.connect`, and to report its topology.
   * @default - none
   */
  readonly replicationGroupId?: string;
  /**
   * Needed for `grants.connect`.
   * @default - none
   */
  readonly userId?: string;
  /**
   * The nodes to watch.
   * @default - none, nothing is watched
   */
  readonly nodes?: CacheNode[];
  /**
   * Where ElastiCache says what happens to the nodes.
   * @default - unknown; the topology is reported by schedule
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

/** A shared tier of nodes that was made elsewhere. */
export class ImportedSharedCache extends ImportedCacheBase {
  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: SharedCacheAttributes,
  ) {
    super(scope, id, attributes);
  }

  override get nodes(): CacheNode[] {
    return [...(this.attributes.nodes ?? [])];
  }

  override get replicationGroupId(): string | undefined {
    return this.attributes.replicationGroupId;
  }

  get connectArns(): string[] {
    const { replicationGroupId, userId } = this.attributes;
    if (!replicationGroupId || !userId) {
      throw new RangeError(
        `imported shared cache: 'replicationGroupId' and 'userId' must be given for 'grants.connect', got: ${JSON.stringify({ replicationGroupId, userId })}; name both when it is imported`,
      );
    }
    return [this.arnOf('replicationgroup', replicationGroupId), this.arnOf('user', userId)];
  }
}
