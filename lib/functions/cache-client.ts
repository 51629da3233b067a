import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DatabaseRole } from '../database/database-role';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { IPlatformNetwork } from '../network/platform-network';
import type { IPurgeBus } from '../purge/purge-bus';
import type { ISharedCache } from '../shared/shared-cache-base';

/** Tiers that a client of the cache library uses. */
export interface CacheTiers {
  /** Network of the tiers. */
  readonly network: IPlatformNetwork;
  /** The system of record. */
  readonly database: IReplicatedDatabase;
  /** The shared tier. */
  readonly shared: ISharedCache;
  /** Bus on which writers announce what they changed. */
  readonly bus: IPurgeBus;
  /**
   * Tier for state, such as sessions.
   * @default - the shared tier
   */
  readonly state?: ISharedCache;
}

/** Options of a client of the cache library. */
export interface CacheClientOptions {
  /**
   * Role of the database that the function logs in as. One that writes may publish to the bus too.
   * @default DatabaseRole.READER
   */
  readonly role?: DatabaseRole;

  /**
   * Connections of one environment of the function to one database server.
   * @default 1
   */
  readonly poolSize?: number;

  /**
   * Execution environments that the function may have at once.
   * @default - its reserved concurrency; required for a function that reserves none
   */
  readonly concurrency?: number;

  /**
   * True for a function that keeps state, such as sessions: it reaches the tier for state, too, by
   * `connectionFromEnvironment('state')`.
   * @default false
   */
  readonly state?: boolean;
}

/**
 * Gives a function what it needs to use the cache library: network access to each tier, permissions and environment variables.
 */
export function addCacheClient(tiers: CacheTiers, client: lambda.Function, options: CacheClientOptions = {}): void {
  const { network, database, shared, bus } = tiers;
  const { role = DatabaseRole.READER, poolSize, concurrency } = options;
  database.addClient(client, { role, poolSize, concurrency });
  shared.addClient(client);
  if (options.state) (tiers.state ?? shared).addClient(client, { state: true });
  if (role !== DatabaseRole.READER) bus.addPublisher(client, network);
}
