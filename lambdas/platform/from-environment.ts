import { FUNCTION_DIMENSION } from '../../lib/contract/metrics';
import { Cache } from '../runtime/cache';
import { readMetrics } from '../runtime/read-metrics';
import { RedisStore } from '../runtime/shared/redis-store';
import { type Handle, PostgresVersions } from '../runtime/versions/postgres';
import { type Bus, createBus } from './bus';
import { createDatabase, type Database, type DatabaseOptions } from './database';
import { environment } from './environment';
import { callsPerSecond, type Pacing } from './purge/pacing';
import { createSecret } from './secrets';

/** The database that this function's variables name. @param options what this function needs to be different. */
export function databaseFromEnvironment(options: Partial<DatabaseOptions> = {}): Database {
  return createDatabase({
    writer: environment.databaseWriter,
    readers: options.readers ?? environment.databaseReaders,
    name: environment.databaseName,
    secret: createSecret(environment.databaseSecretArn),
    poolSize: options.poolSize ?? environment.databasePoolSize,
    applicationName: environment.functionName,
    statementTimeoutMs: options.statementTimeoutMs,
    connectTimeoutMs: options.connectTimeoutMs,
  });
}

/** The shared tier that this function's variables name. */
export function storeFromEnvironment(): RedisStore {
  const { host, port } = environment.sharedEndpoint;
  return new RedisStore({
    namespace: environment.cacheNamespace,
    endpoint: `${host}:${port}`,
    credentials: createSecret(environment.sharedSecretArn).value,
  });
}

/** The cache that this function's variables name. */
export function cacheFromEnvironment(database: Database, shared = storeFromEnvironment()): Cache<Handle> {
  return new Cache<Handle>({
    shared,
    source: new PostgresVersions(database),
    telemetry: readMetrics({
      write: (line) => process.stdout.write(`${line}\n`),
      dimensions: { [FUNCTION_DIMENSION]: environment.functionName },
    }),
  });
}

/** Event bus that this function's variables name. */
export function busFromEnvironment(): Bus {
  return createBus({ name: environment.busName });
}

/** How this function's variables want the outer tiers to be paced. */
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
