import { Fn, Names, RemovalPolicy } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { checkZones } from '../network/zones';
import { CacheAuthentication } from './cache-access';
import { CacheEngine } from './cache-engine';
import { addCacheUsers } from './cache-users';
import { EvictionPolicy } from './eviction-policy';
import { addGlobalDatastore, checkGlobalMember, type GlobalDatastore } from './global-datastore';
import { type CacheNode, type ISharedCache, SharedCacheBase } from './shared-cache-base';
import { authTokenProblems, checkScaling, checkSharedCache } from './shared-cache-checks';
import { addSharedConnections, referStrongly, securityGroupIdsOf } from './shared-cache-parts';

/** What a shared tier is like. */
export interface SharedCacheProps {
  /** Where its nodes are: in the isolated subnets. */
  readonly network: IPlatformNetwork;

  /**
   * Prefix of every key, and of the names of the users, which are the account's. Lower case letters, digits and dashes.
   */
  readonly namespace: string;

  /**
   * Engine and version.
   * @default CacheEngine.VALKEY_8_0
   */
  readonly engine?: CacheEngine;

  /**
   * Class of each node, as ElastiCache names it.
   * @default 'cache.t4g.small'
   */
  readonly nodeType?: string;

  /**
   * Whether keys are spread over shards. The functions of the platform need it; without it there is one shard, and a primary endpoint.
   * @default true
   */
  readonly clusterMode?: boolean;

  /**
   * Shards (node groups). Changed online, without replacement.
   * @default 3 - 1 without cluster mode
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
   * Whether the replicas of a shard are in other zones than its primary.
   * @default - with automatic failover
   */
  readonly multiAz?: boolean;

  /**
   * How clients say who they are.
   * @default CacheAuthentication.PASSWORD
   */
  readonly authentication?: CacheAuthentication;

  /**
   * What goes where memory is full.
   * @default EvictionPolicy.ALLKEYS_LRU
   */
  readonly evictionPolicy?: EvictionPolicy;

  /**
   * Percent of memory that holds no data: what replication and snapshots need.
   * @default 25
   */
  readonly reservedMemoryPercent?: number;

  /**
   * Encrypts what is on disk. ElastiCache replaces the group when it changes.
   * @default - a key of ElastiCache's own
   */
  readonly encryptionKey?: kms.IKey;

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
   * What happens to the group, its secret and its logs when they leave the template. `SNAPSHOT` takes a final snapshot of the group.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Its part in a global datastore. A secondary takes engine, nodes, shards and parameters over from its primary, and can only be read. Neither
   * can scale by itself, and what they have in common is changed in the datastore (`aws elasticache modify-global-replication-group`).
   * @default - none; a tier of one region
   */
  readonly globalDatastore?: GlobalDatastore;
}

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

/** How far the number of something may move by itself, and what moves it. */
export interface CacheScalingOptions {
  /** Fewest that there may be. */
  readonly min: number;
  /** Most that there may be. */
  readonly max: number;
  /**
   * Percent that it is kept near, 35 to 70: of memory for shards, of the engine's CPU for replicas.
   * @default 60
   */
  readonly targetPercent?: number;
}

/**
 * The shared tier: an ElastiCache replication group with TLS and a user of its own.
 *
 * @throws {RangeError} where the properties contradict each other or a limit of ElastiCache.
 */
export class SharedCache extends SharedCacheBase implements ec2.IConnectable {
  /** Uses a shared tier that was made elsewhere, by its endpoint and its user. */
  static fromSharedCacheAttributes(scope: Construct, id: string, attributes: SharedCacheAttributes): ISharedCache {
    return new ImportedSharedCache(scope, id, attributes);
  }

  readonly connections: ec2.Connections;
  /** The group itself. */
  readonly replicationGroup: elasticache.CfnReplicationGroup;
  /** JSON with `username` and `password` of the client user. */
  readonly secret?: secretsmanager.ISecret;
  readonly namespace: string;
  /** Where ElastiCache says what happens to the group, such as a failover. */
  readonly notifications?: sns.ITopic;
  /** Id of the global datastore that it is in. */
  readonly globalReplicationGroupId?: string;

  protected readonly network?: IPlatformNetwork;
  private readonly settings: {
    readonly nodeType: string;
    readonly clusterMode: boolean;
    readonly reservedMemoryPercent: number;
    readonly shards: number;
    readonly replicasPerShard: number;
    readonly globalDatastore?: GlobalDatastore;
  };
  private readonly clientUserId: string;

