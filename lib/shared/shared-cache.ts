import { CrossStackReferences, Names, ReferenceStrength, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { PlatformFunction } from '../functions/platform-function';
import type { PlatformNetwork } from '../network/platform-network';
import { CacheEngine } from './cache-engine';

export interface SharedCacheProps {
  readonly network: PlatformNetwork;

  /**
   * Prefix of every key, and of the names of the users, which are the account's. Lower case letters, digits and dashes.
   */
  readonly namespace: string;

  /** @default CacheEngine.VALKEY_8_0 */
  readonly engine?: CacheEngine;

  /**
   * @default 'cache.t4g.small'
   */
  readonly nodeType?: string;

  /**
   * Shards (node groups). Changed online, without replacement.
   * @default 3
   */
  readonly shards?: number;

  /**
   * Replicas of each shard, 0 to 5. ElastiCache replaces the whole group when it changes.
   * @default 1
   */
  readonly replicasPerShard?: number;

  /**
   * Whether a replica takes over from a primary that fails. Cluster mode can't be without it on more than one shard.
   * @default true
   */
  readonly automaticFailover?: boolean;

  /**
   * Days that a daily snapshot is kept, 0 to 35; 0 takes none.
   * @default 1
   */
  readonly snapshotRetentionDays?: number;

  /**
   * Not the engine's own port, so that a scan for it finds nothing.
   * @default 6380
   */
  readonly port?: number;

  /**
   * What happens to the group and its secret when they leave the template.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** ElastiCache's limit, from `CreateReplicationGroup`. */
const MAX_REPLICAS_PER_SHARD = 5;

/** ElastiCache's limit, from `CreateReplicationGroup`. */
const MAX_SNAPSHOT_RETENTION_DAYS = 35;

/** ElastiCache's longest name of a user or a user group, less the longest suffix given here. */
const NAMESPACE = /^[a-z](?:-?[a-z0-9]){0,29}$/;

const NODE_TYPE = /^cache\.[a-z]\d[a-z]*\.(micro|small|medium|large|\d*xlarge)$/;

/** Everything a client does, and no command that looks at all keys, changes the server or reads its configuration. */
const CLIENT_ACCESS = [
  'on ~* &* +@all -@admin -@dangerous',
  '+info +role +cluster|info +cluster|myid +cluster|nodes +cluster|shards +cluster|slots',
].join(' ');

/** An access that allows nothing. Every group must have a user named `default`; this one can't be used. */
const NO_ACCESS = 'off -@all';

/**
 * The shared tier: an ElastiCache replication group in cluster mode, with TLS and a user of its own.
 *
 * @throws {RangeError} where the properties contradict each other or a limit of ElastiCache.
 */
export class SharedCache extends Construct implements ec2.IConnectable {
  readonly connections: ec2.Connections;
  readonly replicationGroup: elasticache.CfnReplicationGroup;
  /** JSON with `username` and `password` of the client user. */
  readonly secret: secretsmanager.ISecret;
  readonly namespace: string;
  /** Where ElastiCache says what happens to the group, such as a failover. */
  readonly notifications: sns.ITopic;

  private readonly network: PlatformNetwork;
  private readonly port: number;

  constructor(scope: Construct, id: string, props: SharedCacheProps) {
    super(scope, id);
    const engine = props.engine ?? CacheEngine.VALKEY_8_0;
    const shards = props.shards ?? 3;
    const replicasPerShard = props.replicasPerShard ?? 1;
    const automaticFailover = props.automaticFailover ?? true;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    checkProps({ ...props, shards, replicasPerShard, automaticFailover });

    this.network = props.network;
    this.namespace = props.namespace;
    this.port = props.port ?? 6380;
    const { vpc } = props.network;

    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Shared tier',
      allowAllOutbound: false,
    });
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(this.port) });

    const subnetGroup = new elasticache.CfnSubnetGroup(this, 'SubnetGroup', {
      description: 'Isolated subnets of the shared tier',
      subnetIds: vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_ISOLATED }).subnetIds,
    });

    const parameterGroup = new elasticache.CfnParameterGroup(this, 'ParameterGroup', {
      cacheParameterGroupFamily: engine.parameterGroupFamily,
      description: `Parameters of ${Names.uniqueId(this)}`,
      properties: {
        'cluster-enabled': 'yes',
        // Every entry can be loaded again, so that any may be evicted.
        'maxmemory-policy': 'allkeys-lru',
        // ElastiCache's advice, for what replication and snapshots need beside the data.
        'reserved-memory-percent': '25',
      },
    });

    const secret = new secretsmanager.Secret(this, 'Secret', {
      description: `User of the shared tier '${props.namespace}'`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: `${props.namespace}-client` }),
        generateStringKey: 'password',
        passwordLength: 48,
        excludePunctuation: true,
      },
      removalPolicy,
    });
    this.secret = secret;

    const userGroup = this.addUsers(engine, secret);

    // Not encrypted, and with the policy that SNS gives it: ElastiCache stops publishing to any other topic. What it says is the name of an
    // event and of a node.
    this.notifications = new sns.Topic(this, 'Notifications');

    this.replicationGroup = new elasticache.CfnReplicationGroup(this, 'ReplicationGroup', {
      replicationGroupDescription: `Shared tier '${props.namespace}'`,
      engine: engine.type,
      engineVersion: engine.version,
      cacheNodeType: props.nodeType ?? 'cache.t4g.small',
      clusterMode: 'enabled',
      numNodeGroups: shards,
      replicasPerNodeGroup: replicasPerShard,
      automaticFailoverEnabled: automaticFailover,
      multiAzEnabled: automaticFailover && replicasPerShard > 0,
      port: this.port,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      userGroupIds: [userGroup.ref],
      cacheParameterGroupName: parameterGroup.ref,
      cacheSubnetGroupName: subnetGroup.ref,
      securityGroupIds: [securityGroup.securityGroupId],
      notificationTopicArn: this.notifications.topicArn,
      snapshotRetentionLimit: props.snapshotRetentionDays ?? 1,
      snapshotWindow: '03:00-04:00',
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
      autoMinorVersionUpgrade: true,
    });
    // Without it CloudFormation replaces the group, and every entry with it, when the number of shards changes.
    this.replicationGroup.cfnOptions.updatePolicy = { useOnlineResharding: true };
    this.replicationGroup.applyRemovalPolicy(removalPolicy);

    for (const stateful of [this.replicationGroup, secret]) CrossStackReferences.of(stateful).produce(ReferenceStrength.STRONG);
  }

  /** `host:port` of the configuration endpoint; TLS always. */
  get endpoint(): string {
    return `${this.replicationGroup.attrConfigurationEndPointAddress}:${this.replicationGroup.attrConfigurationEndPointPort}`;
  }

  /** Gives a function what it needs to use this tier: the endpoint, the user's secret, and the way to both. */
  addClient(client: PlatformFunction): void {
    client.addEnvironment('SHARED_ENDPOINT', this.endpoint);
    client.addEnvironment('SHARED_SECRET_ARN', this.secret.secretArn);
    client.addEnvironment('CACHE_NAMESPACE', this.namespace);
    client.readSecret(this.secret);
    // From the client's side, or the client's stack and this one would need each other.
    client.connections.allowToDefaultPort(this, 'to the shared tier');
    this.network.allowSecrets(client);
  }

  private addUsers(engine: CacheEngine, secret: secretsmanager.Secret): elasticache.CfnUserGroup {
    const disabled = new elasticache.CfnUser(this, 'DefaultUser', {
      engine: engine.type,
      userId: `${this.namespace}-default`,
      userName: 'default',
      accessString: NO_ACCESS,
      authenticationMode: { Type: 'no-password-required' },
    });
    const client = new elasticache.CfnUser(this, 'ClientUser', {
      engine: engine.type,
      userId: `${this.namespace}-client`,
      userName: `${this.namespace}-client`,
      accessString: CLIENT_ACCESS,
      authenticationMode: { Type: 'password', Passwords: [secret.secretValueFromJson('password').unsafeUnwrap()] },
    });
    return new elasticache.CfnUserGroup(this, 'UserGroup', {
      engine: engine.type,
      userGroupId: `${this.namespace}-clients`,
      userIds: [disabled.ref, client.ref],
    });
  }
}

