import { Annotations, Duration, Lazy, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ReplicatedDatabase } from './database/replicated-database';
import type { IReplicatedDatabase } from './database/replicated-database-base';
import { SchemaMigration } from './database/schema-migration';
import { EdgeDistribution, type EdgeDomain } from './edge/edge-distribution';
import type { IEdgeDistribution } from './edge/edge-distribution-base';
import { addCacheClient, type CacheClientOptions, type CacheTiers } from './functions/cache-client';
import { CachedApi, type CachedRouteOptions } from './gateway/cached-api';
import type { ICachedApi } from './gateway/cached-api-base';
import { type IPlatformNetwork, PlatformNetwork } from './network/platform-network';
import { CacheBudget } from './operations/cache-budget';
import { CacheMonitoring } from './operations/cache-monitoring';
import { EDGE_REGION, Firewall, FirewallScope, type IFirewall } from './operations/firewall';
import { PlatformKey } from './operations/platform-key';
import { TopologyReporter } from './operations/topology-reporter';
import { drainOf } from './purge/drain';
import { type IPurgeBus, PurgeBus } from './purge/purge-bus';
import { PurgePipeline } from './purge/purge-pipeline';
import type { IPurgeSource } from './purge/sources/purge-source';
import type { Route } from './route';
import { SharedCache } from './shared/shared-cache';
import type { ISharedCache } from './shared/shared-cache-base';

/** What a platform consists of. */
export interface CachingPlatformProps {
  /**
   * Prefix of every key, and of the names of the shared tier's users, which are the account's. At most 30 lower case letters, digits and
   * single dashes.
   */
  readonly namespace: string;

  /**
   * Where functions and engines are. A VPC of one's own comes as `PlatformNetwork.fromPlatformNetworkAttributes`.
   * @default - isolated subnets in two zones, with endpoints of EventBridge, Secrets Manager and S3
   */
  readonly network?: IPlatformNetwork;

  /**
   * The system of record. Its schema is migrated by whoever made it, with a `SchemaMigration`.
   * @default - a primary in two zones and a replica, whose schema is migrated when the stack is deployed
   */
  readonly database?: IReplicatedDatabase;

  /**
   * The shared tier.
   * @default - three shards with a replica each
   */
  readonly shared?: ISharedCache;

  /**
   * The API. Its routes are declared where it was made; `addRoute` then adds them to the edge only.
   * @default - a REST API with a stage cache of 0.5 GB, behind a web ACL
   */
  readonly api?: ICachedApi;

  /**
   * The edge. Its behaviours are declared where it was made; `addRoute` then adds them to the API only.
   * @default - a distribution
   */
  readonly edge?: IEdgeDistribution;

  /**
   * The bus that purges are announced on.
   * @default - a bus of its own
   */
  readonly bus?: IPurgeBus;

  /**
   * Rules that requests at the edge must pass, made in us-east-1.
   * @default - AWS's managed rules where the stack is in us-east-1; elsewhere none
   */
  readonly edgeFirewall?: IFirewall;

  /**
   * A name of one's own for the edge, and its certificate, of us-east-1.
   * @default - the distribution's own name and certificate, which let viewers use TLS 1.0
   */
  readonly domain?: EdgeDomain;

  /**
   * Where alarms are mailed to.
   * @default - nowhere; subscribe to `monitoring.alarms`
   */
  readonly alarmEmail?: string;

  /**
   * What a month may cost, in USD, before an alarm.
   * @default - no budget
   */
  readonly monthlyBudget?: number;

  /**
   * What happens to data and logs when they leave the template. With `RETAIN` the database can't be deleted either.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** On every resource of a platform that takes tags; its budget counts by it. */
export const PLATFORM_TAG = 'cachement:platform';

/** Lambda's own, of a function that doesn't say for how long it may run. */
const DEFAULT_FUNCTION_TIMEOUT = Duration.seconds(3);

/**
 * Every tier between a viewer and a database, what purges them from the inside out, and what watches them, in one construct. Each part is
 * made with good defaults, or taken as it is from elsewhere.
 *
 * @throws {RangeError} where parts contradict each other, or a route or client is not what they need.
 */
export class CachingPlatform extends Construct {
  /** Where functions and engines are. */
  readonly network: IPlatformNetwork;
  /** The system of record. */
  readonly database: IReplicatedDatabase;
  /** The shared tier. */
  readonly shared: ISharedCache;
  /** Where writers say what they changed. */
  readonly bus: IPurgeBus;
  /** The gateway. */
  readonly api: ICachedApi;
  /** The distribution. */
  readonly edge: IEdgeDistribution;
  /** What takes a purge through the tiers. */
  readonly pipeline: PurgePipeline;
  /** Alarms and the dashboard. */
  readonly monitoring: CacheMonitoring;

  private readonly routes: Route[] = [];
  private readonly clients: lambda.Function[] = [];