  constructor(scope: Construct, id: string, props: SharedCacheProps) {
    super(scope, id);
    checkGlobalMember(props);
    const { globalDatastore } = props;
    // Of a secondary, what its primary is like; the group itself isn't told.
    const primary = globalDatastore?.primary;
    const engine = primary?.engine ?? props.engine ?? CacheEngine.VALKEY_8_0;
    const clusterMode = primary?.clusterMode ?? props.clusterMode ?? true;
    const shards = primary?.shards ?? props.shards ?? (clusterMode ? 3 : 1);
    const replicasPerShard = props.replicasPerShard ?? 1;
    const automaticFailover = props.automaticFailover ?? true;
    const multiAz = props.multiAz ?? automaticFailover;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const nodeType = props.nodeType ?? 'cache.t4g.small';
    const reservedMemoryPercent = props.reservedMemoryPercent ?? 25;
    checkSharedCache({ ...props, clusterMode, shards, replicasPerShard, automaticFailover });

    this.network = props.network;
    this.namespace = props.namespace;
    this.settings = { nodeType, clusterMode, reservedMemoryPercent, shards, replicasPerShard, globalDatastore };
    const port = props.port ?? 6380;
    const { vpc } = props.network;
    const isolated: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    if (multiAz) checkZones('shared cache', vpc, isolated);

    this.connections = addSharedConnections(this, vpc, port);

    const subnetGroup = new elasticache.CfnSubnetGroup(this, 'SubnetGroup', {
      description: 'Isolated subnets of the shared tier',
      subnetIds: vpc.selectSubnets(isolated).subnetIds,
    });

    const addParameters = () =>
      new elasticache.CfnParameterGroup(this, 'ParameterGroup', {
        cacheParameterGroupFamily: engine.parameterGroupFamily,
        description: `Parameters of ${Names.uniqueId(this)}`,
        properties: {
          'cluster-enabled': clusterMode ? 'yes' : 'no',
          // By default every entry can be loaded again, so that any may be evicted.
          'maxmemory-policy': (props.evictionPolicy ?? EvictionPolicy.ALLKEYS_LRU).value,
          // ElastiCache's advice, for what replication and snapshots need beside the data.
          'reserved-memory-percent': String(reservedMemoryPercent),
        },
      });
    // What is the same in every member of a global datastore; ElastiCache refuses to be told it of a secondary.
    const common: Partial<elasticache.CfnReplicationGroupProps> = primary
      ? {
          globalReplicationGroupId: primary.globalReplicationGroupId,
          ...(clusterMode ? { replicasPerNodeGroup: replicasPerShard } : { numCacheClusters: replicasPerShard + 1 }),
        }
      : {
          engine: engine.type,
          engineVersion: engine.version,
          cacheNodeType: nodeType,
          clusterMode: clusterMode ? 'enabled' : 'disabled',
          numNodeGroups: shards,
          replicasPerNodeGroup: replicasPerShard,
          transitEncryptionEnabled: true,
          transitEncryptionMode: 'required',
          atRestEncryptionEnabled: true,
          cacheParameterGroupName: addParameters().ref,
        };

    const users = addCacheUsers(this, {
      namespace: props.namespace,
      engine: engine.type,
      authentication: props.authentication ?? CacheAuthentication.PASSWORD,
      removalPolicy,
    });
    this.secret = users.secret;
    this.clientUserId = users.client.ref;

    // Not encrypted, and with the policy that SNS gives it: ElastiCache stops publishing to any other topic. What it says is the name of an
    // event and of a node.
    this.notifications = new sns.Topic(this, 'Notifications');

    this.replicationGroup = new elasticache.CfnReplicationGroup(this, 'ReplicationGroup', {
      replicationGroupDescription: `Shared tier '${props.namespace}'`,
      ...common,
      automaticFailoverEnabled: automaticFailover,
      multiAzEnabled: multiAz,
      port,
      kmsKeyId: props.encryptionKey?.keyArn,
      userGroupIds: [users.group.ref],
      cacheSubnetGroupName: subnetGroup.ref,
      securityGroupIds: securityGroupIdsOf(this.connections),
      notificationTopicArn: this.notifications.topicArn,
      logDeliveryConfigurations: ['slow-log', 'engine-log'].map((logType) => ({
        logType,
        logFormat: 'json',
        destinationType: 'cloudwatch-logs',
        destinationDetails: { cloudWatchLogsDetails: { logGroup: this.addLog(logType, removalPolicy).logGroupName } },
      })),
      snapshotRetentionLimit: props.snapshotRetentionDays ?? 1,
      snapshotWindow: '03:00-04:00',
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
      autoMinorVersionUpgrade: true,
    });
    // Without it CloudFormation replaces the group, and every entry with it, when the number of shards changes.
    this.replicationGroup.cfnOptions.updatePolicy = { useOnlineResharding: true };
    this.replicationGroup.applyRemovalPolicy(removalPolicy);

    referStrongly(this.replicationGroup, users.secret);
    this.globalReplicationGroupId = globalDatastore?.suffix
      ? addGlobalDatastore(this.replicationGroup, globalDatastore.suffix, removalPolicy).attrGlobalReplicationGroupId
      : primary?.globalReplicationGroupId;
    this.node.addValidation({ validate: () => authTokenProblems(this.replicationGroup) });
  }

