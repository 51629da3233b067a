import { Duration, type Size } from 'aws-cdk-lib';
import type * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { GatewayCacheSize } from '../gateway/gateway-cache-size';
import type { CacheDurability } from '../shared/cache-durability';
import { CacheEngine } from '../shared/cache-engine';

/** Account and region of a stage, with the zones to use, since nothing is looked up when the app is synthesized. */
export interface StageEnvironment {
  /** Twelve digits. */
  readonly account: string;
  /** Such as `eu-central-1`. */
  readonly region: string;
  /** By name; an engine with failover needs two. */
  readonly availabilityZones: string[];
}

/** A name of one's own, in a Route 53 zone of the same account. */
export interface StageDomain {
  /** Such as `www.example.com`. */
  readonly name: string;
  /** Such as `example.com`. */
  readonly zoneName: string;
  /** Id of the zone in Route 53. */
  readonly hostedZoneId: string;
  /** Further names in the same zone. @default - none */
  readonly aliases?: string[];
}

/** What a stage's edge is like. */
export interface StageEdge {
  /** Edge locations that answer, by what they cost. @default - all */
  readonly priceClass?: cloudfront.PriceClass;
  /** Countries whose viewers are answered, or aren't. @default - all are */
  readonly geoRestriction?: cloudfront.GeoRestriction;
  /** Whether viewers may come by IPv6. @default true */
  readonly enableIpv6?: boolean;
  /** Region of Origin Shield. @default - none */
  readonly originShieldRegion?: string;
}

/** What a stage's database is like. */
export interface StageDatabase {
  /** Class of the primary, and of each replica. */
  readonly instanceType: ec2.InstanceType;
  /** How many read replicas stream from the primary. */
  readonly replicas: number;
  /** Whether the primary has a synchronous standby in another zone. */
  readonly multiAz: boolean;
  /** Connections that each server accepts. */
  readonly maxConnections: number;
  /** For how long automatic backups are kept. */
  readonly backupRetention: Duration;
  /** Size up to which disks grow by themselves. @default - none, they stay as they are */
  readonly maxAllocatedStorage?: Size;
  /** Window of backups, such as `01:00-02:00`, in UTC. @default - one that RDS chooses */
  readonly backupWindow?: string;
  /** Window of maintenance, such as `sun:03:00-sun:04:00`, in UTC. @default - one that RDS chooses */
  readonly maintenanceWindow?: string;
  /** Snapshot that the database is made from; it stays once it is there. @default - none */
  readonly snapshotIdentifier?: string;
}

/** What a stage's shared tier is like. */
export interface StageSharedCache {
  /** Engine and version. */
  readonly engine: CacheEngine;
  /** Class of each node, as ElastiCache names it. */
  readonly nodeType: string;
  /** Shards (node groups). */
  readonly shards: number;
  /** Replicas of each shard. */
  readonly replicasPerShard: number;
  /** Durability of acknowledged writes, which needs Valkey 9.0. @default - none */
  readonly durability?: CacheDurability;
  /** Days that a daily snapshot is kept; 0 takes none. */
  readonly snapshotRetentionDays: number;
  /** Window of snapshots, in UTC. @default '03:00-04:00' */
  readonly snapshotWindow?: string;
  /** Window of maintenance, in UTC. @default 'sun:04:30-sun:05:30' */
  readonly maintenanceWindow?: string;
}

/** What a stage's gateway is like. */
export interface StageGateway {
  /** Size of the stage cache, which is billed by the hour. */
  readonly cacheSize: GatewayCacheSize;
  /** Requests a second that each method lets through. @default - what an account has for all of its APIs */
  readonly requestsPerSecond?: number;
  /** Requests that may come at once. @default - what an account has for all of its APIs */
  readonly requestBurst?: number;
}

/** What a stage's functions of the API are like. */
export interface StageFunctions {
  /** Requests that the read function serves at once. */
  readonly readConcurrency: number;
  /** Requests that the write function serves at once. */
  readonly writeConcurrency: number;
  /** The longest that a read can be in flight; the drain of every purge is longer by it. */
  readonly readTimeout: Duration;
  /** Connections of one environment of either to one database server. */
  readonly poolSize: number;
  /** Whether concurrency is reserved. An account must keep 100 unreserved, and a new one has no more than 10. */
  readonly reserve: boolean;
}

/** Everything that may differ from one stage to another. */
export interface StageConfig {
  /** Part of the names of stacks, keys and users. */
  readonly name: string;

  /**
   * Account and region, where they are known beforehand.
   * @default - wherever it is deployed to, in the first two zones
   */
  readonly environment?: StageEnvironment;

  /**
   * A name of one's own for the edge. Needs `environment`, since its certificate is made in us-east-1.
   *
   * @default - the distribution's own
   */
  readonly domain?: StageDomain;

  /** Addresses of the VPC. Changing them replaces it, and everything in it. @default - 10.0.0.0/16 */
  readonly ipAddresses?: ec2.IIpAddresses;

