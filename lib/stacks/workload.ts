import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { IReplicatedDatabase } from '../database/replicated-database-base';
import type { SchemaMigration } from '../database/schema-migration';
import type { CacheTiers } from '../functions/cache-client';
import type { PlatformFunction } from '../functions/platform-function';
import type { IPlatformNetwork } from '../network/platform-network';
import type { StageConfig } from './stage';

/** Options that each part of a workload is made with. */
export interface WorkloadOptions {
  /** Stage that the part is made for. */
  readonly config: StageConfig;
  /** Network of the tiers. */
  readonly network: IPlatformNetwork;
  /** Removal policy of the logs of the stage. */
  readonly logRemovalPolicy: RemovalPolicy;
}

/** Options of the functions of an API: the tiers, for `addCacheClient`. */
export interface WorkloadFunctionsOptions extends WorkloadOptions, CacheTiers {
  /** Network of the tiers. */
  readonly network: IPlatformNetwork;
}

/** Options of what fills a database. */
export interface WorkloadDataOptions extends WorkloadOptions {
  /** Database to fill. */
  readonly database: IReplicatedDatabase;
  /** Migration that creates the roles which tables are granted to; to be depended on. */
  readonly schema: SchemaMigration;
}

/** Functions of an API. */
export interface WorkloadFunctions {
  /** Function that answers reads. */
  readonly reader: lambda.IFunction;

  /**
   * Function that answers writes.
   * @default - the reader
   */
  readonly writer?: lambda.IFunction;
}

/** Application that a stage serves: the functions behind its API, what is in its database, and the keys that it keeps warm. */
export abstract class Workload {
  /**
   * Adds the functions of the API, each made a client of the tiers that it uses.
   *
   * @param scope stack of the API.
   */
  abstract addFunctions(scope: Construct, options: WorkloadFunctionsOptions): WorkloadFunctions;

  /**
   * Adds what fills the database when it is deployed; by default nothing.
   *
   * @param _scope stack of the database.
   */
  addData(_scope: Construct, _options: WorkloadDataOptions): void {}

  /**
   * Adds the function that reads keys again after they were purged; by default none. `CacheWarmer` says what it has to be like.
   *
   * @param _scope construct that holds the warmer.
   */
  addWarmer(_scope: Construct, _options: WorkloadOptions): PlatformFunction | undefined {
    return undefined;
  }
}
