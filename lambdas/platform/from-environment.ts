import { FUNCTION_DIMENSION } from '../../lib/contract/metrics';
import { Cache, type CacheOptions } from '../runtime/cache';
import { RedisConnection } from '../runtime/connection/redis-connection';
import { readMetrics } from '../runtime/read-metrics';
import { RedisStore } from '../runtime/shared/redis-store';
import { type Handle, PostgresVersions } from '../runtime/versions/postgres';
import { type Bus, createBus } from './bus';
import { createDatabase, type Database } from './database';
import { environment } from './environment';
import { flusherKick } from './flusher';
import { callsPerSecond, type Pacing } from './purge/pacing';
import { createWriter, type Writer } from './purge/writer';
import { createSecret } from './secrets';

/** Options of a database that a function's variables name. */
export interface EnvironmentDatabaseOptions {
  /**
   * True where the replicas aren't connected to, as in a function that only writes.
   * @default false
   */
  readonly primaryOnly?: boolean;

  /**
   * Connections of one environment to one server.
   * @default - as many as `addClient` was told, by which they are counted
   */
  readonly poolSize?: number;

  /**
   * Longest time of a statement, in milliseconds; 0 means for ever.
   * @default 2000
   */
  readonly statementTimeoutMs?: number;

  /**
   * Longest time of connecting, or of waiting for a free connection, in milliseconds.
   * @default 1000
   */
  readonly connectTimeoutMs?: number;
}

/**
 * Database of this function, by the variables that `addClient` of the platform or of the database sets. Connects with the first
 * query, with TLS, as the role that `addClient` was given; the password is read from Secrets Manager, and anew once it is
 * rotated.
 *
 * @throws {Error} where a variable is missing or malformed, with its name.
 */
export function databaseFromEnvironment(options: EnvironmentDatabaseOptions = {}): Database {
  return createDatabase({
    writer: environment.databaseWriter,
    readers: options.primaryOnly ? [] : environment.databaseReaders,
    name: environment.databaseName,
    secret: createSecret(environment.databaseSecretArn),
    poolSize: options.poolSize ?? environment.databasePoolSize,
    applicationName: environment.functionName,
    statementTimeoutMs: options.statementTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs,
  });
}

const connections = new Map<'cache' | 'state', RedisConnection>();

/**
 * Connection to a tier of this function, by the variables that `addClient` of the platform or of the tier sets; one for the
 * process, which its cache uses, too.
 *
 * @param tier `state` for the tier for state, which `addClient` with `state` sets: the shared one, where the platform has none of
 * its own.
 * @throws {Error} where a variable is missing or malformed, with its name.
 */
export function connectionFromEnvironment(tier: 'cache' | 'state' = 'cache'): RedisConnection {
  const { endpoint, secretArn, namespace } = environment.sharedTier(tier);
  const known = connections.get(tier);
  if (known) return known;
  // State on the shared tier: one connection for both.
  if (tier === 'state' && environment.isStateShared) return connectionFromEnvironment();
  const { host, port } = endpoint;
  const connection = new RedisConnection({ namespace, endpoint: `${host}:${port}`, credentials: createSecret(secretArn).value });
  connections.set(tier, connection);
  return connection;
}

/** Options of a cache that a function's variables name, such as the time that its loads may take. */
export type EnvironmentCacheOptions = Omit<CacheOptions<Handle>, 'shared' | 'source'>;

/**
 * Cache of this function, by the variables that `addClient` of the platform or of the shared tier sets: memory over the shared
 * tier over the database. Its reads are counted as metrics of the function, unless another `telemetry` is given.
 *
 * @throws {Error} where a variable is missing or malformed, with its name.
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't a whole number in its range.
 */
export function cacheFromEnvironment(database: Database, options: EnvironmentCacheOptions = {}): Cache<Handle> {
  return new Cache<Handle>({
    telemetry: readMetrics({
      write: (line) => process.stdout.write(`${line}\n`),
      dimensions: { [FUNCTION_DIMENSION]: environment.functionName },
    }),
    ...options,
    shared: new RedisStore(connectionFromEnvironment()),
    source: new PostgresVersions(database),
  });
}

/** Options of a writer that a function's variables name. */
export interface WriterOptions {
  /**
   * Database of the function.
   * @default - one of its own, of the primary only
   */
  readonly database?: Database;

  /**
   * Cache of a function that reads too, so that its memory is purged at once.
   * @default - one of its own
   */
  readonly cache?: Cache<Handle>;
}

/**
 * Writer of this function, by the variables that `addClient` with the role of a writer sets.
 *
 * @throws {Error} where a variable is missing or malformed, with its name.
 */
export function writerFromEnvironment(options: WriterOptions = {}): Writer {
  const database = options.database ?? databaseFromEnvironment({ primaryOnly: true });
  return createWriter({ database, shared: options.cache ?? cacheFromEnvironment(database), bus: busFromEnvironment() });
}

/** Event bus that this function's variables name. */
export function busFromEnvironment(): Bus {
  return createBus({ name: environment.busName });
}

/**
 * Kick of a `WriteBehindFlusher` by a function that queues writes, to be called beside the answer. It needs `addPublisher` of the
 * bus, with `WritesQueued`; it may be lost, since the flusher runs by its schedule, too.
 *
 * @throws {Error} where the variable of the bus is missing.
 */
export function flusherKickFromEnvironment(): () => Promise<void> {
  return flusherKick(createBus({ name: environment.busName }));
}

/** Pacing of the outer tiers that this function's variables set. */
export function pacingFromEnvironment(): Pacing {
  return {
    gatewayWindowMs: environment.gatewayWindowMs,
    edgeWindowMs: environment.edgeWindowMs,
    monthlyItems: environment.edgeMonthlyItems,
    parentTags: environment.edgeParentTags,
    exactTags: environment.gatewayExactTags,
    escalateFrom: environment.edgeEscalateFrom,
    callsPerSecond: callsPerSecond(environment.edgeWindowMs),
  };
}
