import { RemovalPolicy, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { IPlatformNetwork } from '../network/platform-network';
import { checkZones } from '../network/zones';
import { referStrongly } from '../references';
import { KEPT, keepWhatDataUses } from '../removal';
import { CacheAuthentication } from './cache-access';
import { CacheEngine } from './cache-engine';
import { addCacheUsers } from './cache-users';
import { ImportedCacheBase } from './imported-shared-cache';
import { type ISharedCache, SharedCacheBase } from './shared-cache-base';
import { checkNamespace } from './shared-cache-checks';
import { addSharedConnections, securityGroupIdsOf } from './shared-cache-parts';

/** Properties of a ServerlessSharedCache. */
export interface ServerlessSharedCacheProps {
  /** Network of the endpoints, which are in its isolated subnets. */
  readonly network: IPlatformNetwork;

  /**
   * Prefix of every key, and of the names of cache and users, which are unique in an account. Lower case letters, digits and
   * dashes.
   */
  readonly namespace: string;

  /**
   * Engine and major version; ElastiCache chooses the minor version.
   * @default CacheEngine.VALKEY_8_0
   */
  readonly engine?: CacheEngine;

  /**
   * Largest amount of data, in GB, 1 to 5000, which limits the costs of storage.
   * @default 10
   */
  readonly maxStorageGb?: number;

  /**
   * Largest number of ElastiCache processing units per second, 1000 to 15,000,000, which limits the costs of requests.
   * @default 10000
   */
  readonly maxUnitsPerSecond?: number;

  /**
   * Authentication of clients.
   * @default CacheAuthentication.PASSWORD
   */
  readonly authentication?: CacheAuthentication;

  /**
   * Key that encrypts data at rest.
   * @default - ElastiCache's own key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Retention of daily snapshots in days, 0 to 35; 0 takes none.
   * @default 1
   */
  readonly snapshotRetentionDays?: number;

  /**
   * ARN of the snapshot that the cache is filled from when it is made. ElastiCache replaces the cache when it changes or is added
   * later. Purges of the time since the snapshot aren't in it: raise every route's `version` with it.
   * @default - none; an empty cache
   */
  readonly snapshotArn?: string;

  /**
   * Removal policy of the cache and its secret. CloudFormation takes no final snapshot of a serverless cache.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Attributes of an imported serverless cache. */
export interface ServerlessSharedCacheAttributes {
  /** Name of the serverless cache. */
  readonly serverlessCacheName: string;
  /** Prefix of every key. */
  readonly namespace: string;
  /** Endpoint, without a port. */
  readonly endpointAddress: string;
  /** Security group of the cache, which admits clients. */
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
   * Id of the client user. Needed for `grants.connect`.
   * @default - none
   */
  readonly userId?: string;
}

/** Port of every serverless cache. */
const PORT = 6379;

/**
 * The shared tier without nodes to size: ElastiCache Serverless. TLS always, cluster mode always. It refuses `KEYS`, and is
 * billed by storage and processing units.
 *
 * @throws {RangeError} where a property is outside of ElastiCache's limits.
 */
export class ServerlessSharedCache extends SharedCacheBase implements ec2.IConnectable {
  /** Imports a serverless cache by its endpoint and its user. */
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
  /** Undefined: a serverless cache has no nodes, and no events of nodes. */
  readonly notifications?: sns.ITopic;

  protected readonly network?: IPlatformNetwork;
  readonly #clientUserId: string;

  constructor(scope: Construct, id: string, props: ServerlessSharedCacheProps) {
    super(scope, id);
    checkNamespace(props.namespace);
    checkLimit('maxStorageGb', props.maxStorageGb ?? 10, 1, 5000);
    checkLimit('maxUnitsPerSecond', props.maxUnitsPerSecond ?? 10_000, 1000, 15_000_000);
    checkLimit('snapshotRetentionDays', props.snapshotRetentionDays ?? 1, 0, 35);
    const engine = props.engine ?? CacheEngine.VALKEY_8_0;
    const removalPolicy = props.removalPolicy ?? KEPT;
    if (removalPolicy === RemovalPolicy.SNAPSHOT) {
      throw new RangeError(
        "serverless shared cache: 'removalPolicy' must be RETAIN or DESTROY, since CloudFormation takes no final snapshot of one, got: 'snapshot'; set it to RETAIN",
      );
    }
    const { vpc, vpcSubnets } = props.network;
    checkZones('serverless shared cache', props.network);
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
    this.#clientUserId = users.client.ref;

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
      subnetIds: vpc.selectSubnets(vpcSubnets).subnetIds,
      snapshotRetentionLimit: props.snapshotRetentionDays ?? 1,
      dailySnapshotTime: '03:00',
      snapshotArnsToRestore: props.snapshotArn === undefined ? undefined : [props.snapshotArn],
      userGroupId: users.group.ref,
    });
    this.serverlessCache.applyRemovalPolicy(removalPolicy);
    keepWhatDataUses(this, removalPolicy);
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
    return [this.arnOf('serverlesscache', this.serverlessCache.ref), this.arnOf('user', this.#clientUserId)];
  }
}

class ImportedServerlessCache extends ImportedCacheBase {
  readonly #attributes: ServerlessSharedCacheAttributes;

  constructor(scope: Construct, id: string, attributes: ServerlessSharedCacheAttributes) {
    super(scope, id, { ...attributes, endpointPort: PORT });
    this.#attributes = attributes;
  }

  override get serverlessCacheName(): string | undefined {
    return this.#attributes.serverlessCacheName;
  }

  get connectArns(): string[] {
    const { serverlessCacheName, userId } = this.#attributes;
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
