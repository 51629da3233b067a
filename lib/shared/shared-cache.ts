import { Fn, Names, type RemovalPolicy } from 'aws-cdk-lib';
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
import { KEPT, keepWhatDataUses, withoutSnapshot } from '../removal';
import { CacheAuthentication } from './cache-access';
import { type CacheDurability, checkDurability } from './cache-durability';
import { CacheEngine } from './cache-engine';
import { addCacheScaling, type CacheScalingOptions } from './cache-scaling';
import { addCacheUsers } from './cache-users';
import { EvictionPolicy } from './eviction-policy';
import { addGlobalDatastore, checkGlobalMember, type GlobalDatastore, type GlobalPrimaryAttributes } from './global-datastore';
import { ImportedSharedCache, type SharedCacheAttributes } from './imported-shared-cache';
import { type CacheNode, type ISharedCache, SharedCacheBase } from './shared-cache-base';
import { authTokenProblems, checkSharedCache } from './shared-cache-checks';
import { addSharedConnections, referStrongly, securityGroupIdsOf } from './shared-cache-parts';

/** Properties of a SharedCache. */
export interface SharedCacheProps {
  /** Network of the nodes, which are in its isolated subnets. */
  readonly network: IPlatformNetwork;

  /**
   * Prefix of every key, and of the names of the users, which are unique in an account. Lower case letters, digits and dashes.
   */
  readonly namespace: string;

  /**
   * Engine and version.
   * @default CacheEngine.VALKEY_8_0
   */
  readonly engine?: CacheEngine;

  /**
   * Node type of ElastiCache.
   * @default 'cache.t4g.small'
   */
  readonly nodeType?: string;

  /**
   * True if keys are distributed over shards. Without it there is one shard, and an endpoint that leads to its primary.
   * @default true
   */
  readonly clusterMode?: boolean;

  /**
   * Number of shards (node groups). Changed online, without replacement.
   * @default 3 - 1 without cluster mode
   */
  readonly shards?: number;

  /**
   * Number of replicas of each shard, 0 to 5. ElastiCache replaces the whole group when it changes.
   * @default 1
   */
  readonly replicasPerShard?: number;

  /**
   * True if a replica takes over from a primary that fails. Required in cluster mode with more than one shard.
   * @default true
   */
  readonly automaticFailover?: boolean;

  /**
   * True if the replicas of a shard are in other zones than its primary.
   * @default - with automatic failover
   */
  readonly multiAz?: boolean;

  /**
   * Durability of acknowledged writes. Needs Valkey 9.0, cluster mode, a replica of each shard in another zone, nodes of R7g,
   * R6g, M7g, M6g or C7gn, and no global datastore.
   * @default - ElastiCache's: none
   */
  readonly durability?: CacheDurability;

  /**
   * Authentication of clients.
   * @default CacheAuthentication.PASSWORD
   */
  readonly authentication?: CacheAuthentication;

  /**
   * Policy of evicting entries when memory is full.
   * @default EvictionPolicy.ALLKEYS_LRU
   */
  readonly evictionPolicy?: EvictionPolicy;

  /**
   * Percent of memory that is reserved for replication and snapshots.
   * @default 25
   */
  readonly reservedMemoryPercent?: number;

  /**
   * Key that encrypts data at rest. ElastiCache replaces the group when it changes.
   * @default - ElastiCache's own key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Retention of daily snapshots in days, 0 to 35; 0 takes none.
   * @default 1
   */
  readonly snapshotRetentionDays?: number;

  /**
   * Port of the nodes. The default isn't the engine's, which port scans look for.
   * @default 6380
   */
  readonly port?: number;

  /**
   * Removal policy of the group, its secret and its logs. `SNAPSHOT` takes a final snapshot of the group.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Role in a global datastore. A secondary takes engine, nodes, shards and parameters over from its primary, and can only be
   * read. Neither can scale by itself, and common properties are changed in the datastore (`aws elasticache
   * modify-global-replication-group`).
   * @default - none; a tier of one region
   */
  readonly globalDatastore?: GlobalDatastore;
}

/** Subnets of the nodes. */
const ISOLATED: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };

/** Part of a group's properties that its primary determines where it is a secondary of a global datastore. */
type GroupShape = Partial<elasticache.CfnReplicationGroupProps>;

/** Properties with their defaults. */
interface Settings {
  readonly engine: CacheEngine;
  readonly nodeType: string;
  readonly clusterMode: boolean;
  readonly shards: number;
  readonly replicasPerShard: number;
  readonly automaticFailover: boolean;
  readonly multiAz: boolean;
  readonly durability?: CacheDurability;
  readonly reservedMemoryPercent: number;
  readonly removalPolicy: RemovalPolicy;
  readonly globalDatastore?: GlobalDatastore;
}

