import { Fn, Names } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { checkZones } from '../network/zones';
import { referStrongly } from '../references';
import { keepWhatDataUses, withoutSnapshot } from '../removal';
import { checkWindows } from '../windows';
import { CacheAuthentication } from './cache-access';
import { checkDurability } from './cache-durability';
import { addCacheScaling, type CacheScalingOptions } from './cache-scaling';
import { addCacheUsers } from './cache-users';
import { EvictionPolicy } from './eviction-policy';
import { addGlobalDatastore, checkGlobalMember, type GlobalPrimaryAttributes } from './global-datastore';
import { ImportedSharedCache, type SharedCacheAttributes } from './imported-shared-cache';
import { type CacheNode, type ISharedCache, SharedCacheBase, type SharedClientOptions } from './shared-cache-base';
import { authTokenProblems, checkSharedCache } from './shared-cache-checks';
import { addSharedConnections, securityGroupIdsOf } from './shared-cache-parts';
import { type SharedCacheProps, type SharedCacheSettings, settingsOf } from './shared-cache-props';

export type { SharedCacheProps };

/**
 * ElastiCache's shortest windows, of snapshots and of maintenance, in minutes.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
 */
const LEAST_WINDOWS = { daily: 60, weekly: 60 };

/** Part of a group's properties that its primary determines where it is a secondary of a global datastore. */
type GroupShape = Partial<elasticache.CfnReplicationGroupProps>;

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

  /** Policy of evicting entries when memory is full. */
  readonly evictionPolicy: EvictionPolicy;
  protected readonly network?: IPlatformNetwork;
  readonly #settings: SharedCacheSettings;
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
    this.evictionPolicy = props.evictionPolicy ?? EvictionPolicy.ALLKEYS_LRU;
    if (this.#settings.multiAz) checkZones('shared cache', network);

    const { snapshotWindow = '03:00-04:00', maintenanceWindow = 'sun:04:30-sun:05:30' } = props;
    checkWindows({
      what: 'shared cache',
      weekly: ['maintenanceWindow', maintenanceWindow],
      daily: ['snapshotWindow', snapshotWindow],
      least: LEAST_WINDOWS,
    });
    this.connections = addSharedConnections(this, network.vpc, port);
    const subnetGroup = new elasticache.CfnSubnetGroup(this, 'SubnetGroup', {
      description: 'Isolated subnets of the shared tier',
      subnetIds: network.vpc.selectSubnets(network.vpcSubnets).subnetIds,
    });
    const shape = globalDatastore?.primary ? this.#secondaryShape(globalDatastore.primary) : this.#ownShape();
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
      snapshotWindow,
      preferredMaintenanceWindow: maintenanceWindow,
      snapshotName: props.snapshotName,
      autoMinorVersionUpgrade: true,
    });
    // Without it CloudFormation replaces the group, and every entry with it, when the number of shards changes.
    this.replicationGroup.cfnOptions.updatePolicy = { useOnlineResharding: true };
    this.replicationGroup.applyRemovalPolicy(removalPolicy);
    keepWhatDataUses(this, removalPolicy);
    referStrongly(this.replicationGroup, users.secret, this.notifications);
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
  override addClient(client: lambda.Function, options?: SharedClientOptions): void {
    if (this.#settings.globalDatastore?.primary) {
      throw new RangeError(
        `shared cache: 'globalDatastore' must not be a secondary for function '${client.node.id}', which writes entries, leases and fences, got: a secondary, which can only be read; give the region a shared tier of its own`,
      );
    }
    super.addClient(client, options);
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
  #ownShape(): GroupShape {
    const { engine, nodeType, clusterMode, shards, replicasPerShard, reservedMemoryPercent, durability } = this.#settings;
    const parameterGroup = new elasticache.CfnParameterGroup(this, 'ParameterGroup', {
      cacheParameterGroupFamily: engine.parameterGroupFamily,
      description: `Parameters of ${Names.uniqueId(this)}`,
      properties: {
        'cluster-enabled': clusterMode ? 'yes' : 'no',
        // By default every entry can be loaded again, so that any may be evicted.
        'maxmemory-policy': this.evictionPolicy.value,
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
