import { RemovalPolicy, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { checkZones } from '../network/zones';
import { CacheAuthentication } from './cache-access';
import { CacheEngine } from './cache-engine';
import { addCacheUsers } from './cache-users';
import { ImportedCacheBase } from './imported-shared-cache';
import { type ISharedCache, SharedCacheBase } from './shared-cache-base';
import { checkNamespace } from './shared-cache-checks';
import { addSharedConnections, referStrongly, securityGroupIdsOf } from './shared-cache-parts';

/** What a serverless shared tier is like. */
export interface ServerlessSharedCacheProps {
  /** Where its endpoints are: in the isolated subnets. */
  readonly network: IPlatformNetwork;

  /** Prefix of every key, and of the names of cache and users, which are the account's. Lower case letters, digits and dashes. */
  readonly namespace: string;

  /**
   * Only the major version counts; ElastiCache picks the rest.
   * @default CacheEngine.VALKEY_8_0
   */
  readonly engine?: CacheEngine;

  /**
   * The most data that is kept, in GB, 1 to 5000; what bounds the bill for storage.
   * @default 10
   */
  readonly maxStorageGb?: number;

  /**
   * The most processing units a second, 1000 to 15,000,000; what bounds the bill for requests.
   * @default 10000
   */
  readonly maxUnitsPerSecond?: number;

  /**
   * How clients say who they are.
   * @default CacheAuthentication.PASSWORD
   */
  readonly authentication?: CacheAuthentication;

  /**
   * Encrypts what is on disk.
   * @default - a key of ElastiCache's own
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Days that a daily snapshot is kept, 0 to 35; 0 takes none.
   * @default 1
   */
  readonly snapshotRetentionDays?: number;

  /**
   * What happens to the cache and its secret when they leave the template.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** A serverless cache that was made elsewhere. */
export interface ServerlessSharedCacheAttributes {
  /** Its name in ElastiCache. */
  readonly serverlessCacheName: string;
  /** Prefix of every key. */
  readonly namespace: string;
  /** Endpoint, without a port. */
  readonly endpointAddress: string;
  /** Of the cache; clients are let in by it. */
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
   * Needed for `grants.connect`.
   * @default - none
   */
  readonly userId?: string;
}

/** ElastiCache's own; a serverless cache has no other. */
const PORT = 6379;

/**
 * The shared tier without nodes to size: ElastiCache Serverless. TLS always, cluster mode always. It refuses `KEYS`, and is billed by what is
 * stored and what is done.
 *
 * @throws {RangeError} where a property is outside of ElastiCache's limits.
 */
export class ServerlessSharedCache extends SharedCacheBase implements ec2.IConnectable {
  /** Uses a serverless cache that was made elsewhere, by its endpoint and its user. */
  static fromServerlessSharedCacheAttributes(
    scope: Construct,
    id: string,
    attributes: ServerlessSharedCacheAttributes,
  ): ISharedCache {
    return new ImportedServerlessCache(scope, id, attributes);
  }

  readonly connections: ec2.Connections;
  /** The cache itself. */
  readonly serverlessCache: elasticache.CfnServerlessCache;
  readonly secret?: secretsmanager.ISecret;
  readonly namespace: string;
  /** None: there are no nodes that anything could happen to. */
  readonly notifications?: sns.ITopic;

  protected readonly network?: IPlatformNetwork;
  private readonly clientUserId: string;

  constructor(scope: Construct, id: string, props: ServerlessSharedCacheProps) {
    super(scope, id);
    checkNamespace(props.namespace);
    checkLimit('maxStorageGb', props.maxStorageGb ?? 10, 1, 5000);
    checkLimit('maxUnitsPerSecond', props.maxUnitsPerSecond ?? 10_000, 1000, 15_000_000);
    checkLimit('snapshotRetentionDays', props.snapshotRetentionDays ?? 1, 0, 35);
    const engine = props.engine ?? CacheEngine.VALKEY_8_0;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const isolated: ec2.SubnetSelection = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    const { vpc } = props.network;
    checkZones('serverless shared cache', vpc, isolated);
    this.network = props.network;
    this.namespace = props.namespace;

    this.connections = addSharedConnections(this, vpc, PORT);
    const users = addCacheUsers(this, {
      namespace: props.namespace,
      engine: engine.type,
      authentication: props.authentication ?? CacheAuthentication.PASSWORD,
      removalPolicy,
    });
    this.secret = users.secret;
    this.clientUserId = users.client.ref;

    this.serverlessCache = new elasticache.CfnServerlessCache(this, 'Cache', {
      serverlessCacheName: props.namespace,
      description: `Shared tier '${props.namespace}'`,
      engine: engine.type,
      majorEngineVersion: engine.version.split('.')[0],
      cacheUsageLimits: {
        dataStorage: { maximum: props.maxStorageGb ?? 10, unit: 'GB' },
        ecpuPerSecond: { maximum: props.maxUnitsPerSecond ?? 10_000 },
      },
      kmsKeyId: props.encryptionKey?.keyArn,
      securityGroupIds: securityGroupIdsOf(this.connections),
      subnetIds: vpc.selectSubnets(isolated).subnetIds,
      snapshotRetentionLimit: props.snapshotRetentionDays ?? 1,
      dailySnapshotTime: '03:00',
      userGroupId: users.group.ref,
    });
    this.serverlessCache.applyRemovalPolicy(removalPolicy);
    referStrongly(this.serverlessCache, users.secret);
  }

  /** `host:port`; TLS always. */
  get endpoint(): string {
    return `${this.serverlessCache.attrEndpointAddress}:${this.serverlessCache.attrEndpointPort}`;
  }

  override get serverlessCacheName(): string | undefined {
    return this.serverlessCache.ref;
  }

  get connectArns(): string[] {
    return [this.arnOf('serverlesscache', this.serverlessCache.ref), this.arnOf('user', this.clientUserId)];
  }
}

class ImportedServerlessCache extends ImportedCacheBase {
  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: ServerlessSharedCacheAttributes,
  ) {
    super(scope, id, { ...attributes, endpointPort: PORT });
  }

  override get serverlessCacheName(): string | undefined {
    return this.attributes.serverlessCacheName;
  }

  get connectArns(): string[] {
    const { serverlessCacheName, userId } = this.attributes;
    if (userId) return [this.arnOf('serverlesscache', serverlessCacheName), this.arnOf('user', userId)];
    throw new RangeError(
      "imported serverless cache: 'userId' must be given for 'grants.connect', got: undefined; name it when it is imported",
    );
  }
}

function checkLimit(property: string, value: number, least: number, most: number): void {
  if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new RangeError(
    `serverless shared cache: '${property}' must be ${least} to ${most}, got: ${value}; choose a value in between`,
  );
}