function checkProps(
  props: SharedCacheProps & Required<Pick<SharedCacheProps, 'shards' | 'replicasPerShard' | 'automaticFailover'>>,
): void {
  const fail = (property: string, rule: string, got: unknown): never => {
    throw new RangeError(`shared cache: '${property}' ${rule}, got: ${JSON.stringify(got)}`);
  };
  const { shards, replicasPerShard, automaticFailover, nodeType, namespace } = props;
  if (!NAMESPACE.test(namespace)) {
    fail('namespace', 'must be at most 30 lower case letters, digits and single dashes, a letter first', namespace);
  }
  if (!Number.isInteger(shards) || shards < 1 || shards > 500) fail('shards', 'must be 1 to 500', shards);
  if (!Number.isInteger(replicasPerShard) || replicasPerShard < 0 || replicasPerShard > MAX_REPLICAS_PER_SHARD) {
    fail('replicasPerShard', `must be 0 to ${MAX_REPLICAS_PER_SHARD}`, replicasPerShard);
  }
  if (automaticFailover && replicasPerShard === 0) {
    fail('automaticFailover', "needs a replica to fail over to; set 'replicasPerShard' to at least 1", automaticFailover);
  }
  if (!automaticFailover && shards > 1) {
    fail('automaticFailover', `must be on in cluster mode with ${shards} shards`, automaticFailover);
  }
  if (nodeType !== undefined && !NODE_TYPE.test(nodeType)) {
    fail('nodeType', "must be a node type such as 'cache.r7g.large'", nodeType);
  }
  const days = props.snapshotRetentionDays ?? 1;
  if (!Number.isInteger(days) || days < 0 || days > MAX_SNAPSHOT_RETENTION_DAYS) {
    fail('snapshotRetentionDays', `must be 0 to ${MAX_SNAPSHOT_RETENTION_DAYS}`, days);
  }
}
