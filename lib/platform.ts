import { Annotations, Duration, Lazy, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
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
import { drainOf, longestRead, warnOfLongDrain } from './purge/drain';
import { type IPurgeBus, PurgeBus } from './purge/purge-bus';
import { PurgePipeline } from './purge/purge-pipeline';
import type { IPurgeSource } from './purge/sources/purge-source';
import { KEPT } from './removal';
import { platformRoutes, type Route } from './route';
import { EvictionPolicy } from './shared/eviction-policy';
import { SharedCache } from './shared/shared-cache';
import type { ISharedCache } from './shared/shared-cache-base';

/** Properties of a CachingPlatform. */
export interface CachingPlatformProps {
  /**
   * Prefix of every key, and of the names of the shared tier's users, which are unique in an account. At most 30 lower case
   * letters, digits and single dashes.
   */
  readonly namespace: string;

  /**
   * Network of functions and engines. Import an existing VPC by `PlatformNetwork.fromPlatformNetworkAttributes`.
   * @default - isolated subnets in two zones, with endpoints of EventBridge, Secrets Manager and S3
   */
  readonly network?: IPlatformNetwork;

  /**
   * The system of record. Add a `SchemaMigration` where it is defined.
   * @default - a primary in two zones and a replica, whose schema is migrated when the stack is deployed
   */
  readonly database?: IReplicatedDatabase;

  /**
   * Folder with SQL of one's own for the platform's database, as `schema` of a `SchemaMigration`. Where `database` is given, its
   * own migration has it.
   * @default - the platform's own tables only
   */
  readonly schema?: string;

  /**
   * The shared tier.
   * @default - three shards with a replica each
   */
  readonly shared?: ISharedCache;

  /**
   * Tier for state that no database has, such as sessions, on which nothing is evicted.
   * @default - one of its own where `ownState` is true; else the shared tier
   */
  readonly state?: ISharedCache;

  /**
   * True for a tier of its own for state: three shards with a replica each, which refuse writes where memory is full instead of
   * evicting anything, with daily snapshots and an alarm at 70 % of memory. Twice the cost of the shared tier.
   * @default false
   */
  readonly ownState?: boolean;

  /**
   * The API. Its routes are declared where it is defined; `addRoute` then adds them to the edge only.
   * @default - a REST API with a stage cache of 0.5 GB, behind a web ACL
   */
  readonly api?: ICachedApi;

  /**
   * The edge. Its behaviours are declared where it is defined; `addRoute` then adds them to the API only.
   * @default - a distribution
   */
  readonly edge?: IEdgeDistribution;

  /**
   * Bus on which purges are announced.
   * @default - a bus of its own
   */
  readonly bus?: IPurgeBus;

  /**
   * Web ACL of the edge, in us-east-1.
   * @default - AWS's managed rules where the stack is in us-east-1; elsewhere none
   */
  readonly edgeFirewall?: IFirewall;

  /**
   * Custom domain name of the edge, and its certificate, of us-east-1.
   * @default - the distribution's own name and certificate, which let viewers use TLS 1.0
   */
  readonly domain?: EdgeDomain;

  /**
   * True if nothing needs authorisation, neither writes nor restricted routes. Only for a trial on one's own machine, such as
   * `this.node.tryGetContext('stage') === 'local'`, which `cachement dev` sets. Not for an imported API.
   * @default false
   */
  readonly open?: boolean;

  /**
   * E-mail address that receives alarms.
   * @default - none; subscribe to `monitoring.alarms`
   */
  readonly alarmEmail?: string;

  /**
   * Limit of a month's costs, in USD, which notices are sent by.
   * @default - no budget
   */
  readonly monthlyBudget?: number;

  /**
   * Lowest impact of a cost anomaly, in USD per day, that is reported. Needs `monthlyBudget`, and an account that may have a
   * monitor of a cost tag: a management account, or one without an organization. Every other one is refused by AWS.
   * @see https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
   * @default - no anomaly is reported
   */
  readonly anomalyThreshold?: number;

  /**
   * Removal policy of data and logs.
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * True if the database can't be deleted. Set it once the first deployment has succeeded: it is in force before the rest of the
   * stack is made, so that a deployment which fails then can neither be rolled back nor repeated.
   * @default false
   */
  readonly deletionProtection?: boolean;
}

/** Function that answers the platform's own routes. */
export interface PlatformRoutesOptions {
  /** Function whose router has `platformEndpoints` of `cachement/functions`; a client of the platform. */
  readonly reader: lambda.IFunction;
}

/** Tag of every resource of a platform, by which its budget counts costs. */
export const PLATFORM_TAG = 'cachement:platform';

/**
 * All tiers between a viewer and a database, the pipeline that purges them from the inside out, and monitoring, in one construct.
 * Each part is created with safe defaults, or imported.
 *
 * @throws {RangeError} where parts contradict each other, or a route or client doesn't fit them.
 */
export class CachingPlatform extends Construct {
  /** Key of the platform's logs, secrets and alarms; `encryptionKey` of the logs of one's own functions. */
  readonly key: kms.IKey;
  /** Network of functions and engines. */
  readonly network: IPlatformNetwork;
  /** The system of record. */
  readonly database: IReplicatedDatabase;
  /** The shared tier. */
  readonly shared: ISharedCache;
  /** Tier for state. @default - the shared tier */
  readonly state?: ISharedCache;
  /** Bus on which writers announce what they changed. */
  readonly bus: IPurgeBus;
  /** The gateway. */
  readonly api: ICachedApi;
  /** The distribution. */
  readonly edge: IEdgeDistribution;
  /** Pipeline that takes a purge through the tiers. */
  readonly pipeline: PurgePipeline;
  /** Alarms and the dashboard. */
  readonly monitoring: CacheMonitoring;

  readonly #routes: Route[] = [];
  readonly #clients: lambda.Function[] = [];
  /** Migration of a database that was made here. */
  #migration?: SchemaMigration;
  /** Functions that answer routes which are cached. */
  readonly #readers: lambda.IFunction[] = [];

  constructor(scope: Construct, id: string, props: CachingPlatformProps) {
    super(scope, id);
    const { namespace, removalPolicy = KEPT } = props;
    if (removalPolicy === RemovalPolicy.SNAPSHOT) {
      throw new RangeError(
        "caching platform: 'removalPolicy' must be RETAIN or DESTROY, since logs and secrets have no snapshots, got: 'snapshot'; set it to RETAIN, or make 'database' and 'shared' yourself with SNAPSHOT",
      );
    }
    if (props.schema !== undefined && props.database) {
      throw new RangeError(
        `caching platform: 'schema' must be left out where 'database' is given, got: '${props.schema}'; give it to the SchemaMigration of that database`,
      );
    }
    if (props.state && props.ownState) {
      throw new RangeError(
        `caching platform: 'ownState' must be left out where 'state' is given, got: '${props.state.node.path}'; leave one of them out`,
      );
    }
    const logRemovalPolicy = removalPolicy;
    Tags.of(this).add(PLATFORM_TAG, namespace);
    const platformKey = new PlatformKey(this, 'Key', { removalPolicy });
    platformKey.encryptByDefault(this);
    this.key = platformKey.key;

    this.network = props.network ?? new PlatformNetwork(this, 'Network', { logRemovalPolicy, removalPolicy });
    this.database = props.database ?? this.#addDatabase(props, removalPolicy);
    this.shared = props.shared ?? new SharedCache(this, 'Shared', { network: this.network, namespace, removalPolicy });
    this.state = props.state ?? this.#addState(props, removalPolicy);
    this.bus = props.bus ?? new PurgeBus(this, 'Purges');
    if (props.open) {
      Annotations.of(this).addWarningV2(
        'cachement:open',
        "anybody may write, and read restricted routes, since 'open' is true: set it for a trial on your own machine only",
      );
    }
    this.api =
      props.api ??
      new CachedApi(this, 'Gateway', {
        firewall: new Firewall(this, 'Firewall', { scope: FirewallScope.REGIONAL, logRemovalPolicy }),
        open: props.open,
        logRemovalPolicy,
      });
    this.edge = props.edge ?? this.#addEdge(props, logRemovalPolicy);
    const { database, shared, bus, api, edge } = this;
    this.pipeline = new PurgePipeline(this, 'Purge', { ...this.#tiers, api, edge, drain: this.#drain, logRemovalPolicy });
    const { relay, invalidator } = this.pipeline;
    // Their role is made by it; the functions alone wait, since it waits for the rules of their security groups.
    if (this.#migration) for (const keeper of [relay, invalidator]) keeper.node.defaultChild?.node.addDependency(this.#migration);

    // A serverless cache has no nodes to report.
    const isKnownGroup = shared.replicationGroupId !== undefined;
    const topology = isKnownGroup ? new TopologyReporter(this, 'Topology', { shared, bus, logRemovalPolicy }) : undefined;
    this.monitoring = new CacheMonitoring(this, 'Monitoring', { encryptionKey: this.key, email: props.alarmEmail });
    this.monitoring.watchPlatform({ edge, api, shared, database, pipeline: this.pipeline, topology });
    if (this.state) this.monitoring.watchState(this.state);
    if (props.monthlyBudget !== undefined) {
      new CacheBudget(this, 'Budget', {
        monthlyLimit: props.monthlyBudget,
        topic: this.monitoring.alarms,
        costTag: { key: PLATFORM_TAG, value: namespace },
        anomalyThreshold: props.anomalyThreshold,
      });
    }
    this.node.addValidation({
      validate: () =>
        this.#routes.length > 0 ? [] : ["'routes' must be one or more, got: 0; declare what is served with 'addRoute'"],
    });
  }

  /**
   * Serves a route in every tier that the platform has created.
   *
   * @param options functions that answer it; not for an imported API.
   * @throws {RangeError} where it conflicts with another route, has no function, or has functions although the API is imported.
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
      if (route.freshness) this.#readers.push(options.reader);
      warnOfLongDrain(this, route, options.reader);
    } else if (options) {
      throw new RangeError(
        `caching platform: 'options' must be left out for route '${route.name}', since 'api' was made elsewhere and answers it there, got: ${got}; leave it out`,
      );
    }
    if (edge instanceof EdgeDistribution) edge.addRoute(route, { written: (options?.writes ?? []).length > 0 });
    this.#routes.push(route);
  }

  /**
   * Serves routes of the platform itself: `/purges` and `/purges/{purgeId}`, which say what purges did to callers who sign, as
   * `cachement purges` does, and `/health`, which says each tier's state to everybody.
   *
   * @param options function that answers them; not for an imported API.
   * @throws {RangeError} as `addRoute`.
   */
  addPlatformRoutes(options?: PlatformRoutesOptions): void {
    const { purge, purges, health } = platformRoutes;
    for (const route of [purge, purges]) this.addRoute(route, options && { ...options, restricted: true });
    this.addRoute(health, options);
  }

  /**
   * Adds a source of purges.
   *
   * @param id names the source in the stack.
   */
  addPurgeSource(id: string, source: IPurgeSource): void {
    this.pipeline.addSource(id, source);
  }

  /**
   * Gives a function what it needs to use the cache library (network access to each tier, permissions and environment variables)
   * and watches it. It must run in the network: `vpc: platform.network.vpc`, in isolated subnets.
   *
   * @throws {RangeError} if the function is outside of the network or of the stack, or has neither `concurrency` nor a reserved
   * concurrency.
   */
  addClient(client: lambda.Function, options: CacheClientOptions = {}): void {
    if (Stack.of(client) !== Stack.of(this)) {
      throw new RangeError(
        `caching platform: 'client' must be in the stack of the platform, since its alarms need the function, and the function the tiers, got: '${client.node.path}'; ` +
          "make it there, or give it the tiers by 'addCacheClient', and routes in a CachedApi of its own stack",
      );
    }
    if (options.state) this.#warnOfEviction();
    addCacheClient(this.#tiers, client, options);
    if (this.#clients.includes(client)) return;
    this.#clients.push(client);
    this.monitoring.watchFunction(client.node.path.replaceAll('/', '-'), client);
  }

  /** Routes that were added, in order. */
  get routes(): Route[] {
    return [...this.#routes];
  }

  get #tiers(): CacheTiers {
    const { network, database, shared, bus, state } = this;
    return { network, database, shared, bus, state };
  }

  #warnOfEviction(): void {
    const { state = this.shared } = this;
    if (!(state instanceof SharedCache) || state.evictionPolicy === EvictionPolicy.NO_EVICTION) return;
    Annotations.of(this).addWarningV2(
      'cachement:evictedState',
      `state is kept in '${state.node.path}', which evicts by '${state.evictionPolicy.value}' when memory is full: sessions and the like are lost then; ` +
        "set 'ownState', or give 'state' a SharedCache with EvictionPolicy.NO_EVICTION",
    );
  }

  #addState({ namespace, ownState = false }: CachingPlatformProps, removalPolicy: RemovalPolicy): SharedCache | undefined {
    if (!ownState) return undefined;
    return new SharedCache(this, 'State', {
      network: this.network,
      namespace: `${namespace}-state`,
      evictionPolicy: EvictionPolicy.NO_EVICTION,
      removalPolicy,
    });
  }

  /**
   * Drain: lifetime of values in memory plus the longest time that a read of a cached route can be in flight. Of an API that was
   * made elsewhere, whose readers aren't named here, every client may be one. Resolved at synthesis, when every route and client
   * is declared.
   */
  get #drain(): Duration {
    const readers = () => (this.api instanceof CachedApi ? this.#readers : this.#clients);
    return Duration.seconds(Lazy.number({ produce: () => drainOf(this.#routes, longestRead(readers())).toSeconds() }));
  }

  #addDatabase({ schema, deletionProtection = false }: CachingPlatformProps, removalPolicy: RemovalPolicy): ReplicatedDatabase {
    const { network } = this;
    const database = new ReplicatedDatabase(this, 'Database', { network, removalPolicy, deletionProtection });
    this.#migration = new SchemaMigration(this, 'Migration', { network, database, schema, logRemovalPolicy: removalPolicy });
    return database;
  }

  #addEdge({ domain, edgeFirewall }: CachingPlatformProps, logRemovalPolicy: RemovalPolicy): EdgeDistribution {
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
