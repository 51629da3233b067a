import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { DatabaseRole } from '../database/database-role';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { IPlatformNetwork } from '../network/platform-network';
import type { IPurgeBus } from '../purge/purge-bus';
import type { ISharedCache } from '../shared/shared-cache-base';

/** What the cache library works with. */
export interface CacheTiers {
  /** Where the tiers are. */
  readonly network: IPlatformNetwork;
  /** The system of record. */
  readonly database: IReplicatedDatabase;
  /** The shared tier. */
  readonly shared: ISharedCache;
  /** Where writers say what they changed. */
  readonly bus: IPurgeBus;
}

/** How a function uses the cache library. */
export interface CacheClientOptions {
  /**
   * Which of the database's users it logs in as. One that writes may say on the bus what it changed.
   * @default DatabaseRole.READER
   */
  readonly role?: DatabaseRole;

  /**
   * Connections of one environment of the function to one database server.
   * @default 1
   */
  readonly poolSize?: number;

  /**
   * How many environments the function may have at once.
   * @default - what the function reserves; one that reserves nothing must say
   */
  readonly concurrency?: number;
}

/** Gives a function what it needs to use the cache library: the way to each tier, the permission and the variables that name it. */
export function addCacheClient(tiers: CacheTiers, client: lambda.Function, options: CacheClientOptions = {}): void {
  const { network, database, shared, bus } = tiers;
  const { role = DatabaseRole.READER, poolSize, concurrency } = options;
  database.addClient(client, { role, poolSize, concurrency });
  shared.addClient(client);
  if (role !== DatabaseRole.READER) bus.addPublisher(client, network);
}