  constructor(scope: Construct, id: string, props: CachingPlatformProps) {
    super(scope, id);
    const { namespace, removalPolicy = RemovalPolicy.RETAIN } = props;
    if (removalPolicy === RemovalPolicy.SNAPSHOT) {
      throw new RangeError(
        "caching platform: 'removalPolicy' must be RETAIN or DESTROY, since logs and secrets have no snapshots, got: 'snapshot'; set it to RETAIN, or make 'database' and 'shared' yourself with SNAPSHOT",
      );
    }
    const logRemovalPolicy = removalPolicy;
    Tags.of(this).add(PLATFORM_TAG, namespace);
    const key = new PlatformKey(this, 'Key', { removalPolicy });
    key.encrypts(this);

    this.network = props.network ?? new PlatformNetwork(this, 'Network', { logRemovalPolicy });
    this.database = props.database ?? this.addDatabase(removalPolicy);
    this.shared = props.shared ?? new SharedCache(this, 'Shared', { network: this.network, namespace, removalPolicy });
    this.bus = props.bus ?? new PurgeBus(this, 'Purges');
    this.api =
      props.api ??
      new CachedApi(this, 'Gateway', {
        firewall: new Firewall(this, 'Firewall', { scope: FirewallScope.REGIONAL, logRemovalPolicy }),
        logRemovalPolicy,
      });
    this.edge = props.edge ?? this.addEdge(props, logRemovalPolicy);
    const { database, shared, bus, api, edge } = this;
    this.pipeline = new PurgePipeline(this, 'Purge', { ...this.tiers, api, edge, settle: this.drain, logRemovalPolicy });

    // A serverless cache has no nodes to report.
    const isKnownGroup = shared.replicationGroupId !== undefined;
    const topology = isKnownGroup ? new TopologyReporter(this, 'Topology', { shared, bus, logRemovalPolicy }) : undefined;
    this.monitoring = new CacheMonitoring(this, 'Monitoring', { encryptionKey: key.key, email: props.alarmEmail });
    this.monitoring.watchPlatform({ edge, api, shared, database, pipeline: this.pipeline, topology });
    if (props.monthlyBudget !== undefined) {
      new CacheBudget(this, 'Budget', {
        monthlyLimit: props.monthlyBudget,
        topic: this.monitoring.alarms,
        costTag: { key: PLATFORM_TAG, value: namespace },
        // A tenth of the month in one day is three times what the limit allows.
        anomalyFrom: props.monthlyBudget / 10,
      });
    }
    this.node.addValidation({
      validate: () =>
        this.routes.length > 0 ? [] : ["'routes' must be one or more, got: 0; declare what is served with 'addRoute'"],
    });
  }

  /**
   * Serves a route in every tier of the platform's own.
   *
   * @param options who answers it; not for an API that was made elsewhere.
   * @throws {RangeError} where it is in another's way, or nobody answers it, or somebody else does.
   */
  addRoute(route: Route, options?: CachedRouteOptions): void {
    const { api, edge } = this;
    const got = options === undefined ? 'undefined' : 'a reader';
    if (api instanceof CachedApi) {
      if (!options) {
        throw new RangeError(
          `caching platform: 'options' must name the 'reader' of route '${route.name}', got: ${got}; name the function that answers it`,
        );
      }
      api.addRoute(route, options);
    } else if (options) {
      throw new RangeError(
        `caching platform: 'options' must be left out for route '${route.name}', since 'api' was made elsewhere and answers it there, got: ${got}; leave it out`,
      );
    }
    if (edge instanceof EdgeDistribution) edge.addRoute(route, { written: (options?.writes ?? []).length > 0 });
    this.routes.push(route);
  }

  /**
   * Lets something ask for purges.
   *
   * @param id names the source in the stack.
   */
  addPurgeSource(id: string, source: IPurgeSource): void {
    this.pipeline.addSource(id, source);
  }

  /**
   * Gives a function what it needs to use the cache library: the way to each tier, permissions and variables; and watches it. It must run in
   * the network: `vpc: platform.network.vpc`, in isolated subnets.
   *
   * @throws {RangeError} where it is elsewhere, or doesn't say how many environments it may have.
   */
  addClient(client: lambda.Function, options: CacheClientOptions = {}): void {
    addCacheClient(this.tiers, client, options);
    if (this.clients.includes(client)) return;
    this.clients.push(client);
    this.monitoring.watchFunction(client.node.path.replaceAll('/', '-'), client);
  }

  private get tiers(): CacheTiers {
    const { network, database, shared, bus } = this;
    return { network, database, shared, bus };
  }

  /** Known when every route and client is: what memory keeps, and the longest that a read can be in flight. */
  private get drain(): Duration {
    const longest = () =>
      this.clients.reduce((most, { timeout = DEFAULT_FUNCTION_TIMEOUT }) => Math.max(most, timeout.toSeconds()), 0);
    return Duration.seconds(
      Lazy.number({
        produce: () => drainOf(this.routes, Duration.seconds(longest() || DEFAULT_FUNCTION_TIMEOUT.toSeconds())).toSeconds(),
      }),
    );
  }

  private addDatabase(removalPolicy: RemovalPolicy): ReplicatedDatabase {
    const { network } = this;
    const deletionProtection = removalPolicy === RemovalPolicy.RETAIN;
    const database = new ReplicatedDatabase(this, 'Database', { network, removalPolicy, deletionProtection });
    new SchemaMigration(this, 'Migration', { network, database, logRemovalPolicy: removalPolicy });
    return database;
  }

  private addEdge({ domain, edgeFirewall }: CachingPlatformProps, logRemovalPolicy: RemovalPolicy): EdgeDistribution {
    const isInEdgeRegion = Stack.of(this).region === EDGE_REGION;
    if (!edgeFirewall && !isInEdgeRegion) {
      Annotations.of(this).addInfo(
        `the edge has no rules of AWS WAF, which are made in ${EDGE_REGION}: give 'edgeFirewall' one from a stack there. The API has its own`,
      );
    }
    const firewall =
      edgeFirewall ??
      (isInEdgeRegion ? new Firewall(this, 'EdgeFirewall', { scope: FirewallScope.EDGE, logRemovalPolicy }) : undefined);
    return new EdgeDistribution(this, 'Edge', { api: this.api, domain, firewall, logRemovalPolicy });
  }
}