/** @returns the properties with their defaults; a secondary has the engine and the shards of its primary. */
function settingsOf(props: SharedCacheProps): Settings {
  const { globalDatastore, automaticFailover = true } = props;
  const primary = globalDatastore?.primary;
  const clusterMode = primary?.clusterMode ?? props.clusterMode ?? true;
  return {
    engine: primary?.engine ?? props.engine ?? CacheEngine.VALKEY_8_0,
    nodeType: props.nodeType ?? 'cache.t4g.small',
    clusterMode,
    shards: primary?.shards ?? props.shards ?? (clusterMode ? 3 : 1),
    replicasPerShard: props.replicasPerShard ?? 1,
    automaticFailover,
    multiAz: props.multiAz ?? automaticFailover,
    durability: props.durability,
    reservedMemoryPercent: props.reservedMemoryPercent ?? 25,
    removalPolicy: props.removalPolicy ?? KEPT,
    globalDatastore,
  };
}

/**
 * The shared tier: an ElastiCache replication group with TLS and a user of its own.
 *
 * @throws {RangeError} where the properties contradict each other or a limit of ElastiCache.
 */
export class SharedCache extends SharedCacheBase implements ec2.IConnectable {
  /** Imports a shared tier by its endpoint and its user. */
  static fromSharedCacheAttributes(scope: Construct, id: string, attributes: SharedCacheAttributes): ISharedCache {
    return new ImportedSharedCache(scope, id, attributes);
  }

  readonly connections: ec2.Connections;
  /** The group itself. */
  readonly replicationGroup: elasticache.CfnReplicationGroup;
  /** Secret of the client user: JSON with `username` and `password`. */
  readonly secret?: secretsmanager.ISecret;
  readonly namespace: string;
  /** Topic of ElastiCache's events, such as a failover. */
  readonly notifications?: sns.ITopic;
  /** Id of the global datastore that it is in. */
  readonly globalReplicationGroupId?: string;

  protected readonly network?: IPlatformNetwork;
  readonly #settings: Settings;
  readonly #clientUserId: string;