  /** The edge. @default - all locations, for all countries */
  readonly edge?: StageEdge;

  /**
   * Whether requests are checked against AWS's managed rules: at the gateway, and at the edge, whose rules are made in us-east-1.
   */
  readonly firewall: boolean;

  /** Where alarms are mailed to. @default - nowhere; subscribe to the topic of the operations stack */
  readonly alarmEmail?: string;

  /** What a month may cost, in USD, before an alarm. @default - no budget */
  readonly monthlyBudget?: number;

  /** Whether nothing needs authorisation. For a machine of one's own only. */
  readonly open: boolean;

  /** Whether data, and logs, outlive the stacks, and stacks are protected from deletion. */
  readonly retain: boolean;

  /**
   * True if stacks are protected from deletion, and the database too. Set it once the first deployment has succeeded: both
   * protections are in force before the first resource is made, so that a deployment which fails then can neither be rolled back
   * nor repeated.
   * @default false
   */
  readonly protected?: boolean;

  /** The system of record. */
  readonly database: StageDatabase;

  /** The shared tier. */
  readonly shared: StageSharedCache;

  /** The gateway. */
  readonly gateway: StageGateway;

  /** The functions of the API. */
  readonly functions: StageFunctions;
}

/** A name that leaves room in the names of ElastiCache users, the shortest that are made from it. */
const NAME = /^[a-z][a-z0-9]{0,15}$/;

/**
 * Checks what no construct can see on its own.
 *
 * @throws {RangeError} that names the stage, the property, the rule and the value.
 */
export function defineStage(config: StageConfig): StageConfig {
  const fail = (property: string, rule: string, got: unknown, fix: string): never => {
    throw new RangeError(`stage '${config.name}': '${property}' ${rule}, got: ${JSON.stringify(got)}; ${fix}`);
  };
  if (!NAME.test(config.name))
    fail('name', 'must be at most 16 lower case letters and digits, a letter first', config.name, 'rename it');
  if (config.open && config.name !== 'local')
    fail('open', "must be false in every stage but 'local'", config.open, 'set it to false');
  if (config.domain && !config.environment) {
    fail(
      'domain',
      "needs 'environment', since the certificate is made in us-east-1 and used from another region",
      config.domain.name,
      "give 'environment', or leave the domain out",
    );
  }
  const zones = config.environment?.availabilityZones;
  if (zones && new Set(zones).size < 2) fail('environment.availabilityZones', 'must be two or more', zones, 'name another zone');
  return Object.freeze(config);
}

/** One machine: as little of everything as shows how it works. */
const local = defineStage({
  name: 'local',
  open: true,
  firewall: false,
  retain: false,
  database: {
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MEDIUM),
    replicas: 1,
    multiAz: false,
    maxConnections: 200,
    backupRetention: Duration.days(1),
  },
  shared: {
    engine: CacheEngine.VALKEY_8_0,
    nodeType: 'cache.t4g.small',
    shards: 3,
    replicasPerShard: 1,
    snapshotRetentionDays: 1,
  },
  gateway: { cacheSize: GatewayCacheSize.GB_0_5 },
  functions: { readConcurrency: 64, writeConcurrency: 10, readTimeout: Duration.seconds(3), poolSize: 2, reserve: false },
});

/** Everything that `prod` has, small, and gone with its stacks. */
const dev = defineStage({
  ...local,
  name: 'dev',
  open: false,
});

/** What customers depend on. */
const prod = defineStage({
  name: 'prod',
  open: false,
  firewall: true,
  retain: true,
  database: {
    // 16 GiB, for which RDS's own maximum would be about 1,700 connections.
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.R7G, ec2.InstanceSize.LARGE),
    replicas: 2,
    multiAz: true,
    maxConnections: 1000,
    backupRetention: Duration.days(7),
  },
  shared: {
    engine: CacheEngine.VALKEY_8_0,
    nodeType: 'cache.r7g.large',
    shards: 3,
    replicasPerShard: 1,
    snapshotRetentionDays: 15,
  },
  gateway: { cacheSize: GatewayCacheSize.GB_6_1, requestsPerSecond: 5000, requestBurst: 2500 },
  functions: { readConcurrency: 400, writeConcurrency: 50, readTimeout: Duration.seconds(3), poolSize: 2, reserve: true },
});

/** Every stage, by name. */
export const stages: Readonly<Record<string, StageConfig>> = { local, dev, prod };

/**
 * The configuration of a stage, by its name.
 *
 * @throws {RangeError} where there is no such stage.
 */
export function stageConfig(name: string): StageConfig {
  const config = Object.hasOwn(stages, name) ? stages[name] : undefined;
  if (!config) {
    throw new RangeError(`context 'stage' must be one of ${Object.keys(stages).join(', ')}, got: ${JSON.stringify(name)}`);
  }
  return config;
}