  /**
   * Gives a function what it needs to use this tier: the endpoint, the user's secret, and the way to both.
   *
   * @throws {RangeError} where clients sign in by IAM, the function is outside of the network, or this is a secondary, which can only be read.
   */
  override addClient(client: lambda.Function): void {
    if (this.settings.globalDatastore?.primary) {
      throw new RangeError(
        `shared cache: 'globalDatastore' must not be a secondary for function '${client.node.id}', which writes entries, leases and fences, got: a secondary, which can only be read; give the region a shared tier of its own`,
      );
    }
    super.addClient(client);
  }

  /** `host:port` of the configuration endpoint, or without cluster mode of the primary; TLS always. */
  get endpoint(): string {
    const { replicationGroup: group } = this;
    return this.settings.clusterMode
      ? `${group.attrConfigurationEndPointAddress}:${group.attrConfigurationEndPointPort}`
      : `${group.attrPrimaryEndPointAddress}:${group.attrPrimaryEndPointPort}`;
  }

  /**
   * `host:port` that reads are spread from over the replicas.
   * @throws {RangeError} in cluster mode, where a client learns of replicas from the configuration endpoint.
   */
  get readerEndpoint(): string {
    if (this.settings.clusterMode) {
      throw new RangeError(
        "shared cache: 'readerEndpoint' is of a group without cluster mode, got: cluster mode; use 'endpoint'",
      );
    }
    return `${this.replicationGroup.attrReaderEndPointAddress}:${this.replicationGroup.attrReaderEndPointPort}`;
  }

  get connectArns(): string[] {
    return [this.arnOf('replicationgroup', this.replicationGroup.ref), this.arnOf('user', this.clientUserId)];
  }

  /** Every node as the template has it; those that scaling adds later aren't among them. */
  override get nodes(): CacheNode[] {
    const { shards, replicasPerShard, clusterMode } = this.settings;
    const all: CacheNode[] = [];
    for (let shard = 1; shard <= shards; shard++) {
      for (let member = 1; member <= replicasPerShard + 1; member++) {
        const node = String(member).padStart(3, '0');
        const suffix = clusterMode ? `${String(shard).padStart(4, '0')}-${node}` : node;
        all.push({ name: `shard ${shard} node ${member}`, cacheClusterId: Fn.join('-', [this.replicationGroup.ref, suffix]) });
      }
    }
    return all;
  }

  override get replicationGroupId(): string | undefined {
    return this.replicationGroup.ref;
  }

  /**
   * Lets the number of shards follow memory. The template's number is then where it began: change `min` and `max` instead.
   *
   * @throws {RangeError} where Application Auto Scaling refuses the node type or the range.
   */
  autoscaleShards(options: CacheScalingOptions): void {
    this.scale('shards', options, {
      id: 'Shards',
      dimension: 'elasticache:replication-group:NodeGroups',
      metric: appscaling.PredefinedMetric.ELASTICACHE_DATABASE_MEMORY_USAGE_COUNTED_FOR_EVICT_PERCENTAGE,
    });
  }

  /**
   * Lets the number of replicas of each shard follow the CPU of the replicas.
   *
   * @throws {RangeError} where Application Auto Scaling refuses the node type or the range.
   */
  autoscaleReplicas(options: CacheScalingOptions): void {
    this.scale('replicas', options, {
      id: 'Replicas',
      dimension: 'elasticache:replication-group:Replicas',
      metric: appscaling.PredefinedMetric.ELASTICACHE_REPLICA_ENGINE_CPU_UTILIZATION,
    });
  }

  private scale(
    what: 'shards' | 'replicas',
    { min, max, targetPercent = 60 }: CacheScalingOptions,
    target: { readonly id: string; readonly dimension: string; readonly metric: appscaling.PredefinedMetric },
  ): void {
    checkScaling(what, { min, max, targetPercent }, this.settings);
    const scalable = new appscaling.ScalableTarget(this, `${target.id}Target`, {
      serviceNamespace: appscaling.ServiceNamespace.ELASTICACHE,
      resourceId: Fn.join('/', ['replication-group', this.replicationGroup.ref]),
      scalableDimension: target.dimension,
      minCapacity: min,
      maxCapacity: max,
    });
    scalable.scaleToTrackMetric(`${target.id}Tracking`, { predefinedMetric: target.metric, targetValue: targetPercent });
  }

  private addLog(logType: string, removalPolicy: RemovalPolicy): logs.LogGroup {
    const policy = removalPolicy === RemovalPolicy.SNAPSHOT ? RemovalPolicy.RETAIN : removalPolicy;
    return new logs.LogGroup(this, logType === 'slow-log' ? 'SlowLog' : 'EngineLog', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: policy,
    });
  }
}

class ImportedSharedCache extends SharedCacheBase {
  readonly namespace: string;
  readonly endpoint: string;
  readonly secret?: secretsmanager.ISecret;
  readonly connections: ec2.Connections;
  readonly notifications?: sns.ITopic;
  protected readonly network?: IPlatformNetwork;

  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: SharedCacheAttributes,
  ) {
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