  constructor(scope: Construct, id: string, props: SharedCacheProps) {
    super(scope, id);
    checkGlobalMember(props);
    this.#settings = settingsOf(props);
    checkSharedCache({ ...props, ...this.#settings });
    checkDurability(this.#settings);
    const { network, namespace, authentication = CacheAuthentication.PASSWORD, port = 6380 } = props;
    const { engine, removalPolicy, globalDatastore } = this.#settings;
    this.network = network;
    this.namespace = namespace;
    if (this.#settings.multiAz) checkZones('shared cache', network.vpc, ISOLATED);

    this.connections = addSharedConnections(this, network.vpc, port);
    const subnetGroup = new elasticache.CfnSubnetGroup(this, 'SubnetGroup', {
      description: 'Isolated subnets of the shared tier',
      subnetIds: network.vpc.selectSubnets(ISOLATED).subnetIds,
    });
    const shape = globalDatastore?.primary ? this.#secondaryShape(globalDatastore.primary) : this.#ownShape(props);
    const users = addCacheUsers(this, { namespace, engine: engine.type, authentication, removalPolicy });
    this.secret = users.secret;
    this.#clientUserId = users.client.ref;
    // Not encrypted, and with the policy that SNS gives it: ElastiCache stops publishing to any other topic. A message holds the
    // name of an event and of a node.
    this.notifications = new sns.Topic(this, 'Notifications');

    this.replicationGroup = new elasticache.CfnReplicationGroup(this, 'ReplicationGroup', {
      replicationGroupDescription: `Shared tier '${namespace}'`,
      ...shape,
      automaticFailoverEnabled: this.#settings.automaticFailover,
      multiAzEnabled: this.#settings.multiAz,
      port,
      kmsKeyId: props.encryptionKey?.keyArn,
      userGroupIds: [users.group.ref],
      cacheSubnetGroupName: subnetGroup.ref,
      securityGroupIds: securityGroupIdsOf(this.connections),
      notificationTopicArn: this.notifications.topicArn,
      logDeliveryConfigurations: this.#addLogs(),
      snapshotRetentionLimit: props.snapshotRetentionDays ?? 1,
      snapshotWindow: '03:00-04:00',
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
      autoMinorVersionUpgrade: true,
    });
    // Without it CloudFormation replaces the group, and every entry with it, when the number of shards changes.
    this.replicationGroup.cfnOptions.updatePolicy = { useOnlineResharding: true };
    this.replicationGroup.applyRemovalPolicy(removalPolicy);
    keepWhatDataUses(this, removalPolicy);
    referStrongly(this.replicationGroup, users.secret);
    this.globalReplicationGroupId = globalDatastore?.suffix
      ? addGlobalDatastore(this.replicationGroup, globalDatastore.suffix, removalPolicy).attrGlobalReplicationGroupId
      : globalDatastore?.primary?.globalReplicationGroupId;
    this.node.addValidation({ validate: () => authTokenProblems(this.replicationGroup) });
  }

  /**
   * Gives a function what it needs to use this tier: the endpoint, permission to read the user's secret, and network access to
   * both.
   *
   * @throws {RangeError} where clients sign in by IAM, the function is outside of the network, or this is a secondary, which can
   * only be read.
   */
  override addClient(client: lambda.Function): void {
    if (this.#settings.globalDatastore?.primary) {
      throw new RangeError(
        `shared cache: 'globalDatastore' must not be a secondary for function '${client.node.id}', which writes entries, leases and fences, got: a secondary, which can only be read; give the region a shared tier of its own`,
      );
    }
    super.addClient(client);
  }

  /** `host:port` of the configuration endpoint, or without cluster mode of the primary; TLS always. */
  get endpoint(): string {
    const { replicationGroup: group } = this;
    return this.#settings.clusterMode
      ? `${group.attrConfigurationEndPointAddress}:${group.attrConfigurationEndPointPort}`
      : `${group.attrPrimaryEndPointAddress}:${group.attrPrimaryEndPointPort}`;
  }

  /**
   * `host:port` of the reader endpoint, which distributes connections over the replicas.
   * @throws {RangeError} in cluster mode, where a client learns of replicas from the configuration endpoint.
   */
  get readerEndpoint(): string {
    if (this.#settings.clusterMode) {
      throw new RangeError(
        "shared cache: 'readerEndpoint' is of a group without cluster mode, got: cluster mode; use 'endpoint'",
      );
    }
    return `${this.replicationGroup.attrReaderEndPointAddress}:${this.replicationGroup.attrReaderEndPointPort}`;
  }

  get connectArns(): string[] {
    return [this.arnOf('replicationgroup', this.replicationGroup.ref), this.arnOf('user', this.#clientUserId)];
  }

  /** Nodes of the template, without those that scaling adds later. */
  override get nodes(): CacheNode[] {
    const { shards, replicasPerShard, clusterMode } = this.#settings;
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
   * Scales the number of shards by memory. The template's number is then only the initial one: change `min` and `max` instead.
   *
   * @throws {RangeError} where Application Auto Scaling refuses the node type or the range.
   */
  autoscaleShards(options: CacheScalingOptions): void {
    addCacheScaling(this.replicationGroup, 'shards', options, this.#settings);
  }

  /**
   * Scales the number of replicas of each shard by the CPU of the replicas.
   *
   * @throws {RangeError} where Application Auto Scaling refuses the node type or the range.
   */
  autoscaleReplicas(options: CacheScalingOptions): void {
    addCacheScaling(this.replicationGroup, 'replicas', options, this.#settings);
  }

  /** Engine, nodes, shards and parameters of a group that has no primary to take them over from. */
  #ownShape({ evictionPolicy = EvictionPolicy.ALLKEYS_LRU }: SharedCacheProps): GroupShape {
    const { engine, nodeType, clusterMode, shards, replicasPerShard, reservedMemoryPercent, durability } = this.#settings;
    const parameterGroup = new elasticache.CfnParameterGroup(this, 'ParameterGroup', {
      cacheParameterGroupFamily: engine.parameterGroupFamily,
      description: `Parameters of ${Names.uniqueId(this)}`,
      properties: {
        'cluster-enabled': clusterMode ? 'yes' : 'no',
        // By default every entry can be loaded again, so that any may be evicted.
        'maxmemory-policy': evictionPolicy.value,
        // ElastiCache's advice, for what replication and snapshots need beside the data.
        'reserved-memory-percent': String(reservedMemoryPercent),
      },
    });
    return {
      engine: engine.type,
      engineVersion: engine.version,
      cacheNodeType: nodeType,
      // Nodes of this family have SSDs, and ElastiCache refuses them without:
      // https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/data-tiering.html
      ...(nodeType.startsWith('cache.r6gd.') && { dataTieringEnabled: true }),
      clusterMode: clusterMode ? 'enabled' : 'disabled',
      numNodeGroups: shards,
      replicasPerNodeGroup: replicasPerShard,
      durability: durability?.value,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: true,
      cacheParameterGroupName: parameterGroup.ref,
    };
  }

  /**
   * Membership of a secondary. ElastiCache refuses every other property that is the same in all members of a global datastore.
   */
  #secondaryShape({ globalReplicationGroupId }: GlobalPrimaryAttributes): GroupShape {
    const { clusterMode, replicasPerShard } = this.#settings;
    return {
      globalReplicationGroupId,
      ...(clusterMode ? { replicasPerNodeGroup: replicasPerShard } : { numCacheClusters: replicasPerShard + 1 }),
    };
  }

  #addLogs(): elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty[] {
    const { removalPolicy } = this.#settings;
    return ['slow-log', 'engine-log'].map((logType) => {
      const { logGroupName } = new logs.LogGroup(this, logType === 'slow-log' ? 'SlowLog' : 'EngineLog', {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: withoutSnapshot(removalPolicy),
      });
      const destinationDetails = { cloudWatchLogsDetails: { logGroup: logGroupName } };
      return { logType, logFormat: 'json', destinationType: 'cloudwatch-logs', destinationDetails };
    });
  }
}
